// SPDX-License-Identifier: Apache-2.0
#include "runtimes/governor_figures.h"

#include <algorithm>
#include <numeric>

namespace lull::runtimes {

std::uint64_t GovernorFigures::stopCount() const {
  return std::accumulate(stops.begin(), stops.end(), std::uint64_t{0});
}

std::optional<double> GovernorFigures::stopMs(double share) const {
  const auto all = static_cast<double>(stopCount());
  if (all == 0) return std::nullopt;
  std::uint64_t seen = 0;
  std::size_t bucket = 0;
  for (; bucket + 1 < stops.size(); ++bucket) {
    seen += stops[bucket];
    if (static_cast<double>(seen) >= share * all) break;
  }
  return static_cast<double>(governor::stopBucketNs(bucket)) / 1e6;
}

GovernorFigures& GovernorFigures::operator+=(const GovernorFigures& newer) {
  dutyPercent = newer.dutyPercent;
  depth = newer.depth;
  submits += newer.submits;
  slices += newer.slices;
  passedUngoverned += newer.passedUngoverned;
  uncut += newer.uncut;
  unknownCommands += newer.unknownCommands;
  refusedBytes += newer.refusedBytes;
  std::ranges::transform(stops, newer.stops, stops.begin(), std::plus<>());
  return *this;
}

GovernorFigures figuresOf(const governor::Page& page) {
  const std::uint32_t duty = page.dutyPercent.load();
  GovernorFigures out{.dutyPercent = duty == 0 ? 100 : duty,
                      .depth = page.depth.load(),
                      .submits = page.submits.load(),
                      .slices = page.slices.load(),
                      .passedUngoverned = page.passedUngoverned.load(),
                      .uncut = page.uncut.load(),
                      .unknownCommands = page.unknownCommands.load(),
                      .refusedBytes = page.refusedBytes.load()};
  std::ranges::transform(page.stopHistogram, out.stops.begin(), [](const auto& count) { return count.load(); });
  return out;
}

}  // namespace lull::runtimes
