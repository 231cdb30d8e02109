// SPDX-License-Identifier: Apache-2.0
#include "governor/pacing/bucket.h"

#include <algorithm>

namespace lull::governor {

namespace {

constexpr std::uint64_t kLongestNs = 3'600'000'000'000;  // an hour: keeps every product below small

std::int64_t bounded(std::uint64_t ns) { return static_cast<std::int64_t>(std::min(ns, kLongestNs)); }

}  // namespace

std::uint64_t Bucket::waitNs(std::uint64_t nowNs, std::uint32_t duty, std::uint64_t expectedNs) {
  const std::int64_t expected = bounded(expectedNs);
  earn(nowNs, expected + kBurstNs);
  m_duty = duty == 0 ? 100 : std::min(duty, 100U);
  if (m_duty == 100) {
    m_tokensNs = 0;
    m_pausing = false;
    return 0;
  }
  const std::int64_t owed = expected - m_tokensNs;
  m_pausing = owed > (m_pausing ? 0 : kDebtNs);
  return m_pausing ? static_cast<std::uint64_t>(owed * 100 / m_duty + 1) : 0;
}

void Bucket::paid(std::uint64_t gpuNs) {
  if (m_duty == 100) return;
  m_tokensNs = std::max(m_tokensNs - bounded(gpuNs), -bounded(kLongestNs));
}

void Bucket::parked(std::uint64_t nowNs) { earn(nowNs, 0); }

void Bucket::earn(std::uint64_t nowNs, std::int64_t most) {
  if (m_lastNs != 0 && nowNs > m_lastNs) m_tokensNs += bounded(nowNs - m_lastNs) * m_duty / 100;
  m_lastNs = std::max(m_lastNs, nowNs);
  m_tokensNs = std::min(m_tokensNs, most);
}

}  // namespace lull::governor
