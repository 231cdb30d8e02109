// SPDX-License-Identifier: Apache-2.0
// A queue's own thread: hands over, watches what is in flight, and rests when it can do neither.
#include "governor/device.h"
#include "governor/queue/moment.h"
#include "governor/queue/queue.h"
#include "governor/queue/tracing.h"

#include <time.h>

#include <algorithm>
#include <utility>

namespace lull::governor {

namespace {

constexpr std::uint64_t kMillisecond = 1'000'000;
constexpr std::uint64_t kBlindLookNs = 100 * kMillisecond;
constexpr std::uint64_t kForeignLookNs = 20 * kMillisecond;
constexpr std::uint64_t kOwnLookNs = 1'000 * kMillisecond;

void sleepNs(std::uint64_t ns) {
  const timespec span{.tv_sec = 0, .tv_nsec = static_cast<long>(ns)};
  ::nanosleep(&span, nullptr);
}

}  // namespace

void* Queue::run(void* self) {
  static_cast<Queue*>(self)->serve();
  return nullptr;
}

void Queue::serve() {
  Lock lock(m_mutex);
  Slice* done = nullptr;
  for (;;) {
    auto outcome = Outcome::Lost;
    const bool mine = m_head != nullptr && !m_handing;
    if (mine && m_stopping.load()) dropList();
    if (mine && m_head != nullptr) outcome = handHead(lock);
    // After the next one went out: it may take its time.
    if (done != nullptr) settle(lock, std::exchange(done, nullptr));
    if (outcome == Outcome::HandedOver) continue;
    if (m_oldest != nullptr) {
      prepareAhead(lock);
      done = watchOldest(lock);
    } else if (m_head != nullptr && !m_handing) {
      if (mine) rest(lock, outcome);
    } else if (m_stopping.load() && m_head == nullptr) {
      return;
    } else {
      m_asleep = true;
      m_wake.wait(lock, [this] { return !m_asleep; });
    }
  }
}

Slice* Queue::watchOldest(Lock& lock) {
  Slice* slice = m_oldest;
  lock.unlock();
  const Seen seen = waitFor(*slice);
  slice->done = seen == Seen::Done;
  slice->reading = {};
  if (seen != Seen::NotYet && slice->carriesWork) measure(*slice);
  lock.lock();
  if (seen == Seen::NotYet) return nullptr;
  m_oldest = slice->next;
  if (m_oldest == nullptr) m_newest = nullptr;
  m_inFlight.fetch_sub(1);
  if (slice->unsure) m_unsure.fetch_sub(1);
  if (slice->unsafe) m_unsafeInFlight.fetch_sub(1);
  return slice;
}

void Queue::measure(Slice& slice) {
  if (slice.done) {
    slice.reading = m_device.meter().end(slice.timing);
  } else {
    m_device.meter().cancel();
  }
  trace(slice, m_device.costs());
  m_device.gate()->finish(slice.passage, {.gpuNs = slice.reading.busyNs, .gapNs = slice.reading.gapNs});
}

// Lost: the device was, and runs nothing any more. NotYet: there may be something to hand over meanwhile.
Queue::Seen Queue::waitFor(const Slice& slice) {
  const DeviceTable& vk = m_device.table();
  const bool patient = slice.passage.capped && !slice.unsure;
  for (;;) {
    const VkResult result =
        vk.WaitForFences(m_device.handle(), 1, &slice.fence, VK_TRUE, patient ? kForever : kBlindLookNs);
    if (result == VK_SUCCESS) return Seen::Done;
    const bool late = result == VK_TIMEOUT && !m_stopping.load();
    if (late && isHurried()) return Seen::NotYet;
    if (late) continue;
    if (result != VK_ERROR_OUT_OF_HOST_MEMORY && result != VK_ERROR_OUT_OF_DEVICE_MEMORY) break;
    sleepNs(kMillisecond);
  }
  if (!m_stopping.load()) m_device.lose();
  return Seen::Lost;
}

// What was measured is learned, and the slice can be used again.
void Queue::settle(Lock& lock, Slice* slice) {
  lock.unlock();
  if (!slice->reading.measured) m_device.gate()->countUngoverned();
  if (slice->done) {
    learn(*slice);
    m_device.table().ResetFences(m_device.handle(), 1, &slice->fence);
  }
  slice->works.clear();
  lock.lock();
  recycle(slice);
}

void Queue::learn(const Slice& slice) noexcept {
  if (!slice.worksKnown || !slice.reading.alone || slice.reading.busyNs == 0) return;
  try {
    m_learning.clear();
    for (const WorkList& works : slice.works) m_learning.insert(m_learning.end(), works->begin(), works->end());
    if (!m_learning.empty()) m_device.costs().learn(m_learning, slice.reading.busyNs);
  } catch (...) {
    // Without memory nothing is learned.
  }
}

// The list's first item cannot go out, and nothing is in flight.
void Queue::rest(Lock& lock, Outcome outcome) {
  const Item* item = m_head;
  lock.unlock();
  switch (outcome) {
    case Outcome::Refused:
      if (!m_stopping.load() && !m_device.gate()->waitAfter(m_refusal)) passUncapped();
      break;
    case Outcome::Unsafe:
      restUnsafe(*item);
      break;
    case Outcome::NoMemory:
      sleepNs(kMillisecond * std::min(50U, 1U + m_troubles));
      break;
    case Outcome::HandedOver:
    case Outcome::Behind:
    case Outcome::Lost:
      break;
  }
  lock.lock();
}

void Queue::passUncapped() {
  if (m_ready.slice == nullptr || !std::exchange(m_ready.slice->passage.capped, false)) return;
  m_device.gate()->countUngoverned();
}

// While the gate is closed nothing is looked at, so that a parked program wakes for nothing.
void Queue::restUnsafe(const Item& item) {
  Gate& gate = *m_device.gate();
  Semaphores& semaphores = m_device.semaphores();
  const std::uint64_t seen = semaphores.changes();
  const Gate::Answer answer = gate.look();
  if (m_stopping.load() || m_device.isLost()) return;
  if (answer.verdict != Gate::Verdict::Granted) {
    [[maybe_unused]] const bool moved = gate.waitAfter(answer);
    return;
  }
  const SemaphoreWait* wait = m_planner.inTheWay(item, isHurried());
  if (wait == nullptr) return;
  const bool foreign = wait->need.payload->foreign.load();
  if (!foreign) semaphores.waitForChange(seen, momentAfter(kOwnLookNs));
  if (wait->need.payload->timeline) lookAt(*wait, foreign ? kForeignLookNs : 0);
}

// Somebody that we do not see may have signalled it.
void Queue::lookAt(const SemaphoreWait& wait, std::uint64_t patienceNs) {
  const DeviceTable& vk = m_device.table();
  const auto waitFor = vk.WaitSemaphores != nullptr ? vk.WaitSemaphores : vk.WaitSemaphoresKHR;
  VkSemaphoreWaitInfo info{};
  info.sType = VK_STRUCTURE_TYPE_SEMAPHORE_WAIT_INFO;
  info.semaphoreCount = 1;
  info.pSemaphores = &wait.semaphore;
  info.pValues = &wait.value;
  const VkResult result = waitFor != nullptr ? waitFor(m_device.handle(), &info, patienceNs) : VK_SUCCESS;
  if (result == VK_SUCCESS) Semaphores::assure(*wait.need.payload, wait.value);
  if (result == VK_ERROR_DEVICE_LOST) m_device.lose();
}

}  // namespace lull::governor
