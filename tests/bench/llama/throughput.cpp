// SPDX-License-Identifier: Apache-2.0
// Speed under the governor beside speed without the layer, in pairs so close together that the machine's moods cancel.
#include "bench/llama/workload.h"

#include <cstdio>

namespace lull::bench {

namespace {

struct Cost {
  double wall = 0;  // seconds for a repetition, as llama-bench tells: the median
  double cpu = 0;   // of the whole process
};

Cost run(const Workload& work, int repetitions, bool governed) {
  auto launch = launchOf(work, repetitions);
  fakes::ServicePage page;
  page.open();
  if (governed) launch.page = &page;
  llama::Program program(launch);
  const auto status = program.waitExit(std::chrono::minutes(5));
  const auto seconds = repetitionsOf(program);
  if (status != 0 || seconds.empty()) die("llama-bench failed: " + program.errors());
  return {.wall = percentile(seconds, 0.5), .cpu = program.cpuSeconds()};
}

void compare(const Workload& work, int repetitions, std::size_t pairs) {
  std::vector<double> wall;
  std::vector<double> cpu;
  for (std::size_t i = 0; i < pairs; ++i) {
    Cost bare;
    if (i % 2 == 0) bare = run(work, repetitions, false);
    const Cost governed = run(work, repetitions, true);
    if (i % 2 != 0) bare = run(work, repetitions, false);
    wall.push_back(bare.wall / governed.wall);
    cpu.push_back(bare.cpu / governed.cpu);
  }
  std::printf(
      "{\"bench\":\"throughput\",\"work\":\"%s\",\"unit\":\"governed speed / bare speed\",\"wall_median\":%.3f,"
      "\"wall_p25\":%.3f,\"wall_p75\":%.3f,\"cpu_median\":%.3f,\"cpu_p25\":%.3f,\"cpu_p75\":%.3f,\"pairs\":%zu,"
      "\"aim\":\">=0.97\"}\n",
      work.name, percentile(wall, 0.5), percentile(wall, 0.25), percentile(wall, 0.75), percentile(cpu, 0.5),
      percentile(cpu, 0.25), percentile(cpu, 0.75), pairs);
  std::fflush(stdout);
}

}  // namespace

void benchThroughput(const Options& options) {
  compare(kDecode, 8, options.pairs);
  compare(kPrefill512, 3, options.pairs);
  compare(kPrefill64, 5, options.pairs);
  compare(kPrefill16, 5, options.pairs);
}

}  // namespace lull::bench
