// SPDX-License-Identifier: Apache-2.0
// What the governor in a worker tells of its work, as read from its page. Values only.
#pragma once

#include "governor/page.h"

#include <array>
#include <cstdint>
#include <optional>

namespace lull::runtimes {

struct GovernorFigures {
  std::uint32_t dutyPercent = 100;  // granted
  std::uint32_t depth = 0;          // slices queued at once; 0 = not chosen yet
  std::uint64_t submits = 0;
  std::uint64_t slices = 0;
  std::uint64_t passedUngoverned = 0;
  std::uint64_t uncut = 0;
  std::uint64_t unknownCommands = 0;
  std::uint64_t refusedBytes = 0;
  std::array<std::uint64_t, governor::kStopBuckets> stops{};  // closings of the gate, by how long they took

  [[nodiscard]] std::uint64_t stopCount() const;
  // The time in ms within which this share (0..1) of all stops was over, rounded up to the limit of a bucket; none
  // where nothing was stopped yet.
  [[nodiscard]] std::optional<double> stopMs(double share) const;
  // Counts are summed; duty and depth are the other's.
  GovernorFigures& operator+=(const GovernorFigures& newer);
};

[[nodiscard]] GovernorFigures figuresOf(const governor::Page& page);

}  // namespace lull::runtimes
