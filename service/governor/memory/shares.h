// SPDX-License-Identifier: Apache-2.0
// What a program under a memory limit sees of the device-local heaps. Pure.
//
// The limit is one figure for all of them, and an allocation is refused only beyond that sum. But programs (ggml among
// them) add up what they see; so the heaps are shown smaller, in proportion, until their sum is the limit: who keeps to
// each heap keeps to the limit, and none vanishes, as the small host-visible one of a GPU without a resizable BAR
// would.
#pragma once

#include <cstdint>
#include <span>

namespace lull::governor {

// Makes `sizes` smaller together until their sum is at most `limit`; none becomes 0.
void shareOut(std::span<std::uint64_t> sizes, std::uint64_t limit);

// a - b; where that is too large for the type, its largest.
[[nodiscard]] std::int64_t signedDifference(std::uint64_t a, std::uint64_t b);

struct Budget {
  std::uint64_t budget = 0;  // what the program may hold in the heap, with what it already holds
  std::uint64_t usage = 0;   // what it holds
};
struct HeapView {
  Budget driver;            // what the driver says of the heap
  std::uint64_t share = 0;  // of the limit
  std::uint64_t held = 0;   // by the program, in this heap
};
// On top of what it holds, the program may have what the driver, the share and the rest of the limit (`left`, negative
// when more is held than the limit) all allow. Below its own use when it holds too much; never 0, as the extension
// asks.
[[nodiscard]] Budget budgetOf(const HeapView& heap, std::int64_t left);

}  // namespace lull::governor
