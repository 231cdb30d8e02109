// SPDX-License-Identifier: Apache-2.0
// How many slices to keep queued: one stops sooner, two leave no gap between them. Chosen from the measured gaps. Pure.
//
// Begins at 1. Gaps that cost more than kWorthwhile of the time there lead to 2. From there 1 is tried again, after
// kPatience slices at first and after twice as many each time that it was of no use; so it never flaps. Where 2 leaves
// most of the gap open it is given up again: what stops then takes longer for nothing.
#pragma once

#include <cstdint>

namespace lull::governor {

class Depth {
public:
  static constexpr double kWorthwhile = 0.015;
  static constexpr std::uint64_t kPatience = 512;

  // A slice ran: how long it kept the GPU, and how long the GPU was idle before it although more work was waiting.
  void ran(std::uint64_t busyNs, std::uint64_t gapNs);
  // `cap`: the service's word, taken as it is; 0 = free choice.
  [[nodiscard]] std::uint32_t choose(std::uint32_t cap) const { return cap == 0 ? m_depth : cap; }

private:
  void change(std::uint32_t depth, std::uint64_t patience);

  std::uint32_t m_depth = 1;
  std::uint64_t m_ran = 0;       // at this depth
  std::uint64_t m_patience = 0;  // slices to run at this depth before the other is thought of
  std::uint64_t m_nextPatience = kPatience;
  double m_gapNs = 0;  // moving sums, at this depth
  double m_allNs = 0;
  double m_shareAtOne = 0;  // of gaps in the time, when 2 was chosen
};

}  // namespace lull::governor
