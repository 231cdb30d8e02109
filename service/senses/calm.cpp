// SPDX-License-Identifier: Apache-2.0
#include "senses/calm.h"

#include <algorithm>
#include <cmath>

namespace lull::senses {

namespace {

constexpr double kDegrees = 0.5;
constexpr double kPercent = 0.5;
constexpr std::uint64_t kBytes = 32ULL << 20U;

}  // namespace

std::vector<v1::Temperature> calm(std::vector<v1::Temperature> now, const std::vector<v1::Temperature>& before) {
  for (auto& t : now) {
    const auto same = [&t](const auto& old) { return old.source() == t.source(); };
    const auto old = std::find_if(before.begin(), before.end(), same);
    if (old != before.end() && std::abs(old->celsius() - t.celsius()) < kDegrees) t.set_celsius(old->celsius());
  }
  return now;
}

v1::Memory calm(v1::Memory now, const v1::Memory& before) {
  const std::uint64_t less = std::min(now.available_bytes(), before.available_bytes());
  const std::uint64_t more = std::max(now.available_bytes(), before.available_bytes());
  if (more - less < kBytes) now.set_available_bytes(before.available_bytes());
  const bool bothTold = now.pressure_percent() >= 0 && before.pressure_percent() >= 0;
  if (bothTold && std::abs(now.pressure_percent() - before.pressure_percent()) < kPercent) {
    now.set_pressure_percent(before.pressure_percent());
  }
  return now;
}

}  // namespace lull::senses
