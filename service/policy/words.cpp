// SPDX-License-Identifier: Apache-2.0
#include "policy/words.h"

#include <fmt/core.h>

namespace lull::policy {

namespace {
constexpr double kMiB = 1024.0 * 1024.0;
}

std::string spanText(Seconds span) {
  const auto seconds = span.count();
  if (seconds < 60) return fmt::format("{} s", seconds);
  const auto minutes = seconds / 60;
  if (seconds % 60 != 0) return fmt::format("{} min {} s", minutes, seconds % 60);
  if (minutes < 60) return fmt::format("{} min", minutes);
  if (minutes % 60 == 0) return fmt::format("{} h", minutes / 60);
  return fmt::format("{} h {} min", minutes / 60, minutes % 60);
}

std::string celsiusText(double celsius) { return fmt::format("{:.0f} °C", celsius); }

std::string percentText(double percent) { return fmt::format("{:.0f} %", percent); }

std::string bytesText(std::uint64_t bytes) {
  const double mebibytes = static_cast<double>(bytes) / kMiB;
  if (mebibytes < 1024) return fmt::format("{:.0f} MiB", mebibytes);
  return fmt::format("{:.1f} GiB", mebibytes / 1024);
}

}  // namespace lull::policy
