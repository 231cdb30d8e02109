// SPDX-License-Identifier: Apache-2.0
// A language model of random weights as a GGUF file: one of four families, a byte-level vocabulary, F16. The same shape
// and seed give the same bytes anywhere. It says nothing sensible, and computes what a trained one of its size does.
#pragma once

#include <cstdint>
#include <filesystem>

namespace lull::llama {

enum class Family : std::uint8_t { Qwen2, Qwen3, Llama, DeepSeek2 };

// Widths are multiples of 256, so that each kind of quantisation fits.
struct Shape {
  std::uint32_t layers = 2;
  std::uint32_t width = 256;
  std::uint32_t heads = 4;
  std::uint32_t keyHeads = 2;
  std::uint32_t inner = 512;  // of the feed-forward part
  std::uint32_t context = 4096;
  Family family = Family::Qwen2;
};
inline constexpr Shape kTiny{};  // 1.4 M weights, 3 MB
inline constexpr Shape kSmall{.layers = 6, .width = 256, .heads = 4, .keyHeads = 2, .inner = 768};      // 4.9 M
inline constexpr Shape kMedium{.layers = 8, .width = 512, .heads = 8, .keyHeads = 4, .inner = 1536};    // 25.4 M
inline constexpr Shape kLarge{.layers = 16, .width = 1024, .heads = 16, .keyHeads = 8, .inner = 3072};  // 202 M

[[nodiscard]] std::uint64_t weightsOf(const Shape& shape);

// False when the file could not be written whole; then nothing is left of it.
[[nodiscard]] bool writeModel(const std::filesystem::path& file, const Shape& shape, std::uint64_t seed = 1);

}  // namespace lull::llama
