// SPDX-License-Identifier: Apache-2.0
// Where a recording is cut: what one recording thread asks before each dispatch and copy. Pure.
#pragma once

#include <cstdint>
#include <optional>

namespace lull::governor {

class Cutter {
public:
  // `chunkNs`: how long a chunk should take; see mostNs(). `leastUnits`: no piece of a dispatch is smaller; what the
  // device runs at once anyway (the threads of a software GPU) is not done sooner in parts.
  explicit Cutter(std::uint64_t chunkNs, std::uint64_t leastUnits = 1);

  struct Decision {
    bool before = false;           // begin a new chunk first
    bool after = false;            // nothing may follow in this chunk
    std::uint64_t pieceUnits = 0;  // split into pieces of at most so many units, a chunk each; == units: leave it whole
  };
  // `predictedNs` for `units`; nullopt: unknown. Unknown work is alone in its chunk, and split (if it may be) into at
  // most 16, so that what is learned first is learned in small steps; a few units stay whole. `divisible`: it may be
  // split; so it is where it takes longer than a chunk may. The chunk after `after` is begun by itself.
  [[nodiscard]] Decision add(std::optional<std::uint64_t> predictedNs, std::uint64_t units, bool divisible);
  // The chunk ended, for whatever reason.
  void ended();

private:
  [[nodiscard]] std::uint64_t pieceOf(std::optional<std::uint64_t> predictedNs, std::uint64_t units) const;

  std::uint64_t m_mostNs;  // in a chunk
  std::uint64_t m_leastUnits;
  std::uint64_t m_filledNs = 0;
  bool m_empty = true;
};

}  // namespace lull::governor
