// SPDX-License-Identifier: Apache-2.0
#include "senses/linux/thermometers.h"

#include "senses/linux/sysfs.h"
#include "senses/linux/thermometer_names.h"

#include <algorithm>
#include <map>

namespace lull::senses {

namespace {

namespace fs = std::filesystem;

constexpr int kMostTrips = 12;
constexpr std::int64_t kMilli = 1000;

// Below -20 °C, at exactly 0 and from 127 °C on it is a sensor that is broken or not connected (int8 limits).
bool isPlausible(std::int64_t milli) { return milli > -20 * kMilli && milli < 127 * kMilli && milli != 0; }

double limitFrom(std::optional<std::int64_t> milli) {
  if (!milli || *milli < 30 * kMilli || *milli > 150 * kMilli) return 0;
  return static_cast<double>(*milli) / kMilli;
}

// "temp12_input" → "temp12"
std::string sensorOf(const std::string& file) {
  constexpr std::string_view kInput = "_input";
  if (!file.starts_with("temp") || !file.ends_with(kInput)) return {};
  return file.substr(0, file.size() - kInput.size());
}

// AMD's control value may be the true one plus 20 °C or more; where the chip tells both, only the true one counts.
bool isShadowed(const fs::path& chip, const std::vector<std::string>& files, const std::string& label) {
  if (label != "Tctl") return false;
  return std::any_of(files.begin(), files.end(),
                     [&chip](const auto& file) { return file.ends_with("_label") && readWord(chip / file) == "Tdie"; });
}

// The lowest temperature at which the kernel begins to throttle, and the one at which it switches off.
void readTrips(const fs::path& zone, v1::Temperature& t) {
  for (int i = 0; i < kMostTrips; ++i) {
    const std::string trip = "trip_point_" + std::to_string(i);
    const std::string type = readWord(zone / (trip + "_type"));
    if (type.empty()) return;
    const double celsius = limitFrom(readNumber(zone / (trip + "_temp")));
    if (celsius == 0) continue;
    if (type == "critical") t.set_critical_celsius(celsius);
    const bool lower = t.limit_celsius() == 0 || celsius < t.limit_celsius();
    if ((type == "passive" || type == "hot") && lower) t.set_limit_celsius(celsius);
  }
}

}  // namespace

void Thermometers::find() {
  m_all.clear();
  m_chips.clear();
  for (const auto& name : namesIn(m_sys / "class/hwmon")) addChip(name);
  for (const auto& name : namesIn(m_sys / "class/thermal")) {
    if (name.starts_with("thermal_zone")) addZone(name);
  }
  nameApart();
}

void Thermometers::addChip(const std::string& hwmon) {
  const fs::path folder = m_sys / "class/hwmon" / hwmon;
  const std::string chip = readWord(folder / "name");
  m_chips.push_back(normalised(chip));
  if (isDisturbing(chip)) return;
  const auto files = namesIn(folder);
  for (const auto& file : files) {
    const std::string sensor = sensorOf(file);
    if (sensor.empty()) continue;
    const std::string label = readWord(folder / (sensor + "_label"));
    if (isShadowed(folder, files, label)) continue;
    auto [name, isGpu] = nameOfChip(chip, label);
    Thermometer thermometer{.told = {}, .input = folder / file, .sleepFlag = folder / "device/power/runtime_status"};
    thermometer.told.set_name(std::move(name));
    thermometer.told.set_is_gpu(isGpu);
    thermometer.told.set_source((fs::path(hwmon) / sensor).native());
    thermometer.told.set_limit_celsius(limitFrom(readNumber(folder / (sensor + "_max"))));
    thermometer.told.set_critical_celsius(limitFrom(readNumber(folder / (sensor + "_crit"))));
    m_all.push_back(std::move(thermometer));
  }
}

void Thermometers::addZone(const std::string& zone) {
  const fs::path folder = m_sys / "class/thermal" / zone;
  const std::string type = readWord(folder / "type");
  const auto isChip = [this](std::string_view chip) {
    return std::find(m_chips.begin(), m_chips.end(), chip) != m_chips.end();
  };
  if (type.empty() || isChip(normalised(type)) || readWord(folder / "mode") == "disabled") return;
  if (type == "x86_pkg_temp" && isChip("coretemp")) return;
  auto [name, isGpu] = nameOfZone(type);
  Thermometer thermometer{.told = {}, .input = folder / "temp", .sleepFlag = {}};
  thermometer.told.set_name(std::move(name));
  thermometer.told.set_is_gpu(isGpu);
  thermometer.told.set_source(zone);
  readTrips(folder, thermometer.told);
  m_all.push_back(std::move(thermometer));
}

// "CPU", "CPU 2", "CPU 3"
void Thermometers::nameApart() {
  std::map<std::string, int> times;
  for (auto& thermometer : m_all) {
    const int number = ++times[thermometer.told.name()];
    if (number > 1) thermometer.told.set_name(thermometer.told.name() + " " + std::to_string(number));
  }
}

std::vector<v1::Temperature> Thermometers::read() const {
  std::vector<v1::Temperature> temperatures;
  for (const auto& thermometer : m_all) {
    if (!thermometer.sleepFlag.empty() && readWord(thermometer.sleepFlag) == "suspended") continue;
    const auto milli = readNumber(thermometer.input);
    if (!milli || !isPlausible(*milli)) continue;
    temperatures.push_back(thermometer.told);
    temperatures.back().set_celsius(static_cast<double>(*milli) / kMilli);
  }
  return temperatures;
}

}  // namespace lull::senses
