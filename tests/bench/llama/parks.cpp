// SPDX-License-Identifier: Apache-2.0
#include "bench/llama/parks.h"

#include "fakes/thread_times.h"

#include <algorithm>
#include <thread>

namespace lull::bench {

using namespace std::chrono_literals;

const char* reasonOf(const Stop& stop) {
  if (stop.longest.busyNs == 0) return "unknown";
  if (stop.longest.expectedNs == 0) return "first use";
  if (static_cast<double>(stop.longest.expectedNs) / 1e6 > kFrameMs) return "indivisible";
  if (stop.starved) return "processor";
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
  const auto before = fakes::ThreadTimes::now(m_program.pid());
  const bool busy = page.inFlight.load() > 0;
  const std::uint32_t word = m_page.close();
  if (!m_page.waitDrained(word, 60s)) die("a gate was closed and not acknowledged within a minute");
  const auto after = fakes::ThreadTimes::now(m_program.pid());
  const std::chrono::duration<double> since = std::chrono::steady_clock::now() - m_begin;
  const std::uint64_t changed = page.gateChangedNs.load();
  const std::uint64_t stopNs = page.drainedAtNs.load() - changed;
  return {.ms = static_cast<double>(stopNs) / 1e6,
          .sinceStartS = since.count(),
          .starved = after.since(before, stopNs).wantsProcessor(stopNs, kFrameNs),
          .busy = busy,
          .longest = longestAt(changed)};
}

}  // namespace lull::bench
