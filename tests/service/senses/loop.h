// SPDX-License-Identifier: Apache-2.0
// Runs an event loop until something is so, with a generous bound.
#pragma once

#include <asio/io_context.hpp>

#include <chrono>

namespace lull::test {

template <typename Condition>
bool runUntil(asio::io_context& loop, Condition condition, std::chrono::milliseconds bound = std::chrono::seconds(20)) {
  const auto end = std::chrono::steady_clock::now() + bound;
  while (!condition() && std::chrono::steady_clock::now() < end) {
    loop.restart();
    loop.run_one_for(std::chrono::milliseconds(100));
  }
  return condition();
}

// For what must not happen.
inline void runFor(asio::io_context& loop, std::chrono::milliseconds span) {
  runUntil(
      loop, [] { return false; }, span);
}

}  // namespace lull::test
