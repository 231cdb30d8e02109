// SPDX-License-Identifier: Apache-2.0
// Batches of one buffer each that wait and signal, and timelines from the host's side.
#pragma once

#include "chain.h"

namespace semantics {

// A buffer with six steps of the chain.
[[nodiscard]] VkCommandBuffer recorded(const Gpu& gpu, VkCommandPool pool, const Chain& chain, std::uint32_t add);

// One batch: waits for a value, works, signals another; 0: none.
struct Batch {
  VkCommandBuffer commands = VK_NULL_HANDLE;
  VkSemaphore wait = VK_NULL_HANDLE;
  std::uint64_t waitValue = 0;
  VkSemaphore signal = VK_NULL_HANDLE;
  std::uint64_t signalValue = 0;
  VkQueue queue = VK_NULL_HANDLE;          // that of the Gpu
  VkBaseInStructure* unheardOf = nullptr;  // goes before the values
};
void go(const Gpu& gpu, const Batch& batch, VkFence fence = VK_NULL_HANDLE);

void signalFromHost(const Gpu& gpu, VkSemaphore semaphore, std::uint64_t value);
[[nodiscard]] VkResult waitValue(const Gpu& gpu, VkSemaphore semaphore, std::uint64_t value,
                                 std::uint64_t limit = UINT64_MAX);
[[nodiscard]] std::uint64_t valueOf(const Gpu& gpu, VkSemaphore semaphore);

}  // namespace semantics
