// SPDX-License-Identifier: Apache-2.0
// What the queues tell the recorders: how long a chunk may take.
#pragma once

#include <atomic>
#include <cstdint>
#include <limits>

namespace lull::governor {

// Each end of a slice costs: the driver's threads run dry. So a chunk or slice may take a quarter longer than is aimed
// at where that saves one.
[[nodiscard]] constexpr std::uint64_t mostNs(std::uint64_t aimNs) {
  constexpr std::uint64_t kNoLimit = std::numeric_limits<std::uint64_t>::max();
  return aimNs > kNoLimit - aimNs / 4 ? kNoLimit : aimNs + aimNs / 4;
}

struct Pace {
  std::atomic<std::uint64_t> chunkNs{4'000'000};  // the page's slice target, shared among the slices queued at once
  std::atomic<bool> cut{true};                    // false: the program bounds its own work (Page::leaveWhole)
};

}  // namespace lull::governor
