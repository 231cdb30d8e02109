// SPDX-License-Identifier: Apache-2.0
// How a GGUF file begins.
#pragma once

#include "gguf/facts.h"
#include "gguf/input.h"

namespace lull::gguf {

inline constexpr std::uint64_t kUsualAlignment = 32;

struct Preamble {
  std::uint32_t version = 0;
  std::uint64_t tensors = 0;
  std::uint64_t pairs = 0;
};
// What is wrong stays with the input.
[[nodiscard]] Preamble readPreamble(Input& in);
// Of the tensors: a power of two.
[[nodiscard]] std::uint64_t alignmentOf(Input& in, const Facts& facts);

}  // namespace lull::gguf
