// SPDX-License-Identifier: Apache-2.0
// How long each park took, exactly. Pure.
#pragma once

#include "base/time.h"

#include <cstdint>
#include <vector>

namespace lull::cli {

class StopTimes {
public:
  void add(Nanoseconds took);
  [[nodiscard]] std::uint64_t count() const { return m_count; }
  // The smallest time that at least this share (0..1] of the stops kept. 0 without any.
  [[nodiscard]] double percentileMs(double share) const;
  [[nodiscard]] double longestMs() const { return toMs(m_longest); }
  [[nodiscard]] double lastMs() const;

private:
  std::vector<Nanoseconds> m_kept;  // the latest ones
  std::uint64_t m_count = 0;
  Nanoseconds m_longest{0};
};

// GPU time over the last second, from samples taken at least so often while it can grow. Pure.
class Share {
public:
  void sample(Instant now, std::uint64_t gpuNs);
  // 0..1, since the youngest sample that is a second old; 0 before there is one.
  [[nodiscard]] double at(Instant now, std::uint64_t gpuNs) const;

private:
  struct Sample {
    Instant at;
    std::uint64_t gpuNs = 0;
  };
  std::vector<Sample> m_samples;  // oldest first, few
};

}  // namespace lull::cli
