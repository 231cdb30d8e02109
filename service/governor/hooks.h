// SPDX-License-Identifier: Apache-2.0
// The functions that stand between the program and the driver, by topic. All pass through what they do not know, none
// throws, and no lock of ours is held while the driver is called, but for a queue's own (VkQueue is externally
// synchronised).
#pragma once

#include <vulkan/vulkan_core.h>

#include <span>

namespace lull::governor {

struct Hook {
  const char* name;
  PFN_vkVoidFunction function;
};
using Hooks = std::span<const Hook>;

template <typename F>
[[nodiscard]] PFN_vkVoidFunction hooked(F* function) {
  return reinterpret_cast<PFN_vkVoidFunction>(function);
}

// Functions of an instance or a physical device.
[[nodiscard]] Hooks instanceHooks();  // instance.cpp: create, destroy
[[nodiscard]] Hooks creationHooks();  // creation.cpp: create a device
[[nodiscard]] Hooks heapHooks();      // memory/heaps.cpp: what the program sees of memory

// Functions of a device, its queues and command buffers.
[[nodiscard]] Hooks deviceHooks();      // creation.cpp: destroy
[[nodiscard]] Hooks submitHooks();      // queue/submit.cpp: calls with a queue
[[nodiscard]] Hooks waitHooks();        // queue/waits.cpp: fences, semaphores, events, queries
[[nodiscard]] Hooks sharingHooks();     // queue/sharing.cpp: semaphores and fences that others signal, too
[[nodiscard]] Hooks allocationHooks();  // memory/allocations.cpp
[[nodiscard]] Hooks bufferHooks();      // recording/buffer_hooks.cpp: command pools and buffers
[[nodiscard]] Hooks pipelineHooks();    // recording/pipeline_hooks.cpp
[[nodiscard]] Hooks commandHooks();     // generated: vkCmd*

}  // namespace lull::governor
