// SPDX-License-Identifier: Apache-2.0
// Duty: a token bucket over metered GPU time. Time arrives as an argument. Not thread-safe.
//
// Tokens are ns of GPU time; they come at duty × real time, up to a small burst beyond what is out, and each slice is
// paid when it has been metered. Slices go out until the bucket owes kDebtNs, then none until it owes nothing: one that
// is longer simply owes more, so over any window longer than a few slices the share is the duty, whatever single slices
// take, and short slices share one pause. (A plain open/close cycle overshoots: 50 % gave 71 %.)
#pragma once

#include <cstdint>

namespace lull::governor {

class Bucket {
public:
  static constexpr std::int64_t kDebtNs = 2'000'000;
  static constexpr std::int64_t kBurstNs = 5'000'000;

  // How long to wait before the next slice may go out; 0 = now. Ask again after it, or sooner. `duty` 1..99; 100 and
  // more, and 0, never wait and owe nothing. `expectedNs` of slices that are out and not yet paid count as spent.
  [[nodiscard]] std::uint64_t waitNs(std::uint64_t nowNs, std::uint32_t duty, std::uint64_t expectedNs);
  void paid(std::uint64_t gpuNs);
  // It was parked up to now: what is owed was paid off meanwhile, nothing was saved up.
  void parked(std::uint64_t nowNs);

private:
  void earn(std::uint64_t nowNs, std::int64_t most);

  std::int64_t m_tokensNs = 0;
  std::uint64_t m_lastNs = 0;
  std::uint32_t m_duty = 100;
  bool m_pausing = false;
};

}  // namespace lull::governor
