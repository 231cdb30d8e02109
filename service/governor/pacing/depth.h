// SPDX-License-Identifier: Apache-2.0
// How many slices to keep queued: one stops sooner, two leave no gap between them. Chosen from the measured gaps. Pure.
#pragma once

#include <cstdint>

namespace lull::governor {

class Depth {
public:
  // A slice ran: how long it kept the GPU, and how long the GPU was idle before it although more work was waiting.
  void ran(std::uint64_t busyNs, std::uint64_t gapNs);
  // 1, or 2 where gaps at 1 cost more than kWorthwhile of the time; with hysteresis, and 1 is tried again now and then.
  // `cap`: the service's word; 0 = free choice.
  [[nodiscard]] std::uint32_t choose(std::uint32_t cap) const;

private:
  double m_gapShare = 0;  // EWMA of gap / (gap + busy)
  std::uint64_t m_ran = 0;
  std::uint32_t m_depth = 1;
};

}  // namespace lull::governor
