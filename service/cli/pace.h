// SPDX-License-Identifier: Apache-2.0
// How fast a batch goes, from what is told now and then. Time in which nothing was computed (parked, waiting) does not
// count. Pure.
#pragma once

#include "base/time.h"

#include <cstdint>
#include <deque>
#include <optional>

namespace lull::cli {

struct Told {
  Instant at;
  bool running = false;
  std::uint64_t requests = 0;  // answered or failed
  std::uint64_t tokens = 0;    // written
};

class Pace {
public:
  void take(const Told& told);
  // Over the last half minute or so of work; none: not known yet.
  [[nodiscard]] std::optional<double> tokensPerSecond() const;
  // Of work; none: not known yet.
  [[nodiscard]] std::optional<double> secondsFor(std::uint64_t requests) const;

private:
  struct Point {
    double worked = 0;  // seconds
    std::uint64_t requests = 0;
    std::uint64_t tokens = 0;
  };
  std::optional<Told> m_last;
  std::deque<Point> m_points;  // the newest last
};

}  // namespace lull::cli
