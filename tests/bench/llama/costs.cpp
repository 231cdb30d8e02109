// SPDX-License-Identifier: Apache-2.0
// Processor time that a chunk costs, and that a parked program uses.
#include "bench/llama/workload.h"

#include <cstdio>
#include <thread>

namespace lull::bench {

namespace {

using namespace std::chrono_literals;

struct Run {
  double cpu = 0;
  std::uint64_t chunks = 0;
  std::uint64_t slices = 0;
};

Run run(const Workload& work, const char* cutting, std::uint64_t sliceNs) {
  auto launch = launchOf(work, 6);
  fakes::ServicePage page;
  page.page().sliceNs.store(sliceNs);
  page.open();
  launch.page = &page;
  launch.environment = {std::string("LULL_GOVERNOR_CUT=") + cutting, "LULL_GOVERNOR_SPLIT=off"};
  llama::Program program(launch);
  if (program.waitExit(std::chrono::minutes(5)) != 0) die("llama-bench failed: " + program.errors());
  return {.cpu = program.cpuSeconds(), .chunks = page.page().chunks.load(), .slices = page.page().slices.load()};
}

// The same work in one chunk to a submission, and in one to a dispatch; then with each chunk a slice of its own.
void chunkCost(const Workload& work, const Options& options, Budget::Clock::time_point end) {
  constexpr std::uint64_t kNeverFull = 10'000'000'000;
  std::vector<double> chunk;
  std::vector<double> slice;
  auto took = Budget::Clock::duration::zero();
  for (std::size_t i = 0; i < options.pairs; ++i) {
    const auto begin = Budget::Clock::now();
    if (i > 0 && end - begin < took) break;
    const Run whole = run(work, "off", kNeverFull);
    const Run cut = run(work, "every", kNeverFull);
    const Run sliced = run(work, "every", 1);
    chunk.push_back(1e6 * (cut.cpu - whole.cpu) / static_cast<double>(cut.chunks - whole.chunks));
    slice.push_back(1e6 * (sliced.cpu - cut.cpu) / static_cast<double>(sliced.slices - cut.slices));
    took = Budget::Clock::now() - begin;
  }
  std::printf(
      "{\"bench\":\"cpu_cost\",\"work\":\"%s\",\"unit\":\"us\",\"chunk_median\":%.1f,\"chunk_p25\":%.1f,"
      "\"chunk_p75\":%.1f,\"slice_median\":%.1f,\"slice_p25\":%.1f,\"slice_p75\":%.1f,\"pairs\":%zu}\n",
      work.name, percentile(chunk, 0.5), percentile(chunk, 0.25), percentile(chunk, 0.75), percentile(slice, 0.5),
      percentile(slice, 0.25), percentile(slice, 0.75), chunk.size());
  std::fflush(stdout);
}

void parkedCpu(const Workload& work) {
  fakes::ServicePage page;
  page.open();
  auto launch = launchOf(work, kForEver);
  launch.page = &page;
  llama::Program program(launch);
  awaitSubmits(program, page.page(), 8);
  if (!page.waitDrained(page.close(), 60s)) die("not drained");
  std::this_thread::sleep_for(1s);  // what it had still to do by itself
  const double before = program.cpuSeconds();
  if (before <= 0) die("this system does not tell another process's processor time");
  std::this_thread::sleep_for(10s);
  std::printf("{\"bench\":\"parked_cpu\",\"work\":\"%s\",\"unit\":\"ms in 10 s\",\"cpu\":%.2f,\"aim\":\"0\"}\n",
              work.name, 1e3 * (program.cpuSeconds() - before));
  std::fflush(stdout);
}

}  // namespace

void benchCosts(const Options& options) {
  Budget budget(options.seconds, 1);
  parkedCpu(kDecode);
  parkedCpu(kPrefill64);
  chunkCost(kDecode, options, budget.nextEnd());
}

}  // namespace lull::bench
