// SPDX-License-Identifier: Apache-2.0
#include "runtimes/spirv/pacer.h"

#include <algorithm>
#include <cmath>

namespace lull::spirv {

namespace {

constexpr std::uint64_t kGrowth = 4;
// Too long a piece is what the owner feels, so bad news is believed faster than good news.
constexpr double kSlower = 0.5;
constexpr double kFaster = 0.2;
constexpr double kShortestNs = 1000;

}  // namespace

Pacer::Pacer(std::uint64_t targetNs) : m_target(std::max(kShortestNs, static_cast<double>(targetNs))) {}

void Pacer::measured(std::uint64_t groups, std::uint64_t ns) {
  if (groups == 0) return;
  const double took = std::max(kShortestNs, static_cast<double>(ns));
  if (!m_warm) {
    m_warm = true;
    if (took <= m_target) m_groups = groups * kGrowth;
    return;
  }
  const double sample = took / static_cast<double>(groups);
  if (m_nsPerGroup == 0) {
    m_nsPerGroup = sample;
  } else {
    m_nsPerGroup += (sample > m_nsPerGroup ? kSlower : kFaster) * (sample - m_nsPerGroup);
  }
  m_deviation += kFaster * (std::abs(sample - m_nsPerGroup) - m_deviation);
  const double fitting = m_target / (m_nsPerGroup + m_deviation);
  const double most = static_cast<double>(groups) * static_cast<double>(kGrowth);
  m_groups = static_cast<std::uint64_t>(std::clamp(fitting, 1.0, std::max(1.0, most)));
}

}  // namespace lull::spirv
