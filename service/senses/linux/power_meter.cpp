// SPDX-License-Identifier: Apache-2.0
#include "senses/linux/power_meter.h"

#include "senses/linux/sysfs.h"
#include "senses/linux/thermometer_names.h"

namespace lull::senses {

namespace {

constexpr double kMicrowatts = 1e6;
constexpr double kMostWatts = 2000;

std::optional<double> wattsOf(const std::filesystem::path& chip) {
  for (const auto* file : {"power1_average", "power1_input"}) {
    const auto told = readNumber(chip / file);
    if (!told) continue;
    const double watts = static_cast<double>(*told) / kMicrowatts;
    if (watts > 0 && watts <= kMostWatts) return watts;
  }
  return std::nullopt;
}

}  // namespace

std::optional<double> readGpuWatts(const std::filesystem::path& sys) {
  std::optional<double> found;
  for (const auto& name : namesIn(sys / "class/hwmon")) {
    const auto chip = sys / "class/hwmon" / name;
    if (!nameOfChip(readWord(chip / "name"), {}).isGpu) continue;
    if (readWord(chip / "device/power/runtime_status") == "suspended") continue;
    const auto watts = wattsOf(chip);
    if (!watts) continue;
    if (found) return std::nullopt;
    found = watts;
  }
  return found;
}

}  // namespace lull::senses
