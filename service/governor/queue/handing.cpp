// SPDX-License-Identifier: Apache-2.0
// Handing over: the list's first item, slice by slice, through the gate to the driver.
#include "governor/device.h"
#include "governor/futex.h"
#include "governor/queue/queue.h"

#include <utility>

namespace lull::governor {

namespace {

// It goes out, but nobody waits for it, and how long it stands there waiting is not its own time.
void makeUnsafe(Slice& slice) {
  slice.unsure = slice.unsafe = true;
  slice.passage.capped = false;
  slice.passage.expectedNs = 0;
  slice.timing.untimed = true;
}

}  // namespace

// `lock` is held before and after, not meanwhile.
Queue::Outcome Queue::handHead(Lock& lock) {
  m_handing = true;
  Item& item = *m_head;
  m_sent = nullptr;
  lock.unlock();
  const Outcome outcome = handSlice(item);
  lock.lock();
  m_handing = false;
  if (outcome == Outcome::HandedOver) {
    if (m_sent != nullptr) addToFlight(m_sent);
    if (item.isDone()) popHead();
  }
  if (outcome == Outcome::Lost) dropList();
  m_unsafe = outcome == Outcome::Unsafe;
  if (m_unsafe && m_waitingToPass > 0) m_passed.notify_all();
  return outcome;
}

Queue::Outcome Queue::handSlice(Item& item) noexcept {
  if (m_device.isLost()) return Outcome::Lost;
  const bool behind = m_unsure.load() > 0;
  if (behind && !isHurried()) {
    m_heldBack = true;
    return m_unsafeInFlight.load() > 0 ? Outcome::Unsafe : Outcome::Behind;
  }
  if (!m_ready.made) {
    if (const Outcome outcome = prepare(item); outcome != Outcome::HandedOver) {
      if (outcome == Outcome::Unsafe) m_heldBack = true;
      return outcome == Outcome::NoMemory ? sufferNoMemory() : outcome;
    }
  }
  if (behind) m_ready.plan.unsafe = true;
  if (m_ready.plan.unsafe && m_ready.slice != nullptr) makeUnsafe(*m_ready.slice);
  if (Slice* slice = m_ready.slice; slice != nullptr && slice->carriesWork) {
    slice->passage.opensSubmission = !item.opened;
    m_refusal = m_device.gate()->tryAdmit(slice->passage);
    if (m_refusal.verdict != Gate::Verdict::Granted) {
      if (m_refusal.verdict != Gate::Verdict::Full) m_heldBack = true;
      return Outcome::Refused;
    }
    item.opened = true;
  }
  return send(item);
}

// For a while.
Queue::Outcome Queue::sufferNoMemory() {
  if (++m_troubles < kMostTroubles) return Outcome::NoMemory;
  m_device.lose();
  return Outcome::Lost;
}

Queue::Outcome Queue::prepare(Item& item) noexcept {
  Slice* slice = nullptr;
  try {
    auto limits = m_device.slicing();
    limits.hurried = isHurried();
    const auto plan = m_planner.next(item, limits);
    if (!plan) return Outcome::Unsafe;
    if (plan->carriesWork || plan->probes || plan->unsafe) {
      slice = takeSlice();
      if (slice == nullptr) return Outcome::NoMemory;
      fill(*slice, item, *plan);
    }
    m_outgoing.build(item, plan->end, slice != nullptr ? slice->timing.stamp : std::nullopt);
    m_ready = {.made = true, .plan = *plan, .slice = slice};
    return Outcome::HandedOver;
  } catch (...) {
    const std::lock_guard lock(m_mutex);
    if (slice != nullptr) recycle(slice);
    return Outcome::NoMemory;
  }
}

void Queue::fill(Slice& slice, const Item& item, const Plan& plan) {
  slice.carriesWork = plan.carriesWork;
  slice.unsure = plan.probes;
  slice.unsafe = false;
  slice.passage = {.expectedNs = plan.expectedNs};
  slice.timing.untimed = false;
  slice.worksKnown = plan.carriesWork;
  for (std::size_t i = item.at.part; i < plan.end.part; ++i) {
    const WorkList& work = item.parts[i].chunk.work;
    if (work == nullptr) slice.worksKnown = false;
    slice.works.push_back(work);
  }
  if (m_family != kNoFamily && Outgoing::canStamp(item, plan.end)) {
    slice.timing.stamp = m_device.meter().takeStamp(m_family);
  }
}

// While the slice before it runs.
void Queue::prepareAhead(Lock& lock) {
  if (m_head == nullptr || m_handing || m_ready.made) return;
  m_handing = true;
  Item& item = *m_head;
  lock.unlock();
  [[maybe_unused]] const Outcome outcome = prepare(item);  // what is in the way now is looked at again then
  lock.lock();
  m_handing = false;
}

Queue::Outcome Queue::send(Item& item) {
  Slice* slice = m_ready.slice;
  const bool last = m_ready.plan.end.batch == item.batches.size();
  const bool unsure = m_ready.plan.unsafe;
  if (slice != nullptr && slice->carriesWork) {
    slice->timing.waitingSinceNs = m_heldBack || unsure ? kForever : item.listedNs;
    m_device.meter().begin(slice->timing, m_inFlight.load());
  }
  bool watched = true;
  const VkResult result = call(slice, last ? item.fence : VK_NULL_HANDLE, watched);
  if (result != VK_SUCCESS) {
    if (slice != nullptr && slice->carriesWork) {
      m_device.meter().cancel();
      m_device.gate()->retract(slice->passage);
    }
    if (result == VK_ERROR_OUT_OF_HOST_MEMORY || result == VK_ERROR_OUT_OF_DEVICE_MEMORY) return sufferNoMemory();
    m_device.lose();
    return Outcome::Lost;
  }
  m_troubles = 0;
  m_heldBack = m_ready.plan.probes;
  m_ready.made = false;
  m_ready.slice = nullptr;
  if (slice != nullptr && !watched) {
    endUnwatched(*slice);
    const std::lock_guard lock(m_mutex);
    recycle(std::exchange(slice, nullptr));
  }
  m_sent = slice;
  announce(item, unsure);
  return Outcome::HandedOver;
}

void Queue::endUnwatched(const Slice& slice) {
  if (!slice.carriesWork) return;
  m_device.meter().cancel();
  m_device.gate()->countUngoverned();
  m_device.gate()->finish(slice.passage, {});
}

// A fence of the program's keeps its meaning: it goes with the program's own batches, and ours with an empty submission
// behind it. Where that is refused the work is out and nothing tells its end: it is waited for here.
VkResult Queue::call(Slice* slice, VkFence fence, bool& watched) {
  const DeviceTable& vk = m_device.table();
  const VkFence ours = slice != nullptr ? slice->fence : VK_NULL_HANDLE;
  const std::lock_guard driver(m_driver);
  VkResult result = VK_SUCCESS;
  {
    const Device::Signalling signalling(m_device);
    const std::lock_guard sending(m_sending);
    result = m_outgoing.send(vk, m_handle, fence != VK_NULL_HANDLE ? fence : ours);
  }
  if (result != VK_SUCCESS || slice == nullptr || fence == VK_NULL_HANDLE) return result;
  watched = vk.QueueSubmit(m_handle, 0, nullptr, ours) == VK_SUCCESS;
  if (!watched) vk.QueueWaitIdle(m_handle);
  return result;
}

// Only copies are touched from here on: the program may have seen the work done, and have freed everything.
void Queue::announce(Item& item, bool unsure) {
  Semaphores& semaphores = m_device.semaphores();
  for (std::size_t batch = item.at.batch; batch < m_ready.plan.end.batch; ++batch) {
    for (const SemaphoreSignal& signal : item.signalsOf(batch)) {
      if (signal.payload == nullptr) continue;
      if (unsure) {
        signal.payload->foreign.store(true);  // when it comes is not known any more
      } else if (signal.payload->timeline) {
        Semaphores::assure(*signal.payload, signal.value);
      }
    }
  }
  item.at = m_ready.plan.end;
  // First, since who has waited for the idle queue may ask for the fence at once.
  if (item.isDone() && item.fence != VK_NULL_HANDLE) m_device.fences().release(item.fence);
  m_handed.store(item.isDone() ? item.lastSerial() : item.serial + item.at.batch);
  if (!item.signals.empty()) semaphores.changed();
}

// m_mutex is held, here and below.
void Queue::addToFlight(Slice* slice) {
  slice->next = nullptr;
  (m_oldest == nullptr ? m_oldest : m_newest->next) = slice;
  m_newest = slice;
  m_inFlight.fetch_add(1);
  if (slice->unsure) m_unsure.fetch_add(1);
  if (slice->unsafe) m_unsafeInFlight.fetch_add(1);
}

void Queue::popHead() {
  Item* item = std::exchange(m_head, m_head->next);
  if (m_head == nullptr) m_tail = nullptr;
  item->clear();
  item->next = std::exchange(m_spareItems, item);
  if (m_waitingToPass > 0) m_passed.notify_all();
}

// Nothing of it will ever run: the device is lost, or is being destroyed.
void Queue::dropList() {
  if (m_ready.slice != nullptr) recycle(m_ready.slice);
  m_ready = {};
  while (m_head != nullptr) {
    m_handed.store(m_head->lastSerial());
    if (m_head->fence != VK_NULL_HANDLE) m_device.fences().release(m_head->fence);
    popHead();
  }
  m_device.semaphores().changed();
}

Slice* Queue::takeSlice() {
  {
    const std::lock_guard lock(m_mutex);
    if (m_spareSlices != nullptr) {
      Slice* slice = std::exchange(m_spareSlices, m_spareSlices->next);
      return slice;
    }
  }
  auto* slice = new (std::nothrow) Slice;
  if (slice == nullptr) return nullptr;
  VkFenceCreateInfo info{};
  info.sType = VK_STRUCTURE_TYPE_FENCE_CREATE_INFO;
  if (m_device.table().CreateFence(m_device.handle(), &info, nullptr, &slice->fence) == VK_SUCCESS) return slice;
  delete slice;
  return nullptr;
}

// Its fence is unsignalled again, or was never used.
void Queue::recycle(Slice* slice) {
  m_device.meter().giveBack(slice->timing.stamp);
  slice->works.clear();
  slice->worksKnown = false;
  slice->next = std::exchange(m_spareSlices, slice);
}

}  // namespace lull::governor
