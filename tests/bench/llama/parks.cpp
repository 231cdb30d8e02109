// SPDX-License-Identifier: Apache-2.0
#include "bench/llama/parks.h"

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <map>
#include <thread>

namespace lull::bench {

using namespace std::chrono_literals;

namespace {

// How long each thread of a process has waited for a processor so far: the second number of its schedstat.
using Delays = std::map<std::string, std::uint64_t>;
Delays delaysOf(pid_t program) {
  Delays delays;
  std::error_code gone;
  for (const auto& task : std::filesystem::directory_iterator("/proc/" + std::to_string(program) + "/task", gone)) {
    std::ifstream file(task.path() / "schedstat");
    std::uint64_t ran = 0;
    file >> ran >> delays[task.path().filename()];
  }
  return delays;
}

double longestMs(const Delays& before, const Delays& after) {
  std::uint64_t most = 0;
  for (const auto& [thread, delay] : after) {
    const auto known = before.find(thread);
    most = std::max(most, delay - (known != before.end() ? known->second : 0));
  }
  return static_cast<double>(most) / 1e6;
}

}  // namespace

const char* reasonOf(const Stop& stop) {
  if (stop.longest.busyNs == 0) return "unknown";
  if (stop.longest.expectedNs == 0) return "first use";
  if (static_cast<double>(stop.longest.expectedNs) / 1e6 > kFrameMs) return "indivisible";
  if (stop.ms - stop.starvedMs <= kFrameMs) return "processor";
  return static_cast<double>(stop.longest.busyNs) / 1e6 > kFrameMs ? "longer" : "unknown";
}

Parks::Parks(const Workload& work, bool sliced)
    : m_program(launch(work, sliced)), m_begin(std::chrono::steady_clock::now()) {}

llama::Launch Parks::launch(const Workload& work, bool sliced) {
  auto launch = launchOf(work, kForEver);
  launch.page = &m_page;
  launch.environment.push_back(m_trace.environment());
  m_page.page().leaveWhole.store(sliced ? 0 : 1);
  return launch;
}

void Parks::living() {
  if (m_program.waitExit(1ms)) die("llama-bench ended: " + m_program.errors());
}

void Parks::warmUp(std::chrono::milliseconds time) {
  m_page.open();
  while (m_page.page().submits.load() < 4) living();
  const auto end = std::chrono::steady_clock::now() + time;
  while (std::chrono::steady_clock::now() < end) living();
}

governor::TracedSlice Parks::longestAt(std::uint64_t ns) const {
  governor::TracedSlice longest;
  for (const auto& slice : m_trace.at(ns)) {
    if (slice.busyNs >= longest.busyNs) longest = slice;
  }
  return longest;
}

Stop Parks::park() {
  living();
  auto& page = m_page.page();
  m_page.open();
  std::this_thread::sleep_for(std::chrono::microseconds(15'000 + m_random() % 50'000));
  const Delays before = delaysOf(m_program.pid());
  const bool busy = page.inFlight.load() > 0;
  const std::uint32_t word = m_page.close();
  if (!m_page.waitDrained(word, 60s)) die("a gate was closed and not acknowledged within a minute");
  const double starved = longestMs(before, delaysOf(m_program.pid()));
  const std::chrono::duration<double> since = std::chrono::steady_clock::now() - m_begin;
  const std::uint64_t changed = page.gateChangedNs.load();
  return {.ms = static_cast<double>(page.drainedAtNs.load() - changed) / 1e6,
          .sinceStartS = since.count(),
          .starvedMs = starved,
          .busy = busy,
          .longest = longestAt(changed)};
}

}  // namespace lull::bench
