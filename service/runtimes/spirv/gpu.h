// SPDX-License-Identifier: Apache-2.0
// The device a task runs on. Opened once; never closed: the process ends with the task.
#pragma once

#include "runtimes/spirv/failure.h"
#include "runtimes/spirv/features.h"

#include <vulkan/vulkan.h>

#include <cstdint>
#include <string>

namespace lull::spirv {

// A device as found, before it is opened.
struct FoundGpu {
  VkInstance instance = VK_NULL_HANDLE;
  VkPhysicalDevice physical = VK_NULL_HANDLE;
  VkPhysicalDeviceProperties properties{};
  VkPhysicalDeviceMemoryProperties memory{};
  Offer offer;
  std::uint32_t queueFamily = 0;
  // The CPU reaches all of its memory as quickly as its own.
  [[nodiscard]] bool unifiedMemory() const {
    return properties.deviceType == VK_PHYSICAL_DEVICE_TYPE_INTEGRATED_GPU ||
           properties.deviceType == VK_PHYSICAL_DEVICE_TYPE_CPU;
  }
};

struct Gpu {
  FoundGpu found;
  VkDevice device = VK_NULL_HANDLE;
  VkQueue queue = VK_NULL_HANDLE;
};

// By the id of shared/governor/gpu_id.h.
[[nodiscard]] Attempt<FoundGpu> findGpu(const std::string& id);
[[nodiscard]] Attempt<Gpu> openGpu(const FoundGpu& found, Features features);

}  // namespace lull::spirv
