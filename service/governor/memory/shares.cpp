// SPDX-License-Identifier: Apache-2.0
#include "governor/memory/shares.h"

#include <algorithm>
#include <limits>
#include <numeric>

namespace lull::governor {

namespace {

__extension__ using Wide = unsigned __int128;

}  // namespace

void shareOut(std::span<std::uint64_t> sizes, std::uint64_t limit) {
  const Wide sum = std::accumulate(sizes.begin(), sizes.end(), Wide{0});
  if (sum <= limit) return;
  for (std::uint64_t& size : sizes) {
    size = std::max<std::uint64_t>(1, static_cast<std::uint64_t>(Wide{size} * limit / sum));
  }
}

std::int64_t signedDifference(std::uint64_t a, std::uint64_t b) {
  constexpr auto kMost = static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max());
  if (a >= b) return static_cast<std::int64_t>(std::min(a - b, kMost));
  return -static_cast<std::int64_t>(std::min(b - a, kMost));
}

Budget budgetOf(const HeapView& heap, std::int64_t left) {
  const std::int64_t free = std::min(
      {signedDifference(heap.driver.budget, heap.driver.usage), signedDifference(heap.share, heap.held), left});
  const std::int64_t budget = static_cast<std::int64_t>(heap.held) + free;
  return {.budget = static_cast<std::uint64_t>(std::max<std::int64_t>(1, budget)), .usage = heap.held};
}

}  // namespace lull::governor
