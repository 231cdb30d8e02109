// SPDX-License-Identifier: Apache-2.0
// A dispatch as several smaller ones that together are exactly it. Pure.
#pragma once

#include "governor/pacing/work.h"

#include <array>
#include <cstdint>
#include <optional>

namespace lull::governor {

using Axes = std::array<bool, 3>;

// Work groups [base, base + count).
struct Box {
  Groups base{};
  Groups count{};
  // UINT64_MAX where there are more.
  [[nodiscard]] std::uint64_t groups() const;
};

// Cuts `whole` into boxes of at most `most` groups (or larger ones, if the axes that may be cut do not suffice); in
// order, no allocation. Boxes cover `whole` exactly once; along each axis they differ by one group at most, so there is
// no sliver at the end. Of the ways to do that, one with few boxes. An empty dispatch is one empty box.
class Split {
public:
  Split(const Box& whole, Axes axes, std::uint64_t most);
  [[nodiscard]] std::optional<Box> next();
  [[nodiscard]] std::uint64_t pieces() const;

private:
  Box m_whole;
  Groups m_parts{1, 1, 1};  // pieces along each axis
  std::uint64_t m_next = 0;
};

}  // namespace lull::governor
