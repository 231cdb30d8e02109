// SPDX-License-Identifier: Apache-2.0
// Where a recording is cut: what one recording thread asks before each dispatch and copy. Pure.
#pragma once

#include <cstdint>
#include <optional>

namespace lull::governor {

class Cutter {
public:
  // `chunkNs`: how long a chunk may take.
  explicit Cutter(std::uint64_t chunkNs);

  struct Decision {
    bool before = false;       // begin a new chunk first
    bool after = false;        // nothing may follow in this chunk
    std::uint64_t pieceUnits;  // split into pieces of at most so many units, a chunk each; == units: leave it whole
  };
  // `predictedNs` for `units`; nullopt: unknown. Unknown work is alone in its chunk, and split (if it may be) so that
  // what is learned first is learned in small steps. `divisible`: it may be split.
  [[nodiscard]] Decision add(std::optional<std::uint64_t> predictedNs, std::uint64_t units, bool divisible);
  // The chunk ended, for whatever reason.
  void ended();

private:
  std::uint64_t m_chunkNs;
  std::uint64_t m_filledNs = 0;
  bool m_empty = true;
};

}  // namespace lull::governor
