// SPDX-License-Identifier: Apache-2.0
// Speed under the governor beside speed without the layer. The two programs of a pair live side by side and take turns
// of a second or so, the other stopped, so that the machine's moods, which last longer, cancel; what each did first is
// not counted. Each pair is two new programs, so that one program's luck is not taken for the governor's cost.
#include "bench/llama/workload.h"

#include <signal.h>

#include <cstdio>
#include <string_view>

namespace lull::bench {

namespace {

using namespace std::chrono_literals;
using Clock = std::chrono::steady_clock;

struct Cost {
  double wall = 0;  // seconds for a repetition
  double cpu = 0;   // of the whole process
  void add(const Cost& other) {
    wall += other.wall;
    cpu += other.cpu;
  }
};

class Side {
public:
  Side(const Workload& work, bool governed) : m_governed(governed), m_program(launch(work)) {
    m_page.open();
    waitBeyond(kWarmUp);
    rest();
  }

  // So many repetitions at least, and for a second on a fast GPU too, after one that is not counted.
  [[nodiscard]] Cost turn(std::size_t least) {
    ::kill(m_program.pid(), SIGCONT);
    m_page.open();
    const std::size_t first = waitBeyond(begun() + 1);  // what it was at, and one whole
    const auto begin = Clock::now();
    const double cpu = m_program.cpuSeconds();
    std::size_t at = first;
    while (at < first + least || Clock::now() - begin < 1s) at = waitBeyond(at);
    const std::chrono::duration<double> wall = Clock::now() - begin;
    const auto repetitions = static_cast<double>(at - first);
    const Cost cost{.wall = wall.count() / repetitions, .cpu = (m_program.cpuSeconds() - cpu) / repetitions};
    rest();
    return cost;
  }

private:
  static constexpr std::size_t kWarmUp = 4;

  [[nodiscard]] llama::Launch launch(const Workload& work) {
    auto launch = launchOf(work, kForEver);
    launch.arguments.push_back("--progress");
    if (m_governed) launch.page = &m_page;
    return launch;
  }

  // Before each repetition it says "llama-bench: benchmark 1/1: prompt run 3/1000000", or generation.
  [[nodiscard]] std::size_t begun() const {
    const std::string said = m_program.errors();
    constexpr std::string_view kMark = " run ";
    std::size_t count = 0;
    for (auto at = said.find(kMark); at != std::string::npos; at = said.find(kMark, at + 1)) ++count;
    return count;
  }

  std::size_t waitBeyond(std::size_t count) {
    for (;;) {
      if (const std::size_t now = begun(); now > count) return now;
      if (m_program.waitExit(1ms)) die("llama-bench ended: " + m_program.errors());
    }
  }

  // Parked before it is stopped: no slice is measured with the pause in it.
  void rest() {
    const std::uint32_t word = m_page.close();
    if (m_governed && !m_page.waitDrained(word, 60s)) die("a gate was closed and not acknowledged within a minute");
    ::kill(m_program.pid(), SIGSTOP);
  }

  const bool m_governed;
  fakes::ServicePage m_page;
  llama::Program m_program;
};

constexpr std::size_t kRounds = 2;  // of turns

void compare(const Workload& work, std::size_t repetitions, const Options& options, Budget& budget) {
  if (!options.wants(work)) return;
  const auto end = budget.nextEnd();
  std::vector<double> wall;
  std::vector<double> cpu;
  auto took = Clock::duration::zero();
  for (std::size_t i = 0; i < options.pairs; ++i) {
    const auto start = Clock::now();
    if (i > 0 && end - start < took) break;
    Side bare(work, false);
    Side governed(work, true);
    Cost without;
    Cost with;
    for (std::size_t round = 0; round < kRounds; ++round) {
      if (round % 2 == 0) without.add(bare.turn(repetitions));
      with.add(governed.turn(repetitions));
      if (round % 2 != 0) without.add(bare.turn(repetitions));
    }
    wall.push_back(without.wall / with.wall);
    cpu.push_back(without.cpu / with.cpu);
    took = Clock::now() - start;
  }
  std::printf(
      "{\"bench\":\"throughput\",\"work\":\"%s\",\"unit\":\"governed speed / bare speed\",\"wall_median\":%.3f,"
      "\"wall_p25\":%.3f,\"wall_p75\":%.3f,\"cpu_median\":%.3f,\"cpu_p25\":%.3f,\"cpu_p75\":%.3f,\"pairs\":%zu,"
      "\"aim\":\"%s\"}\n",
      work.name, percentile(wall, 0.5), percentile(wall, 0.25), percentile(wall, 0.75), percentile(cpu, 0.5),
      percentile(cpu, 0.25), percentile(cpu, 0.75), wall.size(), options.speedAim);
  std::fflush(stdout);
}

double bareSeconds(const Workload& work) {
  llama::Program program(launchOf(work, 2));
  const auto status = program.waitExit(std::chrono::minutes(5));
  const auto seconds = repetitionsOf(program);
  if (status != 0 || seconds.empty()) die("llama-bench failed: " + program.errors());
  return percentile(seconds, 0.5);
}

}  // namespace

void benchThroughput(const Options& options) {
  Budget budget(options.seconds, 4);
  compare(kDecode, 2, options, budget);
  compare(kPrefill512, 2, options, budget);
  compare(kPrefill64, 4, options, budget);
  compare(kPrefill16, 4, options, budget);
}

void benchBare(const Options& /*options*/) {
  for (const auto& work : {kPrefill64, kPrefill512Medium}) {
    const double seconds = bareSeconds(work);
    std::printf("{\"bench\":\"bare\",\"work\":\"%s\",\"model\":\"%s\",\"tokens_per_s\":%.0f}\n", work.name,
                modelOf(work).stem().c_str(), (work.prompt + work.generated) / seconds);
    std::fflush(stdout);
    if (seconds > 0.1) return;  // the longer one would tell nothing new
  }
}

}  // namespace lull::bench
