// SPDX-License-Identifier: Apache-2.0
// What the kernel's names for chips, sensors and zones mean.
#pragma once

#include <string>
#include <string_view>

namespace lull::senses {

// Names of processors begin with "CPU" or "SoC": policy relies on it.
struct ThermometerName {
  std::string name;    // for people: "GPU", "GPU junction", "CPU package", "Mainboard"
  bool isGpu = false;  // the temperature by which a GPU is known
};

// `chip` as hwmon's "name", `label` as its tempN_label (may be empty).
[[nodiscard]] ThermometerName nameOfChip(std::string_view chip, std::string_view label);
[[nodiscard]] ThermometerName nameOfZone(std::string_view type);
// hwmon writes a zone's name with underscores.
[[nodiscard]] std::string normalised(std::string_view name);
[[nodiscard]] bool isDisturbing(std::string_view chip);

}  // namespace lull::senses
