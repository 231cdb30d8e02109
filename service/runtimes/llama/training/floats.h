// SPDX-License-Identifier: Apache-2.0
// Weights between the types in which models keep them.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace lull::runtimes::llama::training {

enum class Float : std::uint32_t { F32 = 0, F16 = 1, BF16 = 30 };  // as ggml numbers them
// None: not a type that can be trained.
[[nodiscard]] std::optional<Float> floatOf(std::uint32_t type);
[[nodiscard]] std::size_t bytesOf(Float type);

// Rounded to the nearest, halves to even. False: some are no finite numbers in `to`.
[[nodiscard]] bool convert(std::string_view weights, Float from, Float to, std::string& out);

[[nodiscard]] float fromHalf(std::uint16_t half);
[[nodiscard]] std::uint16_t toHalf(float value);  // infinite when it is too large

}  // namespace lull::runtimes::llama::training
