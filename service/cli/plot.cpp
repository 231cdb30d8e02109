// SPDX-License-Identifier: Apache-2.0
#include "cli/plot.h"

#include <algorithm>
#include <array>
#include <cmath>

namespace lull::cli {

namespace {

constexpr std::array kBlocks{" ", "▁", "▂", "▃", "▄", "▅", "▆", "▇", "█"};
constexpr double kEighths = 8;

// The highest value that falls in each column.
std::vector<double> columnsOf(const std::vector<v1::Point>& points, const PlotFrame& frame) {
  std::vector<double> columns(frame.width, 0);
  const double range = static_cast<double>(std::max<UnixMs>(frame.to - frame.from, 1));
  for (const auto& point : points) {
    const double at = static_cast<double>(point.unix_ms() - frame.from) / range * static_cast<double>(frame.width);
    const auto column = static_cast<std::size_t>(std::clamp(at, 0.0, static_cast<double>(frame.width - 1)));
    columns[column] = std::max(columns[column], point.value());
  }
  return columns;
}

std::string padLeft(const std::string& text, std::size_t width) {
  return std::string(width - std::min(width, displayWidth(text)), ' ') + text;
}

}  // namespace

std::string plot(const std::vector<v1::Point>& points, const PlotFrame& frame) {
  const auto columns = columnsOf(points, frame);
  const double top = std::max(*std::ranges::max_element(columns), 1e-12);
  const auto topLabel = frame.label(points.empty() ? 0 : top);
  const auto zero = frame.label(0);
  const std::size_t margin = std::max(displayWidth(topLabel), displayWidth(zero));
  std::string out;
  for (std::size_t row = frame.height; row-- > 0;) {
    out += padLeft(row + 1 == frame.height ? topLabel : row == 0 ? zero : "", margin) + " │";
    std::string line;
    for (const double value : columns) {
      double eighths = value / top * static_cast<double>(frame.height) * kEighths;
      if (value > 0) eighths = std::max(eighths, 1.0);
      const double here = std::clamp(eighths - static_cast<double>(row) * kEighths, 0.0, kEighths);
      line += kBlocks.at(static_cast<std::size_t>(std::lround(here)));
    }
    line.erase(line.find_last_not_of(' ') + 1);
    out += line + "\n";
  }
  const auto from = frame.end(frame.from);
  const auto to = frame.end(frame.to);
  const std::size_t gap = frame.width > from.size() + to.size() ? frame.width - from.size() - to.size() : 1;
  return out + std::string(margin + 2, ' ') + from + std::string(gap, ' ') + to + "\n";
}

}  // namespace lull::cli
