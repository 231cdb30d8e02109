// SPDX-License-Identifier: Apache-2.0
// Waiting on a condition variable until a moment on CLOCK_MONOTONIC, or without an end.
#pragma once

#include "governor/futex.h"

#include <chrono>
#include <condition_variable>
#include <mutex>

namespace lull::governor {

// When `timeoutNs` from now is over; kForever for more than a program lives.
[[nodiscard]] inline std::uint64_t momentAfter(std::uint64_t timeoutNs) {
  constexpr std::uint64_t kLong = std::uint64_t{1} << 61U;
  return timeoutNs >= kLong ? kForever : monotonicNs() + timeoutNs;
}
[[nodiscard]] inline std::uint64_t leftUntil(std::uint64_t momentNs) {
  if (momentNs == kForever) return kForever;
  const std::uint64_t now = monotonicNs();
  return momentNs > now ? momentNs - now : 0;
}

// False: the moment came first.
template <typename Condition>
[[nodiscard]] bool waitUntil(std::condition_variable& changed, std::unique_lock<std::mutex>& lock,
                             std::uint64_t momentNs, Condition condition) {
  if (momentNs == kForever) {
    changed.wait(lock, condition);
    return true;
  }
  const std::chrono::nanoseconds since{momentNs};
  const std::chrono::steady_clock::time_point moment{since};
  return changed.wait_until(lock, moment, condition);
}

}  // namespace lull::governor
