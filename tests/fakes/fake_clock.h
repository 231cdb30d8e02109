// SPDX-License-Identifier: Apache-2.0
// A clock that stands still until it is moved. Wall clock and monotonic clock can be moved apart.
#pragma once

#include "base/time.h"

namespace lull::fakes {

class FakeClock final : public Clock {
public:
  explicit FakeClock(Now start = {instantFromNs(1'000'000'000'000), 1'700'000'000'000}) : m_now(start) {}

  [[nodiscard]] Now now() const override { return m_now; }
  void advance(Nanoseconds span) {
    m_rest += span;
    const auto whole = std::chrono::floor<Milliseconds>(m_rest);
    m_rest -= whole;
    m_now = {m_now.instant + span, m_now.unixMs + whole.count()};
  }
  // Somebody set the wall clock.
  void setUnixMs(UnixMs unixMs) { m_now.unixMs = unixMs; }

private:
  Now m_now;
  Nanoseconds m_rest{0};  // below a millisecond
};

}  // namespace lull::fakes
