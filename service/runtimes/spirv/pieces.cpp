// SPDX-License-Identifier: Apache-2.0
#include "runtimes/spirv/pieces.h"

#include <algorithm>

namespace lull::spirv {

namespace {

constexpr std::size_t kMostParts = 256;

// Where a cut of about `groups` from `begin` leaves whole rows behind it, where that costs little.
std::uint64_t cutAt(const Extent& grid, std::uint64_t begin, std::uint64_t groups) {
  const std::uint64_t end = begin + groups;
  if (end >= grid.groups()) return grid.groups();
  const std::uint64_t row = end - end % grid.x;
  return row > begin && groups >= grid.x ? row : end;
}

}  // namespace

std::vector<Box> boxes(const Extent& grid, std::uint64_t begin, std::uint64_t end) {
  const std::uint64_t plane = std::uint64_t{grid.x} * grid.y;
  std::vector<Box> out;
  while (begin < end) {
    const std::uint64_t left = end - begin;
    const auto x = static_cast<std::uint32_t>(begin % grid.x);
    const auto y = static_cast<std::uint32_t>(begin / grid.x % grid.y);
    const auto z = static_cast<std::uint32_t>(begin / plane);
    Box box{.atX = x, .atY = y, .atZ = z, .size = {}};
    if (x == 0 && y == 0 && left >= plane) {
      box.size = {grid.x, grid.y, static_cast<std::uint32_t>(left / plane)};
    } else if (x == 0 && left >= grid.x) {
      box.size = {grid.x, static_cast<std::uint32_t>(std::min<std::uint64_t>(grid.y - y, left / grid.x)), 1};
    } else {
      box.size = {static_cast<std::uint32_t>(std::min<std::uint64_t>(grid.x - x, left)), 1, 1};
    }
    out.push_back(box);
    begin += box.size.groups();
  }
  return out;
}

Piece nextPiece(const Work& work, std::uint64_t position, std::uint64_t groups) {
  const std::uint64_t perIteration = work.grid.groups();
  Piece piece{.begin = position, .end = position, .parts = {}};
  groups = std::max<std::uint64_t>(1, groups);
  while (piece.end < work.total() && piece.parts.size() < kMostParts) {
    const std::uint64_t taken = piece.end - piece.begin;
    if (taken >= groups) break;
    const std::uint64_t iteration = piece.end / perIteration;
    const std::uint64_t begin = piece.end % perIteration;
    std::uint64_t end = perIteration;
    if (!work.wholeGrid) end = cutAt(work.grid, begin, groups - taken);
    if (work.wholeGrid && taken > 0 && taken + perIteration > groups) break;
    piece.parts.push_back({.iteration = iteration, .boxes = boxes(work.grid, begin, end)});
    piece.end += end - begin;
    if (end < perIteration) break;
  }
  return piece;
}

}  // namespace lull::spirv
