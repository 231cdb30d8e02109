// SPDX-License-Identifier: Apache-2.0
#include "senses/linux/power.h"

#include "senses/linux/sysfs.h"

#include <algorithm>
#include <optional>
#include <system_error>

namespace lull::senses {

namespace {

namespace fs = std::filesystem;

// All supplies taken together.
struct Supplies {
  bool line = false;    // there is a mains or USB supply to tell
  bool online = false;  // and one of them feeds the computer
  bool battery = false;
  bool discharging = false;
  bool statusKnown = false;  // at least one battery says what it does
  double held = 0;           // percent times weight
  double weight = 0;
};

bool isLine(const std::string& type) { return type == "Mains" || type.starts_with("USB") || type == "Wireless"; }

std::optional<double> ratio(const fs::path& supply, const char* now, const char* full) {
  const auto have = readNumber(supply / now);
  const auto most = readNumber(supply / full);
  if (!have || !most || *most <= 0 || *have < 0) return {};
  return 100.0 * static_cast<double>(*have) / static_cast<double>(*most);
}

double percentOf(const fs::path& supply) {
  const auto told = readNumber(supply / "capacity");
  auto percent = told && *told >= 0 && *told <= 100 ? std::optional(static_cast<double>(*told)) : std::nullopt;
  if (!percent) percent = ratio(supply, "energy_now", "energy_full");
  if (!percent) percent = ratio(supply, "charge_now", "charge_full");
  return std::clamp(percent.value_or(0), 0.0, 100.0);  // not told: empty, the cautious end
}

// In µWh, or in µAh where the battery tells that; 1 where it tells neither.
double weightOf(const fs::path& supply) {
  for (const char* name : {"energy_full", "charge_full"}) {
    const auto full = readNumber(supply / name);
    if (full && *full > 0) return static_cast<double>(*full);
  }
  return 1;
}

void addBattery(Supplies& all, const fs::path& supply) {
  if (readNumber(supply / "present") == 0) return;
  const std::string status = readWord(supply / "status");
  const double weight = weightOf(supply);
  all.battery = true;
  all.discharging |= status == "Discharging";
  all.statusKnown |= status == "Discharging" || status == "Charging" || status == "Full" || status == "Not charging";
  all.held += percentOf(supply) * weight;
  all.weight += weight;
}

void add(Supplies& all, const fs::path& supply) {
  if (readWord(supply / "scope") == "Device") return;
  const std::string type = readWord(supply / "type");
  if (type == "Battery" || type == "UPS") addBattery(all, supply);
  if (!isLine(type)) return;
  const auto online = readNumber(supply / "online");
  if (!online) return;
  all.line = true;
  all.online |= *online > 0;
}

v1::Power powerOf(const Supplies& all) {
  v1::Power power;
  power.set_has_battery(all.battery);
  power.set_known(!all.battery || all.line || all.statusKnown);
  if (!power.known()) return power;
  power.set_on_mains(!all.battery || (all.line ? all.online : !all.discharging));
  power.set_discharging(all.discharging || !power.on_mains());
  if (all.battery) power.set_battery_percent(all.held / all.weight);
  return power;
}

}  // namespace

v1::Power readPower(const fs::path& sys) {
  std::error_code error;
  if (!fs::is_directory(sys / "class", error)) return {};  // no sysfs here: nothing is known
  const fs::path folder = sys / "class/power_supply";
  Supplies all;
  for (const auto& name : namesIn(folder)) add(all, folder / name);
  return powerOf(all);
}

}  // namespace lull::senses
