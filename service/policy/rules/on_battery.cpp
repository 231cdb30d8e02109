// SPDX-License-Identifier: Apache-2.0
#include "policy/rules/on_battery.h"

#include "policy/words.h"

#include <fmt/core.h>

namespace lull::policy {

namespace {

v1::Reason batteryReason(std::string text) {
  v1::Reason reason;
  reason.set_rule(std::string(rule::kOnBattery));
  reason.set_limit(v1::LIMIT_PARK);
  reason.set_text(std::move(text));
  return reason;
}

v1::Reason unknown(const v1::Settings::PowerSettings& limits) {
  auto reason = batteryReason("It is not known whether this computer runs on its battery");
  reason.set_value("not told by this computer");
  const std::string setting = limits.on_battery() ? "power.min_battery" : "power.on_battery";
  reason.set_setting(setting);
  reason.set_remedy("“lull doctor” says what is missing; or allow work whatever it is with " + setting);
  return reason;
}

v1::Reason notAllowed(const v1::Power& power) {
  auto reason = batteryReason(power.on_mains() ? "The battery is being emptied although the computer is plugged in"
                                               : "This computer runs on its battery");
  reason.set_value(
      fmt::format("{}, {}", power.on_mains() ? "discharging" : "on battery", percentText(power.battery_percent())));
  reason.set_threshold("on mains");
  reason.set_setting("power.on_battery");
  reason.set_remedy("Plug it in, or allow work on battery with power.on_battery");
  return reason;
}

v1::Reason tooLow(const v1::Power& power, double least) {
  auto reason = batteryReason(fmt::format("The battery is at {}; Lull leaves it at least {}",
                                          percentText(power.battery_percent()), percentText(least)));
  reason.set_value(percentText(power.battery_percent()));
  reason.set_threshold(percentText(least));
  reason.set_setting("power.min_battery");
  reason.set_remedy("Plug it in, or lower power.min_battery");
  reason.set_unit("percent");
  reason.set_value_number(power.battery_percent());
  reason.set_threshold_number(least);
  return reason;
}

std::optional<v1::Reason> judge(const v1::Power& power, const v1::Settings::PowerSettings& limits) {
  if (!power.known()) return unknown(limits);
  if (!power.has_battery()) return {};
  if (power.on_mains() && !power.discharging()) return {};
  if (!limits.on_battery()) return notAllowed(power);
  if (power.battery_percent() >= limits.min_battery()) return {};
  return tooLow(power, limits.min_battery());
}

}  // namespace

Judgement onBattery(const Case& c) {
  const auto& reading = c.facts.power;
  Judgement judgement{.opinion = {}, .missing = false, .reading = "power supply"};
  const auto& limits = c.settings.power();
  if (limits.on_battery() && limits.min_battery() == 0) return judgement;  // allowed whatever it is
  judgement.missing = !isFresh(c, reading.at);
  if (judgement.missing) return judgement;
  judgement.opinion.changesAt = staleAt(reading.at);
  judgement.opinion.reason = judge(reading.value, limits);
  return judgement;
}

}  // namespace lull::policy
