// SPDX-License-Identifier: Apache-2.0
// A time series drawn with block characters. Pure.
#pragma once

#include "base/time.h"
#include "cli/format.h"
#include "lull/v1/ledger.pb.h"

#include <functional>
#include <string>
#include <vector>

namespace lull::cli {

struct PlotFrame {
  UnixMs from = 0;
  UnixMs to = 0;
  std::size_t width = 60;                          // columns of the drawing itself
  std::size_t height = 6;                          // rows
  std::function<std::string(double)> label;        // of the axis
  std::function<std::string(UnixMs)> end = stamp;  // of both ends below
};
// Rows with their newlines, the axis at the left and both ends of the time below. Empty buckets stay empty; a value
// above zero is always visible.
[[nodiscard]] std::string plot(const std::vector<v1::Point>& points, const PlotFrame& frame);

}  // namespace lull::cli
