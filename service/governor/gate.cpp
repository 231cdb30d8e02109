// SPDX-License-Identifier: Apache-2.0
#include "governor/gate.h"

#include "governor/futex.h"

#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <utility>

namespace lull::governor {

namespace {

// A submission in flight that waits on a semaphore may wait for the very submission that the cap holds back.
constexpr std::chrono::milliseconds kStallLimit{20};
constexpr std::uint64_t kShortestRecheckNs = 10'000'000;
constexpr std::uint64_t kLongestRecheckNs = 500'000'000;

}  // namespace

Gate::Gate(Page& page, int eventFd) : m_page(page), m_eventFd(eventFd) {}

void Gate::admit(Waits waits) {
  std::unique_lock lock(m_mutex);
  for (;;) {
    const std::uint32_t word = m_page.gate.load();
    const bool open = isOpen(word);
    if (!open || heartbeatIsStale()) {
      // A missing heartbeat comes back without a change of the gate, so that wait has an end.
      const std::uint64_t recheck =
          std::clamp(m_page.heartbeatLimitNs.load() / 3, kShortestRecheckNs, kLongestRecheckNs);
      lock.unlock();
      futexWait(m_page.gate, word, open ? recheck : kForever);
      lock.lock();
      continue;
    }
    const std::uint64_t cap = std::max<std::uint64_t>(1, m_page.inFlightCap.load());
    if (m_inFlight < cap || m_stalled) break;
    waitForRoom(lock);
  }
  if (std::exchange(m_stalled, false)) m_page.passedUngoverned.fetch_add(1);
  ++m_inFlight;
  if (waits == Waits::Semaphores) ++m_waiting;
  m_page.inFlight.store(m_inFlight);
  m_page.submits.fetch_add(1);
}

// Something is in flight, so a finish() comes and ends the wait.
void Gate::waitForRoom(std::unique_lock<std::mutex>& lock) {
  if (m_waiting == 0) {
    m_finished.wait(lock);
  } else if (m_finished.wait_for(lock, kStallLimit) == std::cv_status::timeout) {
    m_stalled = m_waiting > 0;
  }
}

void Gate::finish(Waits waits, std::uint64_t gpuNs) {
  {
    const std::lock_guard lock(m_mutex);
    m_page.gpuNs.fetch_add(gpuNs);
    --m_inFlight;
    if (waits == Waits::Semaphores) --m_waiting;
    m_page.inFlight.store(m_inFlight);
    acknowledge();
  }
  m_finished.notify_all();
}

void Gate::acknowledgeIfIdle() {
  const std::lock_guard lock(m_mutex);
  acknowledge();
}

void Gate::acknowledge() {
  const std::uint32_t word = m_page.gate.load();
  if (isOpen(word) || m_inFlight > 0 || m_page.drained.load() == word) return;
  m_page.drainedAtNs.store(monotonicNs());
  m_page.drained.store(word);
  const std::uint64_t one = 1;
  if (m_eventFd >= 0) [[maybe_unused]]
    const auto written = ::write(m_eventFd, &one, sizeof one);
}

// A gate closed before the first device exists is acknowledged now: from here on the service counts on it.
void Gate::attachDevice() {
  const std::lock_guard lock(m_mutex);
  ++m_devices;
  m_page.devices.fetch_add(1);
  m_page.attached.store(1);
  acknowledge();
}

// Stored before the gate is read: a service that closes the gate now sees either no device or the acknowledgement.
void Gate::detachDevice() {
  const std::lock_guard lock(m_mutex);
  if (--m_devices == 0) m_page.attached.store(0);
  acknowledge();
}

void Gate::countUngoverned() { m_page.passedUngoverned.fetch_add(1); }

bool Gate::heartbeatIsStale() const {
  const std::uint64_t limit = m_page.heartbeatLimitNs.load();
  return limit != 0 && monotonicNs() > m_page.heartbeatNs.load() + limit;
}

void Gate::listen(const std::atomic<bool>& stop) {
  while (!stop.load()) {
    const std::uint32_t word = m_page.gate.load();
    acknowledgeIfIdle();
    if (!stop.load()) futexWait(m_page.gate, word);
  }
}

}  // namespace lull::governor
