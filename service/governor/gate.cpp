// SPDX-License-Identifier: Apache-2.0
#include "governor/gate.h"

#include "governor/futex.h"

#include <unistd.h>

#include <algorithm>
#include <chrono>

namespace lull::governor {

namespace {

constexpr std::uint64_t kShortestRecheckNs = 10'000'000;
constexpr std::uint64_t kLongestRecheckNs = 500'000'000;
constexpr std::uint64_t kFirstRestNs = 1'000'000;
constexpr std::uint64_t kLongestRestNs = 50'000'000;

// More than `spanNs` after `sinceNs`. The service may write any number.
bool isPast(std::uint64_t nowNs, std::uint64_t sinceNs, std::uint64_t spanNs) {
  return nowNs > sinceNs && nowNs - sinceNs > spanNs;
}

}  // namespace

Gate::Gate(Page& page, int eventFd) : m_page(page), m_eventFd(eventFd) {}

Gate::Answer Gate::tryAdmit(const Passage& passage) {
  const std::lock_guard lock(m_mutex);
  Answer answer = judge(passage);
  answer.turns = m_turns;
  answer.finishes = m_finishes;
  if (answer.verdict != Verdict::Granted) return answer;
  ++m_inFlight;
  if (!passage.capped) ++m_uncapped;
  m_expectedNs += passage.expectedNs;
  m_page.inFlight.store(m_inFlight);
  if (passage.opensSubmission) m_page.submits.fetch_add(1);
  m_page.slices.fetch_add(1);
  return answer;
}

Gate::Answer Gate::look() {
  const std::lock_guard lock(m_mutex);
  Answer answer = judgeGate(monotonicNs());
  answer.turns = m_turns;
  answer.finishes = m_finishes;
  return answer;
}

// A heart beats again without a change of the gate, so that wait has an end.
Gate::Answer Gate::judgeGate(std::uint64_t nowNs) const {
  if (!isOpen(m_page.gate.load())) return {.verdict = Verdict::Closed, .waitNs = kForever};
  if (heartbeatIsStale(nowNs)) return {.verdict = Verdict::Stale, .waitNs = heartbeatRecheckNs()};
  return {};
}

Gate::Answer Gate::judge(const Passage& passage) {
  const std::uint64_t now = monotonicNs();
  if (const Answer answer = judgeGate(now); answer.verdict != Verdict::Granted) {
    m_parked = true;
    return answer;
  }
  if (passage.capped && m_inFlight - m_uncapped >= m_depth.choose(m_page.inFlightCap.load())) {
    return {.verdict = Verdict::Full};
  }
  if (m_parked) m_bucket.parked(now);
  m_parked = false;
  const std::uint32_t duty = m_page.dutyPercent.load();
  const std::uint64_t waitNs = m_bucket.waitNs(now, duty == 0 ? 100 : duty, m_expectedNs);
  if (waitNs > 0) return {.verdict = Verdict::Unpaid, .waitNs = waitNs};
  return {};
}

bool Gate::waitAfter(const Answer& refused) {
  std::unique_lock lock(m_mutex);
  const bool full = refused.verdict == Verdict::Full;
  if (full || refused.verdict == Verdict::Unpaid) {
    ++m_waitingForRoom;
    const bool moved = m_room.wait_for(lock, std::chrono::nanoseconds(full ? kStallLimitNs : refused.waitNs),
                                       [&] { return m_finishes != refused.finishes || m_turns != refused.turns; });
    --m_waitingForRoom;
    return moved || !full;
  }
  ++m_waitingForTurn;
  const auto another = [&] { return m_turns != refused.turns; };
  if (refused.waitNs == kForever) {
    m_turned.wait(lock, another);
  } else {
    m_turned.wait_for(lock, std::chrono::nanoseconds(refused.waitNs), another);
  }
  --m_waitingForTurn;
  return true;
}

void Gate::admit(const Passage& passage) {
  for (;;) {
    const Answer answer = tryAdmit(passage);
    if (answer.verdict == Verdict::Granted) return;
    [[maybe_unused]] const bool moved = waitAfter(answer);
  }
}

void Gate::subtract(const Passage& passage) {
  --m_inFlight;
  if (!passage.capped) --m_uncapped;
  m_expectedNs -= passage.expectedNs;
  ++m_finishes;
  m_page.inFlight.store(m_inFlight);
}

void Gate::finish(const Passage& passage, const Ran& ran) {
  bool wake = false;
  {
    const std::lock_guard lock(m_mutex);
    m_page.gpuNs.fetch_add(ran.gpuNs);
    m_bucket.paid(ran.gpuNs);
    if (ran.gpuNs > 0) m_depth.ran(ran.gpuNs, ran.gapNs);
    subtract(passage);
    chooseDepth();
    acknowledge(Cause::Stop);
    wake = m_waitingForRoom > 0;
  }
  if (wake) m_room.notify_all();
}

void Gate::retract(const Passage& passage) {
  {
    const std::lock_guard lock(m_mutex);
    subtract(passage);
    m_page.slices.fetch_sub(1);
    acknowledge(Cause::Stop);
  }
  m_room.notify_all();
}

void Gate::chooseDepth() {
  const std::uint32_t depth = std::max(1U, m_depth.choose(m_page.inFlightCap.load()));
  if (m_depthNow.exchange(depth) != depth || m_page.depth.load() == 0) m_page.depth.store(depth);
}

void Gate::acknowledge(Cause cause) {
  const std::uint32_t word = m_page.gate.load();
  if (isOpen(word) || m_inFlight > 0 || m_page.drained.load() == word) return;
  const std::uint64_t now = monotonicNs();
  if (cause == Cause::Stop && m_devices > 0) {
    const std::uint64_t since = m_page.gateChangedNs.load();
    m_page.stops.fetch_add(1);
    m_page.stopHistogram[stopBucket(now > since ? now - since : 0)].fetch_add(1);
  }
  m_page.drainedAtNs.store(now);
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
  chooseDepth();
  acknowledge(Cause::Attaching);
}

// Stored before the gate is read: a service that closes the gate now sees either no device or the acknowledgement.
void Gate::detachDevice() {
  const std::lock_guard lock(m_mutex);
  if (--m_devices == 0) m_page.attached.store(0);
  acknowledge(Cause::Stop);
}

void Gate::countUngoverned() { m_page.passedUngoverned.fetch_add(1); }

bool Gate::mayRun() const { return isOpen(m_page.gate.load()) && !heartbeatIsStale(monotonicNs()); }

std::uint64_t Gate::targetNs() const {
  const std::uint64_t queued = m_page.sliceNs.load();
  return (queued == 0 ? kDefaultSliceNs : queued) / m_depthNow.load();
}

bool Gate::leavesWhole() const { return m_page.leaveWhole.load() != 0; }

void Gate::rest(std::uint64_t& restNs) {
  std::unique_lock lock(m_mutex);
  if (mayRun()) {
    restNs = 0;
    return;
  }
  restNs = std::clamp(2 * restNs, kFirstRestNs, kLongestRestNs);
  const std::uint64_t turns = m_turns;
  ++m_waitingForTurn;
  m_turned.wait_for(lock, std::chrono::nanoseconds(restNs), [&] { return m_turns != turns; });
  --m_waitingForTurn;
}

bool Gate::heartbeatIsStale(std::uint64_t nowNs) const {
  const std::uint64_t limit = m_page.heartbeatLimitNs.load();
  return limit != 0 && isPast(nowNs, m_page.heartbeatNs.load(), limit);
}

std::uint64_t Gate::heartbeatRecheckNs() const {
  return std::clamp(m_page.heartbeatLimitNs.load() / 3, kShortestRecheckNs, kLongestRecheckNs);
}

bool Gate::graceIsOver(std::uint64_t nowNs) const {
  if (!isOpen(m_page.gate.load()) || !heartbeatIsStale(nowNs)) return false;
  const std::uint64_t grace = m_page.graceNs.load();
  return isPast(nowNs, m_page.heartbeatNs.load(), grace == 0 ? kDefaultGraceNs : grace);
}

// A closed gate asks for no heartbeat: there the listener sleeps until it is woken.
std::uint64_t Gate::listenNs(std::uint64_t nowNs) const {
  const std::uint64_t limit = m_page.heartbeatLimitNs.load();
  if (!isOpen(m_page.gate.load()) || limit == 0) return kForever;
  if (heartbeatIsStale(nowNs)) return heartbeatRecheckNs();
  const std::uint64_t ageNs = nowNs - std::min(nowNs, m_page.heartbeatNs.load());
  const std::uint64_t leftNs = limit - std::min(ageNs, limit);
  return leftNs == kForever ? kForever : leftNs + 1;
}

void Gate::turned() {
  {
    const std::lock_guard lock(m_mutex);
    if (m_devices > 0) {  // without one the page may be another process's to answer on
      acknowledge(Cause::Stop);
      chooseDepth();
    }
    ++m_turns;
    if (m_waitingForTurn == 0 && m_waitingForRoom == 0) return;
  }
  m_turned.notify_all();
  m_room.notify_all();
}

Gate::Listened Gate::listen(const std::atomic<bool>& stop) {
  while (!stop.load()) {
    const std::uint32_t word = m_page.gate.load();
    turned();
    const std::uint64_t now = monotonicNs();
    if (graceIsOver(now)) return Listened::GraceOver;
    if (!stop.load()) futexWait(m_page.gate, word, listenNs(now));
  }
  return Listened::Stopped;
}

void Gate::nudge() {
  {
    const std::lock_guard lock(m_mutex);
    ++m_turns;
  }
  m_turned.notify_all();
  m_room.notify_all();
}

}  // namespace lull::governor
