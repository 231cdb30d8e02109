// SPDX-License-Identifier: Apache-2.0
#include "senses/linux/thermometer_names.h"

#include <algorithm>
#include <array>
#include <cctype>

namespace lull::senses {

namespace {

constexpr std::array<std::string_view, 6> kGpuChips{"amdgpu", "radeon", "nouveau", "nvidia", "i915", "xe"};
constexpr std::array<std::string_view, 6> kProcessorChips{"coretemp", "k10temp",     "k8temp",
                                                          "zenpower", "via_cputemp", "fam15h_power"};
constexpr std::array<std::string_view, 4> kDisturbing{"nvme", "drivetemp", "dell_smm", "hp_wmi_sensors"};
constexpr std::array<std::string_view, 5> kSoCWords{"soc", "cluster", "big", "little", "ap_thermal"};

template <std::size_t n>
bool isOneOf(const std::array<std::string_view, n>& all, std::string_view name) {
  return std::find(all.begin(), all.end(), name) != all.end();
}

bool holds(std::string_view text, std::string_view word) { return text.find(word) != std::string_view::npos; }

std::string joined(std::string_view first, std::string_view second) {
  std::string name(first);
  if (!second.empty()) (name += ' ') += second;
  return name;
}

ThermometerName gpuName(std::string_view label) {
  if (label == "mem") return {"GPU memory", false};
  if (label == "junction" || label == "vram") return {joined("GPU", label), false};
  return {"GPU", true};
}

// coretemp: "Package id 0", "Core 3"; k10temp: "Tctl", "Tccd1".
std::string processorName(std::string_view label) {
  if (label.starts_with("Package id")) return "CPU package";
  if (label.starts_with("Core ")) return joined("CPU core", label.substr(5));
  return joined("CPU", label);
}

// What a name of some board maker most likely means.
ThermometerName guessed(const std::string& name) {
  if (holds(name, "gpu")) return {"GPU", true};
  if (holds(name, "cpu") || name == "x86_pkg_temp") return {"CPU", false};
  const auto isSoC = [&name](std::string_view word) { return holds(name, word); };
  if (std::any_of(kSoCWords.begin(), kSoCWords.end(), isSoC)) return {"SoC", false};
  if (name == "acpitz") return {"Mainboard", false};
  if (name.starts_with("iwlwifi") || name.starts_with("mt7") || name.starts_with("ath1")) return {"Wi-Fi", false};
  return {};
}

}  // namespace

ThermometerName nameOfChip(std::string_view chip, std::string_view label) {
  if (isOneOf(kGpuChips, chip)) return gpuName(label);
  if (isOneOf(kProcessorChips, chip)) return {processorName(label), false};
  auto name = guessed(normalised(chip));
  if (name.name.empty()) name.name = joined(chip, label);
  return name;
}

ThermometerName nameOfZone(std::string_view type) {
  auto name = guessed(normalised(type));
  if (name.name.empty()) name.name = std::string(type);
  return name;
}

std::string normalised(std::string_view name) {
  std::string text(name);
  for (char& c : text) c = c == '-' ? '_' : static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  return text;
}

bool isDisturbing(std::string_view chip) { return isOneOf(kDisturbing, chip); }

}  // namespace lull::senses
