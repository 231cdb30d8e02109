// SPDX-License-Identifier: Apache-2.0
#include "policy/rules/heat.h"

#include <algorithm>
#include <cmath>

namespace lull::policy {

namespace {

bool isProcessor(const v1::Temperature& t) { return t.name().starts_with("CPU") || t.name().starts_with("SoC"); }

template <typename Choice>
std::optional<double> hottest(const std::vector<v1::Temperature>& all, Choice choice) {
  std::optional<double> found;
  for (const auto& t : all) {
    if (choice(t) && std::isfinite(t.celsius())) found = std::max(found.value_or(t.celsius()), t.celsius());
  }
  return found;
}

}  // namespace

std::optional<Heat> decidingHeat(const std::vector<v1::Temperature>& all, HeatOf of) {
  const auto gpu = hottest(all, [](const auto& t) { return t.is_gpu(); });
  const auto processor = hottest(all, isProcessor);
  if (gpu && (of == HeatOf::Gpus || !processor)) return Heat{*gpu, "GPU"};
  if (processor) return Heat{*processor, "processor"};
  return std::nullopt;
}

}  // namespace lull::policy
