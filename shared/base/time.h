// SPDX-License-Identifier: Apache-2.0
// Instants and spans as strong types. Monotonic instants never meet wall-clock ones by accident.
#pragma once

#include <chrono>
#include <cstdint>

namespace lull {

using Nanoseconds = std::chrono::nanoseconds;
using Milliseconds = std::chrono::milliseconds;
using Seconds = std::chrono::seconds;

// CLOCK_MONOTONIC: what input events, heartbeats and the governor page carry.
struct MonotonicClock {
  using duration = Nanoseconds;
  using rep = duration::rep;
  using period = duration::period;
  using time_point = std::chrono::time_point<MonotonicClock>;
  static constexpr bool is_steady = true;
};
using Instant = MonotonicClock::time_point;

// Milliseconds since 1970 UTC: what people, the ledger and the protocol carry.
using UnixMs = std::int64_t;

[[nodiscard]] constexpr Instant instantFromNs(std::int64_t ns) { return Instant(Nanoseconds(ns)); }
[[nodiscard]] constexpr std::int64_t toNs(Instant t) { return t.time_since_epoch().count(); }
[[nodiscard]] constexpr double toMs(Nanoseconds span) {
  return std::chrono::duration<double, std::milli>(span).count();
}

// Both clocks read at (nearly) one moment: converts between them.
struct Now {
  Instant instant;
  UnixMs unixMs = 0;

  [[nodiscard]] UnixMs unixOf(Instant t) const {
    return unixMs + std::chrono::floor<Milliseconds>(t - instant).count();
  }
  // Held within a hundred years, so that no arithmetic on it overflows.
  [[nodiscard]] Instant instantOf(UnixMs t) const {
    constexpr UnixMs kFar = 100LL * 365 * 24 * 3'600'000;
    const auto away = t > unixMs && t - unixMs > kFar ? kFar : t < unixMs - kFar ? -kFar : t - unixMs;
    return instant + Milliseconds(away);
  }
};

// The door to the clock.
class Clock {
public:
  virtual ~Clock() = default;
  [[nodiscard]] virtual Now now() const = 0;
};

class SystemClock final : public Clock {
public:
  [[nodiscard]] Now now() const override;
};

}  // namespace lull
