// SPDX-License-Identifier: Apache-2.0
// What a compute shader's code says about whether its dispatches may be split. Pure: no Vulkan, bounds-checked against
// any input; a module that cannot be read may not be split.
// Format: https://registry.khronos.org/SPIR-V/specs/unified1/SPIRV.html
#pragma once

#include "governor/pacing/split.h"

#include <cstdint>
#include <span>
#include <string_view>

namespace lull::governor {

struct ShaderFacts {
  // Axes along which NumWorkgroups is not read. (A piece would see its own count. WorkgroupId and what follows from it
  // count from the dispatch's base, so they are right in a piece.)
  Axes divisible{false, false, false};
  // It may wait for what another work group of the same dispatch does (a spin on storage memory): must run in one go.
  bool mayWait = true;
};
[[nodiscard]] ShaderFacts shaderFacts(std::span<const std::uint32_t> words, std::string_view entryPoint);

}  // namespace lull::governor
