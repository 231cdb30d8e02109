// SPDX-License-Identifier: Apache-2.0
// The time series by their names on the command line.
#pragma once

#include "lull/v1/ledger.pb.h"

#include <span>
#include <string>
#include <string_view>

namespace lull::cli {

struct SeriesInfo {
  std::string_view name;
  v1::Series series;
  std::string_view title;
  std::string (*text)(double value);
};
[[nodiscard]] std::span<const SeriesInfo> allSeries();
[[nodiscard]] const SeriesInfo* seriesNamed(std::string_view name);  // nullptr: none
[[nodiscard]] std::string seriesNames();                             // "gpu-seconds, temperature, …"

}  // namespace lull::cli
