// SPDX-License-Identifier: Apache-2.0
// A shader that reads NumWorkgroups, rewritten to read the counts from push constants: so a piece of a split dispatch
// sees the counts of the whole. Pure; safe with any input.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

namespace lull::governor {

inline constexpr std::uint32_t kCountBytes = 12;  // three numbers of 32 bits

// `offset`: where in the push constants the counts stand; a multiple of 4, behind all the shader's own. The result says
// the same in all else. nullopt: the shader does not read NumWorkgroups, or not in a way that is understood here, or
// its own push constants reach `offset`. May throw std::bad_alloc.
[[nodiscard]] std::optional<std::vector<std::uint32_t>> patchCounts(std::span<const std::uint32_t> words,
                                                                    std::string_view entryPoint, std::uint32_t offset);

}  // namespace lull::governor
