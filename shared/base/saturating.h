// SPDX-License-Identifier: Apache-2.0
// Sums and products of sizes that nobody vouches for: what is too large is the largest.
#pragma once

#include <cstdint>
#include <limits>

namespace lull::saturating {

[[nodiscard]] constexpr std::uint64_t plus(std::uint64_t a, std::uint64_t b) {
  constexpr auto kMost = std::numeric_limits<std::uint64_t>::max();
  return a > kMost - b ? kMost : a + b;
}

[[nodiscard]] constexpr std::uint64_t times(std::uint64_t a, std::uint64_t b) {
  std::uint64_t out = 0;
  return __builtin_mul_overflow(a, b, &out) ? std::numeric_limits<std::uint64_t>::max() : out;
}

}  // namespace lull::saturating
