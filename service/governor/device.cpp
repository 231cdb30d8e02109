// SPDX-License-Identifier: Apache-2.0
#include "governor/device.h"

#include "governor/futex.h"

#include <utility>

namespace lull::governor {

Device::Device(Origin origin)
    : m_origin(std::move(origin)),
      m_recordings({.device = m_origin.device,
                    .table = &m_origin.table,
                    .setLoaderData = m_origin.setLoaderData,
                    .gate = m_origin.gate,
                    .costs = &m_costs,
                    .pace = &m_pace,
                    .grouped = m_origin.grouped,
                    .mostPushed = m_origin.mostPushed,
                    .leastUnits = m_origin.leastUnits,
                    .wide = m_origin.wide}),
      m_holdings(m_origin.account, m_origin.memory),
      m_meter(m_origin.timestampBits, m_origin.nsPerTick) {
  [[maybe_unused]] const auto limits = slicing();
  for (const auto& family : m_origin.families) {
    if (!family.stamps) continue;
    m_meter.addStamps({.device = m_origin.device,
                       .table = &m_origin.table,
                       .setLoaderData = m_origin.setLoaderData,
                       .family = family.index});
  }
  m_origin.gate->attachDevice();
}

// A queue's thread may find the device lost while another is going.
Device::~Device() {
  std::vector<std::unique_ptr<Queue>> going;
  {
    const std::lock_guard lock(m_mutex);
    going.swap(m_queues);
  }
  going.clear();
  m_meter.destroyStamps();
  m_origin.gate->detachDevice();
}

Queue* Device::adoptQueue(VkQueue handle, std::uint32_t family) {
  const std::lock_guard lock(m_mutex);
  for (const auto& queue : m_queues) {
    if (queue->handle() == handle) return queue.get();
  }
  return m_queues.emplace_back(std::make_unique<Queue>(*this, handle, family)).get();
}

std::vector<Queue*> Device::queues() {
  const std::lock_guard lock(m_mutex);
  std::vector<Queue*> all;
  for (const auto& queue : m_queues) all.push_back(queue.get());
  return all;
}

VkResult Device::finishHandingOver() {
  for (Queue* queue : queues()) {
    if (const VkResult result = queue->finishHandingOver(); result != VK_SUCCESS) return result;
  }
  return VK_SUCCESS;
}

VkResult Device::handOverWhatCan() {
  VkResult all = VK_SUCCESS;
  for (Queue* queue : queues()) {
    const VkResult result = queue->handOverWhatCan();
    if (result == VK_ERROR_DEVICE_LOST) return result;
    if (result != VK_SUCCESS) all = result;
  }
  return all;
}

VkResult Device::waitIdle() {
  if (const VkResult result = finishHandingOver(); result != VK_SUCCESS) return result;
  std::vector<std::unique_lock<std::mutex>> held;
  for (Queue* queue : queues()) held.emplace_back(queue->driver());
  return m_origin.table.DeviceWaitIdle(m_origin.device);
}

Planner::Limits Device::slicing() {
  const Planner::Limits limits{.targetNs = m_origin.gate->targetNs(), .whole = m_origin.gate->leavesWhole()};
  if (m_pace.chunkNs.load() != limits.targetNs) m_pace.chunkNs.store(limits.targetNs);
  if (m_pace.cut.load() == limits.whole) m_pace.cut.store(!limits.whole);
  return limits;
}

void Device::lose() {
  if (m_lost.exchange(true)) return;
  m_origin.gate->nudge();
  m_semaphores.changed();
  const std::lock_guard lock(m_mutex);
  for (const auto& queue : m_queues) queue->wake();
}

void Device::letCallsReturn() {
  if (m_signalling.load() == 0) return;
  const std::lock_guard lock(m_mutex);
  for (const auto& queue : m_queues) queue->letCallReturn();
}

bool Device::waitUntilHandedOver(VkFence fence) {
  for (Queue* queue : queues()) {
    if (!queue->lists(fence)) continue;
    const Queue::Hurry hurry(*queue);
    static_cast<void>(m_fences.waitForAll({&fence, 1}, kForever));
  }
  return m_fences.waitForAll({&fence, 1}, kForever) && !isLost();
}

bool Device::waitUntilHandedOver(VkSemaphore semaphore) {
  const Need need = m_semaphores.need(semaphore, 0);
  for (;;) {
    const std::uint64_t seen = m_semaphores.changes();
    if (isLost()) return false;
    if (Semaphores::isMet(need)) return true;
    m_semaphores.waitForChange(seen, kForever);
  }
}

}  // namespace lull::governor
