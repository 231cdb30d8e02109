// SPDX-License-Identifier: Apache-2.0
// The names of a SPIR-V module's compute shaders. Pure, bounds-checked against any input.
// Format: https://registry.khronos.org/SPIR-V/specs/unified1/SPIRV.html
#pragma once

#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

namespace lull::governor {

// They point into `words`. May throw bad_alloc.
[[nodiscard]] std::vector<std::string_view> computeEntryPoints(std::span<const std::uint32_t> words);

}  // namespace lull::governor
