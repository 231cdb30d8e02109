// SPDX-License-Identifier: Apache-2.0
#include "runtimes/llama/vigil.h"

#include "base/log.h"
#include "runtimes/llama/processor_time.h"

#include <algorithm>

namespace lull::runtimes::llama {

namespace {

constexpr int kLooks = 60;  // in the longest standstill: while this process is frozen too none is counted
// Of the time, as processor time: more than threads take that only look around now and then, less than a program with
// work gets that gives way to all others.
constexpr int kNothing = 2000;

}  // namespace

Vigil::Vigil(Program& program, std::chrono::milliseconds longest)
    : m_program(program),
      m_longest(longest),
      m_slicesBefore(m_page.slices()),
      m_thread([this](const std::stop_token& stop) { watch(stop); }) {}

Vigil::Done Vigil::done() const {
  return {.gpuNs = m_page.gpuNs(), .slices = m_page.slices(), .processor = processorTime(m_program.pid())};
}

bool Vigil::waitsForGpu(const Done& now) const { return m_page.inFlight() > 0 && now.slices != m_slicesBefore; }

// Whoever waits for the GPU may do so busily.
bool Vigil::gotOn(const Done& before, const Done& now) const {
  if (now.gpuNs != before.gpuNs || now.slices != before.slices) return true;
  return !waitsForGpu(now) && now.processor - before.processor > m_longest / kNothing;
}

void Vigil::watch(const std::stop_token& stop) {
  const auto look = m_longest / kLooks;
  auto before = done();
  std::chrono::milliseconds still{0};
  std::unique_lock lock(m_mutex);
  while (still < m_longest) {
    m_wake.wait_for(lock, stop, look, [] { return false; });
    if (stop.stop_requested()) return;
    const auto now = done();
    if (gotOn(before, now)) {
      before = now;
      still = {};
    } else if (m_page.isOpen()) {
      still += look * std::min(m_page.dutyPercent(), 100U) / 100;
    }
  }
  const auto why = waitsForGpu(done()) ? Killed::GpuSilent : Killed::StoodStill;
  log::warning("the program of llama.cpp that runs did nothing for {} s: it is told to end", m_longest.count() / 1000);
  m_program.kill(why);
}

}  // namespace lull::runtimes::llama
