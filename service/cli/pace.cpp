// SPDX-License-Identifier: Apache-2.0
#include "cli/pace.h"

namespace lull::cli {

namespace {

constexpr double kWindow = 30;  // seconds of work
constexpr double kLeast = 1;    // less says nothing

}  // namespace

void Pace::take(const Told& told) {
  double worked = m_points.empty() ? 0 : m_points.back().worked;
  if (m_last && m_last->running) {
    worked += std::chrono::duration<double>(told.at - m_last->at).count();
  }
  // An eviction or a crash may take some back: what was seen before says nothing then.
  const bool back =
      !m_points.empty() && (told.requests < m_points.back().requests || told.tokens < m_points.back().tokens);
  if (back) m_points.clear();
  m_last = told;
  m_points.push_back({.worked = worked, .requests = told.requests, .tokens = told.tokens});
  while (m_points.size() > 2 && worked - m_points[1].worked >= kWindow) m_points.pop_front();
}

std::optional<double> Pace::tokensPerSecond() const {
  if (m_points.empty()) return std::nullopt;
  const auto worked = m_points.back().worked - m_points.front().worked;
  const auto tokens = m_points.back().tokens - m_points.front().tokens;
  if (worked < kLeast || tokens == 0) return std::nullopt;
  return static_cast<double>(tokens) / worked;
}

std::optional<double> Pace::secondsFor(std::uint64_t requests) const {
  if (m_points.empty()) return std::nullopt;
  const auto worked = m_points.back().worked - m_points.front().worked;
  const auto done = m_points.back().requests - m_points.front().requests;
  if (worked < kLeast || done == 0) return std::nullopt;
  return worked / static_cast<double>(done) * static_cast<double>(requests);
}

}  // namespace lull::cli
