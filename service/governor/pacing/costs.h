// SPDX-License-Identifier: Apache-2.0
// How long work takes, learned from what was measured. Thread-safe: recording threads ask, the watcher teaches.
//
// Three levels, the most exact that is known answers: (program, shape, variant) → (program, shape) → program, each as
// ns for a unit, moved towards each measurement (EWMA). A measurement of several works is shared out in proportion to
// what was predicted for them.
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
  // `ns`: how long the works together kept the GPU. No exception leaves it: without memory nothing is learned.
  void learn(std::span<const Work> works, std::uint64_t ns) noexcept;
  void forget(std::uint64_t program) noexcept;

private:
  struct Table;
  std::unique_ptr<Table> m_table;
};

}  // namespace lull::governor
