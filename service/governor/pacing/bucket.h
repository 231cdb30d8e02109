// SPDX-License-Identifier: Apache-2.0
// Duty: a token bucket over metered GPU time. Time arrives as an argument. Not thread-safe.
//
// Tokens are ns of GPU time; they come at duty × real time, up to a small burst, and each slice is paid when it has
// been metered. A slice may go out while tokens are not negative; so over any window longer than a few slices the share
// is the duty, whatever single slices take. (A plain open/close cycle overshoots: 50 % gave 71 %.)
#pragma once

#include <cstdint>

namespace lull::governor {

class Bucket {
public:
  // How long to wait before the next slice may go out; 0 = now. `duty` 1..100; 100 never waits and owes nothing.
  // `expectedNs` of slices that are out and not yet paid count as spent.
  [[nodiscard]] std::uint64_t waitNs(std::uint64_t nowNs, std::uint32_t duty, std::uint64_t expectedNs);
  void paid(std::uint64_t gpuNs);
  // While parked nothing is saved up.
  void parked(std::uint64_t nowNs);

private:
  std::int64_t m_tokensNs = 0;
  std::uint64_t m_lastNs = 0;
};

}  // namespace lull::governor
