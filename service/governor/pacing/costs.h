// SPDX-License-Identifier: Apache-2.0
// How long work takes, learned from what was measured. Thread-safe: recording threads ask, without a lock and reading
// one cache line for each level; the watcher teaches.
//
// The most exact that is known answers: (program, shape, variant) → (program, shape) → (program, about so many units).
// Each is ns for a unit. The last is one entry for each doubling of units and also serves works a few doublings away,
// no further: what little work costs says nothing of a lot. Copies have only that one, since their shape says nothing.
//
// What is known moves half the way towards a slower measurement and an eighth towards a faster one (about the 80th
// percentile: a chunk that is too short costs microseconds, one too long costs the owner a frame). One measurement
// alone counts as a quarter more than expected at most (as twice, of what was measured seldom), so that hiccups spoil
// little: they halve the slices where they come often. A second in a row is believed. One
// of the first four that is less than half replaces what was known: the first run of a program often includes its
// compilation.
//
// A measurement of several works is shared out: less than was predicted in proportion to the predictions; what is more,
// to those mostly that were measured seldom. Unknown works get what the known ones leave.
// Bounded: 8,192 entries (0.7 MiB), the ones measured longest ago go.
#pragma once

#include "governor/pacing/work.h"

#include <cstdint>
#include <memory>
#include <optional>
#include <span>

namespace lull::governor {

class Costs {
public:
  Costs();
  ~Costs();
  Costs(const Costs&) = delete;
  Costs& operator=(const Costs&) = delete;

  // ns; nullopt: nothing like it was measured yet.
  [[nodiscard]] std::optional<std::uint64_t> predict(const Work& work) const;
  // Of all; nullopt when any is unknown.
  [[nodiscard]] std::optional<std::uint64_t> predict(std::span<const Work> works) const;
  // Pieces of `pieceUnits` of it, or larger ones: on a device that runs many work groups side by side, where half as
  // many were seen to take nearly as long, splitting stops nothing sooner and costs a multiple (a kernel of few, long
  // groups). Where pieces are longer than `chunkNs` all the same, a larger size is tried before it is judged.
  [[nodiscard]] std::uint64_t worthwhile(const Work& whole, std::uint64_t pieceUnits, std::uint64_t chunkNs) const;
  // `ns`: how long the works together kept the GPU. No exception leaves it: without memory nothing is learned.
  void learn(std::span<const Work> works, std::uint64_t ns) noexcept;
  void forget(std::uint64_t program) noexcept;

private:
  struct Table;
  std::unique_ptr<Table> m_table;
};

}  // namespace lull::governor
