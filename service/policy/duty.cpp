// SPDX-License-Identifier: Apache-2.0
#include "policy/duty.h"

#include "policy/words.h"

#include <fmt/core.h>

#include <algorithm>
#include <cmath>

namespace lull::policy {

namespace {

constexpr double kDownShare = 1.0 / 3;  // of what is to go, at each step
constexpr double kUpShare = 0.1;
constexpr double kSmallestStep = 0.01;
constexpr double kLargestRise = 0.05;

double wholePercent(double duty) { return std::round(duty * 100) / 100; }

double softFrom(const v1::Settings::Thermal& limits) {
  return static_cast<double>(limits.stop()) - static_cast<double>(limits.soften());
}

double allowedAt(double celsius, const v1::Settings::Thermal& limits) {
  const double below = std::clamp((limits.stop() - celsius) / limits.soften(), 0.0, 1.0);
  return kLeastDuty + (1 - kLeastDuty) * below;
}

// `steps`: how many have come due since the last one.
double moved(double duty, double celsius, const v1::Settings::Thermal& limits, std::int64_t steps) {
  const double down = allowedAt(celsius, limits);
  if (down < duty) return wholePercent(std::max(down, duty - std::max(kSmallestStep, (duty - down) * kDownShare)));
  const double up = allowedAt(celsius + kRiseBand, limits);
  if (up <= duty) return duty;
  const double rise = std::clamp((up - duty) * kUpShare, kSmallestStep, kLargestRise);
  // Nobody looked for a while: it has cooled all that time.
  const double due = steps > 2 ? kLargestRise * static_cast<double>(steps) : rise;
  return wholePercent(std::min(up, duty + due));
}

v1::Reason warmReason(const v1::Settings::Thermal& limits, const Heat& heat) {
  const double soft = softFrom(limits);
  const char* text = heat.celsius > soft ? "The {} is at {}" : "The {} has just cooled down to {}";
  v1::Reason reason;
  reason.set_rule(std::string(rule::kWarm));
  reason.set_limit(v1::LIMIT_RUN);
  reason.set_text(fmt::format(fmt::runtime(text), heat.of, celsiusText(heat.celsius)));
  reason.set_value(celsiusText(heat.celsius));
  reason.set_threshold(celsiusText(soft));
  reason.set_setting("thermal.soften");
  reason.set_remedy(fmt::format("Nothing to do: more of its time is lent as the {} gets cooler", heat.of));
  reason.set_unit("celsius");
  reason.set_value_number(heat.celsius);
  reason.set_threshold_number(soft);
  return reason;
}

v1::Reason ownersReason(std::uint32_t percent) {
  v1::Reason reason;
  reason.set_rule(std::string(rule::kMaxDuty));
  reason.set_limit(v1::LIMIT_RUN);
  reason.set_text("No more of the GPU's time is to be lent");
  reason.set_value(percentText(percent));
  reason.set_threshold(percentText(100));
  reason.set_setting("gpu.max_duty");
  reason.set_remedy("Raise gpu.max_duty to lend more");
  reason.set_unit("percent");
  reason.set_value_number(percent);
  reason.set_threshold_number(100);
  return reason;
}

// Takes the steps that are due; when the next one is, if any.
std::optional<Instant> step(const Case& c, const Heat& heat, model::HeatMemory& memory) {
  const auto& limits = c.settings.thermal();
  if (!memory.warmStep) {  // the first look: there is no past to be even with
    memory.warmStep = c.now();
    memory.warmDuty = wholePercent(allowedAt(heat.celsius, limits));
  }
  const auto steps = (c.now() - *memory.warmStep) / kDutyStep;
  if (steps > 0) {
    memory.warmDuty = moved(memory.warmDuty, heat.celsius, limits, steps);
    memory.warmStep = c.now();
  }
  const bool settled = moved(memory.warmDuty, heat.celsius, limits, 1) == memory.warmDuty;
  return settled ? std::nullopt : std::optional(*memory.warmStep + kDutyStep);
}

}  // namespace

Grants dutyGranted(const Case& c, HeatOf of, model::HeatMemory& memory) {
  Grants grants;
  const auto most = of == HeatOf::Gpus ? c.settings.gpu().max_duty() : 100;
  if (most > 0 && most < 100) grants.lent = {.duty = most / 100.0, .reason = ownersReason(most), .changesAt = {}};
  const auto& reading = c.facts.temperatures;
  if (c.settings.thermal().soften() == 0 || !isFresh(c, reading.at)) return grants;
  const auto heat = decidingHeat(reading.value, of);
  if (!heat) return grants;
  const auto changesAt = step(c, *heat, memory);
  for (Grant* grant : {&grants.lent, &grants.own}) {
    grant->changesAt = changesAt;
    if (memory.warmDuty >= grant->duty) continue;
    grant->duty = memory.warmDuty;
    grant->reason = warmReason(c.settings.thermal(), *heat);
  }
  return grants;
}

}  // namespace lull::policy
