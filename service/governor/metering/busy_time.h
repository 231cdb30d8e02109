// SPDX-License-Identifier: Apache-2.0
// How long a device was busy, from the intervals of its submissions as they finish: overlaps count once, gaps not.
#pragma once

#include <cstdint>

namespace lull::governor {

class BusyTime {
public:
  // Timestamps have `validBits` (1..64) and wrap around; a tick lasts nsPerTick.
  BusyTime(std::uint32_t validBits, double nsPerTick);

  struct Interval {
    std::uint64_t begin = 0;
    std::uint64_t end = 0;
    // Everything before it was known to be done when it went out: it overlaps nothing, however long ago that was.
    bool afterIdle = false;
  };
  // The time in ns that this interval adds.
  [[nodiscard]] std::uint64_t add(const Interval& interval);

private:
  std::uint64_t m_mask;
  double m_nsPerTick;
  std::uint64_t m_end = 0;
  bool m_any = false;
};

}  // namespace lull::governor
