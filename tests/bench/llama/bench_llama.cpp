// SPDX-License-Identifier: Apache-2.0
// What governing costs Debian's llama.cpp on the software GPU, and how soon it gives the GPU back. One JSON object a
// line.
//   bench-llama [--samples N] [--alone N] [--pairs N] [--parks N] [--only bare|stops|soak|throughput|duty|costs]
//               [--seconds N] [--gpu yes] [--work NAME]
// LULL_BENCH_MODELS=larger takes models a size larger, which a fast GPU needs to have anything to do; "smaller" is for
// slow ones.
#include "bench/llama/workload.h"

#include <cstdlib>
#include <string>
#include <tuple>

int main(int count, char** arguments) {
  using namespace lull::bench;
  Options options;
  std::string only;
  for (int i = 1; i + 1 < count; i += 2) {
    const std::string option = arguments[i];
    const char* value = arguments[i + 1];
    if (option == "--samples") options.samples = std::strtoul(value, nullptr, 10);
    if (option == "--alone") options.alone = std::strtoul(value, nullptr, 10);
    if (option == "--seconds") options.seconds = std::strtod(value, nullptr);
    if (option == "--gpu") std::tie(options.stopAim, options.speedAim) = std::tuple{"p99<=5", ">=0.98"};
    if (option == "--pairs") options.pairs = std::strtoul(value, nullptr, 10);
    if (option == "--parks") options.parks = std::strtoul(value, nullptr, 10);
    if (option == "--only") only = value;
    if (option == "--work") options.work = value;
  }
  if (lull::llama::rootFolder().empty()) die("no llama.cpp: make it with tests/llama/root build/llama-root");
  const auto wanted = [&only](const char* name) { return only.empty() || only == name; };
  if (only == "bare") benchBare(options);
  if (wanted("stops")) benchStops(options);
  if (wanted("throughput")) benchThroughput(options);
  if (wanted("duty")) benchDuty(options);
  if (wanted("costs")) benchCosts(options);
  if (wanted("soak")) benchSoak(options);
  return 0;
}
