// SPDX-License-Identifier: Apache-2.0
#include "cli/governor/stop_times.h"

#include <algorithm>
#include <cmath>

namespace lull::cli {

namespace {
constexpr std::size_t kMostKept = 10'000;
constexpr std::size_t kMostSamples = 8;
constexpr Seconds kSpan{1};
}  // namespace

void StopTimes::add(Nanoseconds took) {
  if (m_kept.size() < kMostKept) {
    m_kept.push_back(took);
  } else {
    m_kept[m_count % kMostKept] = took;
  }
  ++m_count;
  m_longest = std::max(m_longest, took);
}

double StopTimes::percentileMs(double share) const {
  if (m_kept.empty()) return 0;
  auto sorted = m_kept;
  std::ranges::sort(sorted);
  const auto rank = static_cast<std::size_t>(std::ceil(share * static_cast<double>(sorted.size())));
  return toMs(sorted[std::clamp<std::size_t>(rank, 1, sorted.size()) - 1]);
}

double StopTimes::lastMs() const { return m_count == 0 ? 0 : toMs(m_kept[(m_count - 1) % kMostKept]); }

void Share::sample(Instant now, std::uint64_t gpuNs) {
  if (m_samples.size() == kMostSamples) m_samples.erase(m_samples.begin());
  m_samples.push_back({now, gpuNs});
}

double Share::at(Instant now, std::uint64_t gpuNs) const {
  for (auto sample = m_samples.rbegin(); sample != m_samples.rend(); ++sample) {
    if (now - sample->at < kSpan) continue;
    const auto busy = static_cast<double>(gpuNs - std::min(gpuNs, sample->gpuNs));
    return std::clamp(busy / static_cast<double>((now - sample->at).count()), 0.0, 1.0);
  }
  return 0;
}

}  // namespace lull::cli
