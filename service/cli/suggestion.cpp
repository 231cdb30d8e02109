// SPDX-License-Identifier: Apache-2.0
#include "cli/suggestion.h"

#include "cli/format.h"

#include <algorithm>
#include <charconv>
#include <cmath>

namespace lull::cli {

namespace {

std::optional<double> numberFrom(const std::string& text) {
  double value = 0;
  const auto [end, code] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (code != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return value;
}

// What was seen, in the setting's unit.
double seenInUnitOf(const v1::Reason& reason, const v1::Setting& setting) {
  constexpr double kMiB = 1024.0 * 1024.0;
  return reason.unit() == "bytes" && setting.unit() == "MiB" ? reason.value_number() / kMiB : reason.value_number();
}

double stepFor(double value) { return value >= 1000 ? 100 : value > 20 ? 5 : 1; }

std::optional<std::string> suggestedNumber(const v1::Reason& reason, const v1::Setting& setting) {
  const auto current = numberFrom(setting.value());
  if (!current || reason.unit().empty()) return std::nullopt;
  const double seen = seenInUnitOf(reason, setting);
  const bool tooHigh = reason.value_number() >= reason.threshold_number();
  double wanted = 0;
  if (tooHigh) {
    const double step = stepFor(seen);
    wanted = (std::floor(seen / step) + 1) * step;  // just above what was seen
  } else if (reason.unit() == "seconds") {
    wanted = std::floor(*current / 2);  // what was seen grows by itself
  } else {
    const double step = stepFor(seen);
    wanted = std::floor(seen / step) * step;
  }
  wanted = std::clamp(wanted, setting.min(), setting.max());
  const bool helps = tooHigh ? wanted > seen && wanted > *current : wanted < *current;
  return helps ? std::optional(number(wanted)) : std::nullopt;
}

}  // namespace

std::optional<std::string> suggestedValue(const v1::Reason& reason, const v1::Setting& setting) {
  if (reason.rule() == "warm") return number(setting.min());      // switched off
  if (reason.rule() == "max_duty") return number(setting.max());  // all of it
  if (setting.type() == "bool") return setting.value() == "true" ? "false" : "true";
  if (setting.type() == "text") {
    for (const auto& choice : setting.choices()) {
      if (choice != setting.value()) return choice;
    }
    return std::nullopt;
  }
  return suggestedNumber(reason, setting);
}

std::string suggestedCommand(const v1::Reason& reason, const std::optional<v1::Setting>& setting) {
  if (reason.rule() == "paused") return "lull resume";
  if (reason.rule() == "sharing_off") return "lull share on";
  if (!setting) return {};
  const auto value = suggestedValue(reason, *setting);
  return value ? "lull settings set " + setting->key() + " " + *value : std::string{};
}

}  // namespace lull::cli
