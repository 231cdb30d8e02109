// SPDX-License-Identifier: Apache-2.0
#include "governor/pacing/split.h"

#include <algorithm>
#include <limits>

namespace lull::governor {

namespace {

using Order = std::array<std::size_t, 3>;
// The outermost axis first: pieces that are long along x keep neighbours in memory together.
constexpr std::array<Order, 6> kOrders{{{2, 1, 0}, {2, 0, 1}, {1, 2, 0}, {1, 0, 2}, {0, 2, 1}, {0, 1, 2}}};

std::uint64_t product(const Groups& counts) {
  std::uint64_t all = std::uint64_t{counts[0]} * counts[1];
  return __builtin_mul_overflow(all, std::uint64_t{counts[2]}, &all) ? std::numeric_limits<std::uint64_t>::max() : all;
}

std::uint32_t partsOf(std::uint32_t count, std::uint64_t step) {
  return static_cast<std::uint32_t>(count / step + (count % step != 0 ? 1 : 0));
}

// Cuts along one axis after the other, each no more than is needed.
Groups cutInOrder(const Groups& count, Axes axes, std::uint64_t most, const Order& order) {
  Groups parts{1, 1, 1};
  Groups piece = count;
  for (const std::size_t axis : order) {
    if (!axes[axis] || product(piece) <= most) continue;
    Groups slab = piece;
    slab[axis] = 1;
    const std::uint64_t step = std::max<std::uint64_t>(1, most / product(slab));
    parts[axis] = partsOf(count[axis], step);
    piece[axis] = partsOf(count[axis], parts[axis]);
  }
  return parts;
}

}  // namespace

std::uint64_t Box::groups() const { return product(count); }

Split::Split(const Box& whole, Axes axes, std::uint64_t most) : m_whole(whole) {
  most = std::max<std::uint64_t>(1, most);
  if (whole.groups() <= most) return;
  m_parts = cutInOrder(whole.count, axes, most, kOrders[0]);
  const auto largest = [&](const Groups& parts) {
    Groups piece{};
    for (std::size_t axis = 0; axis < 3; ++axis) piece[axis] = partsOf(whole.count[axis], parts[axis]);
    return product(piece);
  };
  for (const Order& order : kOrders) {
    const Groups parts = cutInOrder(whole.count, axes, most, order);
    if (product(parts) < product(m_parts) && largest(parts) <= std::max(most, largest(m_parts))) m_parts = parts;
  }
}

std::uint64_t Split::pieces() const { return product(m_parts); }

std::optional<Box> Split::next() {
  if (m_next >= pieces()) return std::nullopt;
  std::uint64_t rest = m_next++;
  Box box;
  for (std::size_t axis = 0; axis < 3; ++axis) {
    const auto index = static_cast<std::uint32_t>(rest % m_parts[axis]);
    rest /= m_parts[axis];
    const std::uint32_t size = m_whole.count[axis] / m_parts[axis];
    const std::uint32_t larger = m_whole.count[axis] % m_parts[axis];  // so many pieces have one more
    box.base[axis] = m_whole.base[axis] + index * size + std::min(index, larger);
    box.count[axis] = size + (index < larger ? 1 : 0);
  }
  return box;
}

}  // namespace lull::governor
