// SPDX-License-Identifier: Apache-2.0
// The program's side: what it submits comes onto the list, and straight to the driver where nothing is in the way.
#include "governor/queue/queue.h"

#include "governor/device.h"
#include "governor/queue/moment.h"
#include "governor/queue/whole.h"
#include "governor/thread.h"

#include <new>
#include <utility>

namespace lull::governor {

namespace {

bool carriesWork(const VkSubmitInfo& info) { return info.commandBufferCount > 0; }
bool carriesWork(const VkSubmitInfo2& info) { return info.commandBufferInfoCount > 0; }
bool carriesWork(const VkBindSparseInfo&) { return true; }

bool waits(const VkSubmitInfo& info) { return info.waitSemaphoreCount > 0; }
bool waits(const VkSubmitInfo2& info) { return info.waitSemaphoreInfoCount > 0; }
bool waits(const VkBindSparseInfo& info) { return info.waitSemaphoreCount > 0; }

// When what these batches signal will be signalled is not known here.
template <typename Info>
void makeSignalsForeign(Semaphores& semaphores, const Info& info) {
  for (std::uint32_t i = 0; i < info.signalSemaphoreCount; ++i) semaphores.makeForeign(info.pSignalSemaphores[i]);
}
void makeSignalsForeign(Semaphores& semaphores, const VkSubmitInfo2& info) {
  for (std::uint32_t i = 0; i < info.signalSemaphoreInfoCount; ++i) {
    semaphores.makeForeign(info.pSignalSemaphoreInfos[i].semaphore);
  }
}

bool signalsShared(const Item& item) {
  return std::any_of(item.signals.begin(), item.signals.end(), [](const SemaphoreSignal& signal) {
    return signal.payload != nullptr && !signal.payload->timeline && signal.payload->shared.load();
  });
}

VkResult callWhole(const DeviceTable& vk, Item::Form, VkQueue queue, std::span<const VkSubmitInfo> infos,
                   VkFence fence) {
  return vk.QueueSubmit(queue, static_cast<std::uint32_t>(infos.size()), infos.data(), fence);
}
VkResult callWhole(const DeviceTable& vk, Item::Form form, VkQueue queue, std::span<const VkSubmitInfo2> infos,
                   VkFence fence) {
  const auto function = form == Item::Form::Submit2 ? vk.QueueSubmit2 : vk.QueueSubmit2KHR;
  return function(queue, static_cast<std::uint32_t>(infos.size()), infos.data(), fence);
}
VkResult callWhole(const DeviceTable& vk, Item::Form, VkQueue queue, std::span<const VkBindSparseInfo> infos,
                   VkFence fence) {
  return vk.QueueBindSparse(queue, static_cast<std::uint32_t>(infos.size()), infos.data(), fence);
}

}  // namespace

Queue::Queue(Device& device, VkQueue handle, std::uint32_t family)
    : m_device(device), m_handle(handle), m_family(family), m_planner(device.costs(), m_handed) {}

Queue::~Queue() {
  if (m_running) {
    m_stopping.store(true);
    wake();
    m_device.gate()->nudge();
    m_device.semaphores().changed();
    ::pthread_join(m_thread, nullptr);
  }
  while (m_spareItems != nullptr) delete std::exchange(m_spareItems, m_spareItems->next);
  while (m_spareSlices != nullptr) {
    Slice* slice = std::exchange(m_spareSlices, m_spareSlices->next);
    m_device.table().DestroyFence(m_device.handle(), slice->fence, nullptr);
    delete slice;
  }
}

// Who shares a binary semaphore may wait for it as soon as this has returned, and must find its signal with the driver.
// (Not while it depends on signals that are still to be made: nobody may wait for it then.)
template <typename Info>
VkResult Queue::submit(Item::Form form, std::span<const Info> infos, VkFence fence) noexcept {
  bool shared = false;
  const VkResult result = list(form, infos, fence, shared);
  if (result != VK_SUCCESS || !shared) return result;
  return handOverWhatCan() == VK_ERROR_DEVICE_LOST ? VK_ERROR_DEVICE_LOST : VK_SUCCESS;
}

template <typename Info>
VkResult Queue::list(Item::Form form, std::span<const Info> infos, VkFence fence, bool& shared) noexcept {
  Item* item = nullptr;
  try {
    const std::lock_guard order(m_program);
    if (m_device.isLost()) return VK_ERROR_DEVICE_LOST;
    if (!canCopy(infos)) return passWhole(form, Whole<Info>(infos, m_device.recordings()).infos(), fence);
    item = takeItem();
    item->form = form;
    item->fence = fence;
    item->serial = m_lastSerial;
    copyInto(*item, infos,
             {.recordings = m_device.recordings(), .semaphores = m_device.semaphores(), .handed = m_handed});
    shared = signalsShared(*item);
    if (fence != VK_NULL_HANDLE) m_device.fences().hold(fence);
    return enlist(item);
  } catch (...) {
    if (item != nullptr) giveBack(item);
    return VK_ERROR_OUT_OF_HOST_MEMORY;
  }
}
template VkResult Queue::submit(Item::Form, std::span<const VkSubmitInfo>, VkFence) noexcept;
template VkResult Queue::submit(Item::Form, std::span<const VkSubmitInfo2>, VkFence) noexcept;
template VkResult Queue::submit(Item::Form, std::span<const VkBindSparseInfo>, VkFence) noexcept;

VkResult Queue::enlist(Item* item) {
  Lock lock(m_mutex);
  if (!m_running && !startThread()) {
    lock.unlock();
    if (item->fence != VK_NULL_HANDLE) m_device.fences().release(item->fence);
    giveBack(item);
    return VK_ERROR_OUT_OF_HOST_MEMORY;
  }
  item->listedNs = monotonicNs();
  m_lastSerial = item->lastSerial();
  const bool first = m_head == nullptr;
  (first ? m_head : m_tail->next) = item;
  m_tail = item;
  while (first && m_head == item && !m_handing && handHead(lock) == Outcome::HandedOver) {
  }
  wakeIfNeeded();
  return m_device.isLost() ? VK_ERROR_DEVICE_LOST : VK_SUCCESS;
}

// m_mutex is held.
bool Queue::startThread() {
  m_running = lull::governor::startThread(&Queue::run, this, &m_thread);
  return m_running;
}

// m_mutex is held. Our thread sleeps here only when it had nothing to do.
void Queue::wakeIfNeeded() {
  if (!m_asleep || (m_oldest == nullptr && (m_head == nullptr || m_handing))) return;
  m_asleep = false;
  m_wake.notify_one();
}

void Queue::wake() {
  {
    const std::lock_guard lock(m_mutex);
    m_asleep = false;
  }
  m_wake.notify_one();
}

VkResult Queue::finishHandingOver(bool orUnsafe) {
  Lock lock(m_mutex);
  const std::uint64_t last = m_lastSerial;
  ++m_waitingToPass;
  m_passed.wait(lock, [&] { return m_handed.load() >= last || (orUnsafe && m_unsafe); });
  --m_waitingToPass;
  if (m_device.isLost()) return VK_ERROR_DEVICE_LOST;
  return m_handed.load() >= last ? VK_SUCCESS : VK_NOT_READY;
}

// Our thread may be resting on the very wait that is the driver's from now on.
Queue::Hurry::Hurry(Queue& queue) : m_queue(queue) {
  m_queue.m_hurries.fetch_add(1);
  m_queue.m_device.semaphores().changed();
}

bool Queue::lists(VkFence fence) {
  const std::lock_guard lock(m_mutex);
  for (const Item* item = m_head; item != nullptr; item = item->next) {
    if (item->fence == fence) return true;
  }
  return false;
}

bool Queue::isEmpty() {
  const std::lock_guard lock(m_mutex);
  return m_head == nullptr;
}

// Structures that we do not know are not copied: the program's own go to the driver while the program waits here, for
// the gate alone. What they make the work wait for is not known either, so it holds nobody back.
template <typename Info>
VkResult Queue::passWhole(Item::Form form, std::span<const Info> infos, VkFence fence) {
  Gate& gate = *m_device.gate();
  const Hurry hurry(*this);
  if (const VkResult result = finishHandingOver(); result != VK_SUCCESS) return result;
  const bool works = std::any_of(infos.begin(), infos.end(), [](const Info& info) { return carriesWork(info); });
  if (Lock lock(m_mutex); works && !m_running && !startThread()) return VK_ERROR_OUT_OF_HOST_MEMORY;
  Slice* slice = works ? takeSlice() : nullptr;
  if (works && slice == nullptr) return VK_ERROR_OUT_OF_HOST_MEMORY;
  for (const Info& info : infos) makeSignalsForeign(m_device.semaphores(), info);
  gate.countUngoverned();
  if (works) {
    const bool unsure =
        m_unsure.load() > 0 || std::any_of(infos.begin(), infos.end(), [](const Info& info) { return waits(info); });
    admitWhole(*slice, unsure);
  }
  const DeviceTable& vk = m_device.table();
  VkResult result = VK_SUCCESS;
  bool watched = false;
  {
    const Device::Signalling signalling(m_device);
    const std::lock_guard driver(m_driver);
    const std::lock_guard sending(m_sending);
    result = callWhole(vk, form, m_handle, infos, fence);
    watched = result == VK_SUCCESS && works && vk.QueueSubmit(m_handle, 0, nullptr, slice->fence) == VK_SUCCESS;
  }
  m_device.semaphores().changed();
  if (result == VK_SUCCESS && works && !watched) waitIdle();
  Lock lock(m_mutex);
  if (watched) {
    addToFlight(slice);
    wakeIfNeeded();
  } else if (works) {
    m_device.meter().cancel();
    gate.finish(slice->passage, {});
    recycle(slice);
  }
  return result;
}

void Queue::admitWhole(Slice& slice, bool unsure) {
  slice.carriesWork = true;
  slice.unsure = slice.unsafe = unsure;
  slice.passage = {.opensSubmission = true, .capped = false, .expectedNs = 0};
  m_device.gate()->admit(slice.passage);
  slice.timing.waitingSinceNs = kForever;
  slice.timing.untimed = unsure;
  m_device.meter().begin(slice.timing, m_inFlight.load());
}

void Queue::waitIdle() {
  const std::lock_guard driver(m_driver);
  m_device.table().QueueWaitIdle(m_handle);
}

Item* Queue::takeItem() {
  const std::lock_guard lock(m_mutex);
  if (m_spareItems == nullptr) return new Item;
  Item* item = std::exchange(m_spareItems, m_spareItems->next);
  item->next = nullptr;
  return item;
}

void Queue::giveBack(Item* item) {
  item->clear();
  const std::lock_guard lock(m_mutex);
  item->next = std::exchange(m_spareItems, item);
}

}  // namespace lull::governor
