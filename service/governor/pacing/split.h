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
  [[nodiscard]] std::uint64_t groups() const { return std::uint64_t{count[0]} * count[1] * count[2]; }
};

// Cuts `whole` into boxes of at most about `most` groups, along the axes that may be cut only; in order, no allocation.
// Boxes cover `whole` exactly once. Pieces are as equal as they can be: no sliver at the end.
class Split {
public:
  Split(const Box& whole, Axes axes, std::uint64_t most);
  [[nodiscard]] std::optional<Box> next();
  [[nodiscard]] std::uint64_t pieces() const;

private:
  Box m_whole;
  Groups m_step{};   // piece size along each axis
  Groups m_parts{};  // pieces along each axis
  std::uint64_t m_next = 0;
};

}  // namespace lull::governor
