// SPDX-License-Identifier: Apache-2.0
// The program's fences that the driver does not have yet: their submission is still on one of our lists. To the
// program they are unsignalled, whatever the driver would say. Thread-safe; no Vulkan is called.
#pragma once

#include <vulkan/vulkan_core.h>

#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <mutex>
#include <span>
#include <unordered_set>

namespace lull::governor {

class Fences {
public:
  // Its submission is on a list. May throw bad_alloc.
  void hold(VkFence fence);
  // The driver's call that took it along has returned, or it will never be made.
  void release(VkFence fence) noexcept;

  [[nodiscard]] bool holds(VkFence fence) const;
  // Until none of them is held / until one is not. `momentNs` on CLOCK_MONOTONIC, kForever for no end. False: it came
  // first.
  [[nodiscard]] bool waitForAll(std::span<const VkFence> fences, std::uint64_t momentNs);
  [[nodiscard]] bool waitForAny(std::span<const VkFence> fences, std::uint64_t momentNs);

private:
  [[nodiscard]] bool isHeld(VkFence fence) const { return m_held.contains(fence); }

  std::atomic<std::size_t> m_count{0};  // so that who asks when nothing is held takes no lock
  mutable std::mutex m_mutex;
  std::condition_variable m_released;
  std::uint32_t m_waiting = 0;
  std::unordered_set<VkFence> m_held;
};

}  // namespace lull::governor
