// SPDX-License-Identifier: Apache-2.0
// What a case says to the witness, a layer in front of the driver: a structure that nobody else knows.
#pragma once

#include <vulkan/vulkan.h>

#include <cstdint>

namespace semantics {

inline constexpr auto kWitnessStructure = static_cast<VkStructureType>(0x3b9ac9ff);
struct WitnessStructure {
  VkStructureType sType;
  const void* pNext;
  std::uint64_t value;
};

// Asked for with vkGetDeviceProcAddr: the sum of all values that came by with submissions.
inline constexpr const char* kWitnessFunction = "vkWitnessSumLULL";
using WitnessFunction = std::uint64_t(VKAPI_PTR*)();

}  // namespace semantics
