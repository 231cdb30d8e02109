// SPDX-License-Identifier: Apache-2.0
// The next layer's (or driver's) functions, as far as the governor calls them.
#pragma once

#include <vulkan/vk_layer.h>
#include <vulkan/vulkan_core.h>

namespace lull::governor {

// X(name without "vk")
#define LULL_INSTANCE_FUNCTIONS(X) \
  X(DestroyInstance)               \
  X(GetPhysicalDeviceProperties)   \
  X(GetPhysicalDeviceQueueFamilyProperties)

#define LULL_DEVICE_FUNCTIONS(X) \
  X(AllocateCommandBuffers)      \
  X(AllocateMemory)              \
  X(BeginCommandBuffer)          \
  X(CmdResetQueryPool)           \
  X(CmdWriteTimestamp)           \
  X(CreateCommandPool)           \
  X(CreateFence)                 \
  X(CreateQueryPool)             \
  X(DestroyCommandPool)          \
  X(DestroyDevice)               \
  X(DestroyFence)                \
  X(DestroyQueryPool)            \
  X(EndCommandBuffer)            \
  X(FreeMemory)                  \
  X(GetDeviceQueue)              \
  X(GetDeviceQueue2)             \
  X(GetQueryPoolResults)         \
  X(QueueBindSparse)             \
  X(QueueSubmit)                 \
  X(QueueSubmit2)                \
  X(QueueSubmit2KHR)             \
  X(QueueWaitIdle)               \
  X(ResetFences)                 \
  X(WaitForFences)

#define LULL_MEMBER(name) PFN_vk##name name = nullptr;
struct InstanceTable {
  PFN_vkGetInstanceProcAddr GetInstanceProcAddr = nullptr;
  LULL_INSTANCE_FUNCTIONS(LULL_MEMBER)
};
struct DeviceTable {
  PFN_vkGetDeviceProcAddr GetDeviceProcAddr = nullptr;
  LULL_DEVICE_FUNCTIONS(LULL_MEMBER)
};
#undef LULL_MEMBER

[[nodiscard]] InstanceTable instanceTable(VkInstance instance, PFN_vkGetInstanceProcAddr next);
[[nodiscard]] DeviceTable deviceTable(VkDevice device, PFN_vkGetDeviceProcAddr next);

// What the loader put first into a dispatchable object: the same for a device, its queues and command buffers, and
// for an instance and its physical devices.
[[nodiscard]] inline const void* dispatchKey(const void* handle) { return *static_cast<const void* const*>(handle); }

}  // namespace lull::governor
