// SPDX-License-Identifier: Apache-2.0
// What Vulkan's numbers are called.
#pragma once

#include <vulkan/vulkan_core.h>

#include <string>

namespace lull::gpus {

[[nodiscard]] std::string vendorText(std::uint32_t vendorId);
// As v1::Gpu.type.
[[nodiscard]] std::string typeText(const VkPhysicalDeviceProperties& properties, VkDriverId driver);
// From drivers that name themselves; others give only a number, each in its own way.
[[nodiscard]] std::string driverText(const VkPhysicalDeviceProperties& properties,
                                     const VkPhysicalDeviceDriverProperties& driver);
[[nodiscard]] std::string resultText(VkResult result);

}  // namespace lull::gpus
