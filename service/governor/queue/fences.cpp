// SPDX-License-Identifier: Apache-2.0
#include "governor/queue/fences.h"

#include "governor/queue/moment.h"

#include <algorithm>

namespace lull::governor {

void Fences::hold(VkFence fence) {
  const std::lock_guard lock(m_mutex);
  m_held.insert(fence);
  m_count.store(m_held.size());
}

void Fences::release(VkFence fence) noexcept {
  bool wake = false;
  {
    const std::lock_guard lock(m_mutex);
    m_held.erase(fence);
    m_count.store(m_held.size());
    wake = m_waiting > 0;
  }
  if (wake) m_released.notify_all();
}

bool Fences::holds(VkFence fence) const {
  if (m_count.load() == 0) return false;
  const std::lock_guard lock(m_mutex);
  return isHeld(fence);
}

bool Fences::waitForAll(std::span<const VkFence> fences, std::uint64_t momentNs) {
  if (m_count.load() == 0) return true;
  std::unique_lock lock(m_mutex);
  ++m_waiting;
  const bool released = waitUntil(m_released, lock, momentNs, [&] {
    return std::none_of(fences.begin(), fences.end(), [this](VkFence fence) { return isHeld(fence); });
  });
  --m_waiting;
  return released;
}

bool Fences::waitForAny(std::span<const VkFence> fences, std::uint64_t momentNs) {
  if (m_count.load() == 0) return true;
  std::unique_lock lock(m_mutex);
  ++m_waiting;
  const bool released = waitUntil(m_released, lock, momentNs, [&] {
    return !std::all_of(fences.begin(), fences.end(), [this](VkFence fence) { return isHeld(fence); });
  });
  --m_waiting;
  return released;
}

}  // namespace lull::governor
