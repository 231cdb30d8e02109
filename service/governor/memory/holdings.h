// SPDX-License-Identifier: Apache-2.0
// The device-local memory that a program holds on one device. Thread-safe.
//
// Counted is what vkAllocateMemory makes in a device-local heap, as many bytes as were asked for. Not counted is what
// is imported (host pointers, dma-bufs, memory of another process): the program that made it holds it.
#pragma once

#include "governor/memory/account.h"

#include <vulkan/vulkan_core.h>

#include <array>
#include <cstdint>
#include <mutex>
#include <unordered_map>

namespace lull::governor {

using HeapBytes = std::array<std::uint64_t, VK_MAX_MEMORY_HEAPS>;

class Holdings {
public:
  // `account` may be nullptr: nothing is counted. It outlives this.
  Holdings(Account* account, const VkPhysicalDeviceMemoryProperties& memory);
  // Gives back what the program did not free.
  ~Holdings();
  Holdings(const Holdings&) = delete;
  Holdings& operator=(const Holdings&) = delete;

  struct Part {
    std::uint32_t heap = 0;
    std::uint64_t bytes = 0;  // 0: not counted
  };
  // Before the driver is asked. False: it would pass the limit.
  [[nodiscard]] bool take(const VkMemoryAllocateInfo& info, Part& part);
  // The driver has refused it.
  void giveBack(const Part& part);
  // The driver has given it. May throw std::bad_alloc; then it is not remembered.
  void remember(VkDeviceMemory memory, const Part& part);
  // Before the driver frees it, which may then give the same handle to another thread.
  void forget(VkDeviceMemory memory);

  void addTo(HeapBytes& sums);

private:
  Account* const m_account;
  const VkPhysicalDeviceMemoryProperties m_memory;
  std::mutex m_mutex;
  std::unordered_map<VkDeviceMemory, Part> m_parts;
};

}  // namespace lull::governor
