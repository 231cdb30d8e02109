// SPDX-License-Identifier: Apache-2.0
// How a task's work is cut into pieces. Pure.
//
// All work groups of all iterations stand in one line: iteration by iteration, within one in linear order, x fastest.
// A position is a number on that line; a piece is a run of it.
#pragma once

#include <cstdint>
#include <vector>

namespace lull::spirv {

struct Extent {
  std::uint32_t x = 1;
  std::uint32_t y = 1;
  std::uint32_t z = 1;
  [[nodiscard]] std::uint64_t groups() const { return std::uint64_t{x} * y * z; }
};

// One dispatch: work groups [at, at + size) in each direction.
struct Box {
  std::uint32_t atX = 0, atY = 0, atZ = 0;
  Extent size;
  bool operator==(const Box& other) const {
    return atX == other.atX && atY == other.atY && atZ == other.atZ && size.x == other.size.x &&
           size.y == other.size.y && size.z == other.size.z;
  }
};

// The fewest boxes, at most five, that hold exactly the groups [begin, end) of the grid.
[[nodiscard]] std::vector<Box> boxes(const Extent& grid, std::uint64_t begin, std::uint64_t end);

struct Work {
  Extent grid;
  std::uint64_t iterations = 1;
  bool wholeGrid = false;  // an iteration cannot be cut
  [[nodiscard]] std::uint64_t total() const { return grid.groups() * iterations; }
};

// The part of one iteration that lies in a piece.
struct Part {
  std::uint64_t iteration = 0;
  std::vector<Box> boxes;
};

struct Piece {
  std::uint64_t begin = 0;
  std::uint64_t end = 0;
  std::vector<Part> parts;
};

// The piece at `position` of about `groups` work groups: at least one group (or one whole iteration), never beyond the
// end of the work, and of a bounded number of dispatches.
[[nodiscard]] Piece nextPiece(const Work& work, std::uint64_t position, std::uint64_t groups);

}  // namespace lull::spirv
