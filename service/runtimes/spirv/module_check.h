// SPDX-License-Identifier: Apache-2.0
// Whether a module is sound and a task fits it and the device: everything that can be said before the driver is asked.
#pragma once

#include "runtimes/spirv/module.h"
#include "runtimes/spirv/pieces.h"

#include <cstdint>
#include <string>
#include <vector>

namespace lull::spirv {

// SPIRV-Tools' validation for the Vulkan version that the device speaks.
[[nodiscard]] Step validate(const std::vector<std::uint32_t>& words, std::uint32_t apiVersion);

// The task's own numbers, inputs resolved.
struct Shape {
  std::string entryPoint;
  Work work;
  std::uint32_t pushConstantBytes = 0;
};
[[nodiscard]] Attempt<Shape> shapeOf(const v1::SpirvTask& task, std::uint32_t pushConstantBytes);

[[nodiscard]] Step checkEntryPoint(const Module& module, const v1::SpirvTask& task, const Shape& shape,
                                   const VkPhysicalDeviceLimits& limits);
[[nodiscard]] Step checkInterface(const Module& module, const v1::SpirvTask& task, const Shape& shape);
[[nodiscard]] Step checkBuffers(const v1::SpirvTask& task, const VkPhysicalDeviceLimits& limits);
[[nodiscard]] Step checkGrid(const Shape& shape, const VkPhysicalDeviceLimits& limits);
// After how many iterations the swaps are back where they began. TOO_BIG beyond kMostOrders.
inline constexpr std::uint32_t kMostOrders = 256;
// orders[i][k]: which buffer (index into task.buffers) is bound as the task's k-th in iteration i, i + size, …
[[nodiscard]] Attempt<std::vector<std::vector<std::uint32_t>>> bufferOrders(const v1::SpirvTask& task);

// Specialisation as Vulkan wants it.
struct Specialisation {
  std::vector<VkSpecializationMapEntry> entries;
  std::vector<std::uint8_t> bytes;
};
[[nodiscard]] Attempt<Specialisation> specialise(const Module& module, const v1::SpirvTask& task);

}  // namespace lull::spirv
