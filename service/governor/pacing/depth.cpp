// SPDX-License-Identifier: Apache-2.0
#include "governor/pacing/depth.h"

#include <algorithm>

namespace lull::governor {

namespace {

constexpr std::uint64_t kSettling = 4;            // slices after a change that were queued before it
constexpr std::uint64_t kTrial = 48;              // and so many until the sums can be trusted
constexpr double kKept = 31.0 / 32;               // of the moving sums, with each slice
constexpr std::uint64_t kLongestGap = 1'000'000;  // more is not for want of a queued slice
constexpr double kUseless = 0.7;                  // 2 leaves so much of the gap
constexpr std::uint64_t kMostPatience = 64 * Depth::kPatience;

}  // namespace

void Depth::ran(std::uint64_t busyNs, std::uint64_t gapNs) {
  if (++m_ran <= kSettling) return;
  const auto gap = static_cast<double>(std::min(gapNs, kLongestGap));
  m_gapNs = m_gapNs * kKept + gap;
  m_allNs = m_allNs * kKept + gap + static_cast<double>(busyNs);
  if (m_ran < std::max(kTrial, m_patience)) return;
  const double share = m_allNs > 0 ? m_gapNs / m_allNs : 0;
  if (m_depth == 2) {
    const bool useless = share > kUseless * m_shareAtOne;
    change(1, useless ? m_nextPatience : 0);
  } else if (share > kWorthwhile) {
    m_shareAtOne = share;
    change(2, m_nextPatience);
    m_nextPatience = std::min(2 * m_nextPatience, kMostPatience);
  } else if (m_ran > m_nextPatience) {
    m_nextPatience = kPatience;  // 1 has done well for long
  }
}

void Depth::change(std::uint32_t depth, std::uint64_t patience) {
  m_depth = depth;
  m_patience = patience;
  m_ran = 0;
  m_gapNs = m_allNs = 0;
}

}  // namespace lull::governor
