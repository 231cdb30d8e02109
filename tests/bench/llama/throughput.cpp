// SPDX-License-Identifier: Apache-2.0
// Speed under the governor beside speed without the layer, in pairs so close together that the machine's moods cancel.
#include "bench/llama/workload.h"

#include <algorithm>
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

// So many that they last a second on a fast GPU too; found by a run that also fills the driver's cache of shaders.
int enough(const Workload& work, int repetitions) {
  const double one = run(work, repetitions, false).wall;
  return std::clamp(static_cast<int>(1 / std::max(one, 1e-3)), repetitions, 400);
}

void compare(const Workload& work, int least, const Options& options, Budget& budget) {
  const auto end = budget.nextEnd();
  const int repetitions = enough(work, least);
  std::vector<double> wall;
  std::vector<double> cpu;
  auto took = Budget::Clock::duration::zero();
  for (std::size_t i = 0; i < options.pairs; ++i) {
    const auto begin = Budget::Clock::now();
    if (i > 0 && end - begin < took) break;
    Cost bare;
    if (i % 2 == 0) bare = run(work, repetitions, false);
    const Cost governed = run(work, repetitions, true);
    if (i % 2 != 0) bare = run(work, repetitions, false);
    wall.push_back(bare.wall / governed.wall);
    cpu.push_back(bare.cpu / governed.cpu);
    took = Budget::Clock::now() - begin;
  }
  std::printf(
      "{\"bench\":\"throughput\",\"work\":\"%s\",\"unit\":\"governed speed / bare speed\",\"wall_median\":%.3f,"
      "\"wall_p25\":%.3f,\"wall_p75\":%.3f,\"cpu_median\":%.3f,\"cpu_p25\":%.3f,\"cpu_p75\":%.3f,\"pairs\":%zu,"
      "\"aim\":\"%s\"}\n",
      work.name, percentile(wall, 0.5), percentile(wall, 0.25), percentile(wall, 0.75), percentile(cpu, 0.5),
      percentile(cpu, 0.25), percentile(cpu, 0.75), wall.size(), options.speedAim);
  std::fflush(stdout);
}

}  // namespace

void benchThroughput(const Options& options) {
  Budget budget(options.seconds, 4);
  compare(kDecode, 8, options, budget);
  compare(kPrefill512, 3, options, budget);
  compare(kPrefill64, 5, options, budget);
  compare(kPrefill16, 5, options, budget);
}

void benchBare(const Options& /*options*/) {
  for (const auto& work : {kPrefill64, kPrefill512Medium}) {
    const double seconds = run(work, 2, false).wall;
    std::printf("{\"bench\":\"bare\",\"work\":\"%s\",\"model\":\"%s\",\"tokens_per_s\":%.0f}\n", work.name,
                modelOf(work).stem().c_str(), (work.prompt + work.generated) / seconds);
    std::fflush(stdout);
    if (seconds > 0.1) return;  // the longer one would tell nothing new
  }
}

}  // namespace lull::bench
