// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>

namespace lull::bridge {

// How long to wait before the next attempt: doubled each time up to a limit.
class BackOff {
public:
  BackOff(std::chrono::milliseconds first, std::chrono::milliseconds longest)
      : m_first(first), m_longest(longest), m_next(first) {}

  // The wait before the next attempt; the one after it is longer.
  [[nodiscard]] std::chrono::milliseconds next();
  void reset() { m_next = m_first; }

private:
  std::chrono::milliseconds m_first;
  std::chrono::milliseconds m_longest;
  std::chrono::milliseconds m_next;
};

}  // namespace lull::bridge
