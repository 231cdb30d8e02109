// SPDX-License-Identifier: Apache-2.0
// The next layer's (or driver's) functions. A member is nullptr where the next one does not offer it (an extension
// that is not enabled, a newer core version).
#pragma once

#include "governor/generated/tables.h"

#include <vulkan/vk_layer.h>
#include <vulkan/vulkan_core.h>

namespace lull::governor {

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
