// SPDX-License-Identifier: Apache-2.0
#include "cli/series.h"

#include "cli/format.h"

#include <algorithm>
#include <array>
#include <cmath>

namespace lull::cli {

namespace {

constexpr std::array kSeries{
    SeriesInfo{"gpu-seconds", v1::SERIES_GPU_SECONDS, "Metered GPU time",
               [](double v) { return gpuTime(static_cast<std::uint64_t>(std::max(v, 0.0) * 1e9)); }},
    SeriesInfo{"cpu-seconds", v1::SERIES_CPU_SECONDS, "Metered processor time",
               [](double v) { return gpuTime(static_cast<std::uint64_t>(std::max(v, 0.0) * 1e9)); }},
    SeriesInfo{"tokens", v1::SERIES_TOKENS, "Tokens read and written by language models",
               [](double v) { return grouped(static_cast<std::uint64_t>(std::max(v, 0.0))); }},
    SeriesInfo{"temperature", v1::SERIES_TEMPERATURE, "Hottest temperature", [](double v) { return celsius(v); }},
    SeriesInfo{"credits", v1::SERIES_CREDITS, "Credits", [](double v) { return credits(std::llround(v)); }},
    SeriesInfo{"give-back", v1::SERIES_GIVE_BACK, "Slowest give-back: input to GPU free",
               [](double v) { return v == 0 ? std::string("0 ms") : milliseconds(v); }},
};

}  // namespace

std::span<const SeriesInfo> allSeries() { return kSeries; }

const SeriesInfo* seriesNamed(std::string_view name) {
  const auto* found = std::ranges::find(kSeries, name, &SeriesInfo::name);
  return found == kSeries.end() ? nullptr : found;
}

std::string seriesNames() {
  std::string out;
  for (const auto& series : kSeries) out += (out.empty() ? "" : ", ") + std::string(series.name);
  return out;
}

}  // namespace lull::cli
