// SPDX-License-Identifier: Apache-2.0
// Time for a bench, divided among its rows: what one does not need is the next ones'.
#pragma once

#include <algorithm>
#include <chrono>
#include <cstddef>

namespace lull::bench {

class Budget {
public:
  using Clock = std::chrono::steady_clock;

  // Each of `rows` will ask once for its share. 0 seconds: as long as it takes.
  Budget(double seconds, std::size_t rows) : m_rows(rows) {
    const std::chrono::duration<double> time(seconds);
    if (seconds > 0) m_end = Clock::now() + std::chrono::duration_cast<Clock::duration>(time);
  }

  // When the next row must be done: an even share of what is left.
  [[nodiscard]] Clock::time_point nextEnd() {
    if (m_end == Clock::time_point::max()) return m_end;
    const auto left = m_end - Clock::now();
    const auto rows = static_cast<long>(std::max<std::size_t>(1, m_rows));
    if (m_rows > 1) --m_rows;
    return Clock::now() + left / rows;
  }

private:
  Clock::time_point m_end = Clock::time_point::max();
  std::size_t m_rows;
};

}  // namespace lull::bench
