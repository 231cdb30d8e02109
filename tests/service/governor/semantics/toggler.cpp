// SPDX-License-Identifier: Apache-2.0
#include "service/governor/semantics/toggler.h"

#include <pthread.h>
#include <sched.h>

#include <random>

namespace lull::semantics {

namespace {

// The one that was done last: it held the park.
governor::TracedSlice lastOf(const fakes::TraceFile* trace, std::uint64_t from, std::uint64_t to) {
  governor::TracedSlice last;
  if (trace == nullptr) return last;
  for (const auto& slice : trace->between(from, to)) {
    if (slice.doneNs >= last.doneNs) last = slice;
  }
  return last;
}

}  // namespace

Toggler::Toggler(fakes::ServicePage& page, const Limits& limits) : Toggler(page, limits, Watch{}) {}

Toggler::Toggler(fakes::ServicePage& page, const Limits& limits, Watch watch)
    : m_page(page), m_limits(limits), m_watch(std::move(watch)), m_thread([this] { run(); }) {}

Toggler::~Toggler() { stop(); }

const std::vector<Toggler::Park>& Toggler::stop() {
  m_stop = true;
  if (m_thread.joinable()) m_thread.join();
  return m_parks;
}

// A program that has gone without a word acknowledges nothing any more: then stop() ends the wait.
bool Toggler::drained(std::uint32_t word) {
  const auto limit = std::chrono::steady_clock::now() + std::chrono::seconds(30);
  while (!m_stop && std::chrono::steady_clock::now() < limit) {
    if (m_page.waitDrained(word, std::chrono::milliseconds(50))) return true;
  }
  return m_page.waitDrained(word, std::chrono::milliseconds(0));
}

void Toggler::run() {
  // Where this is allowed, it looks and acts at once also on a busy machine.
  const sched_param first{.sched_priority = 1};
  ::pthread_setschedparam(::pthread_self(), SCHED_RR, &first);
  std::mt19937 random(m_limits.seed);
  const auto upTo = [&](std::chrono::microseconds most) {
    return std::chrono::microseconds(random() % static_cast<unsigned>(most.count()));
  };
  m_page.open();
  while (!m_stop) {
    std::this_thread::sleep_for(upTo(m_limits.longestOpen));
    // Without a device there is nobody who could acknowledge.
    if (m_page.page().attached.load() == 0) continue;
    const auto before = fakes::ThreadTimes::now(m_watch.program());
    const bool busy = m_page.page().inFlight.load() > 0;
    const std::uint32_t word = m_page.close();
    const std::uint64_t changed = m_page.page().gateChangedNs.load();
    if (drained(word)) {
      const std::uint64_t drained = m_page.page().drainedAtNs.load();
      m_parks.push_back({.stopNs = drained - changed,
                         .during = m_watch.during(),
                         .spent = fakes::ThreadTimes::now(m_watch.program()).since(before, drained - changed),
                         .busy = busy,
                         .last = lastOf(m_watch.trace, changed, drained),
                         .changedNs = changed});
      std::this_thread::sleep_for(upTo(m_limits.longestClosed));
    } else if (m_page.page().attached.load() != 0 && !m_stop) {
      ++m_unacknowledged;
    }
    m_page.open();
  }
}

}  // namespace lull::semantics
