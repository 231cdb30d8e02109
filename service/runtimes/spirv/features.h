// SPDX-License-Identifier: Apache-2.0
// What modules may declare, what that needs of the device, and what the device offers.
#pragma once

#include "runtimes/spirv/failure.h"

#include <vulkan/vulkan_core.h>

#include <cstdint>
#include <vector>

namespace lull::spirv {

// The chain as vkGetPhysicalDeviceFeatures2 and vkCreateDevice take it. Copies are unlinked: call chain() before use.
struct Features {
  VkPhysicalDeviceFeatures2 core{};
  VkPhysicalDeviceVulkan11Features v11{};
  VkPhysicalDeviceVulkan12Features v12{};
  Features();
  // The head of the chain; a device of Vulkan 1.1 does not know the structures of 1.2.
  VkPhysicalDeviceFeatures2* chain(std::uint32_t apiVersion);
};

struct Offer {
  Features features;
  VkSubgroupFeatureFlags subgroups = 0;  // operations offered to compute shaders
};

// Only what the module declares, and robust buffer access. BAD_TASK for a capability Lull does not know, TOO_BIG for
// one that this device does not have.
[[nodiscard]] Attempt<Features> featuresFor(const std::vector<std::uint32_t>& capabilities, const Offer& offer);

}  // namespace lull::spirv
