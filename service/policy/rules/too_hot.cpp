// SPDX-License-Identifier: Apache-2.0
#include "policy/rules/too_hot.h"

#include "policy/words.h"

#include <fmt/core.h>

namespace lull::policy {

namespace {

v1::Reason hotReason(const v1::Settings::Thermal& limits, const Heat& heat) {
  const double celsius = heat.celsius;
  const double resume = limits.resume();
  v1::Reason reason;
  reason.set_rule(std::string(rule::kTooHot));
  reason.set_limit(v1::LIMIT_PARK);
  reason.set_text(
      fmt::format("The {} is at {}; work goes on at {}", heat.of, celsiusText(celsius), celsiusText(resume)));
  reason.set_value(celsiusText(celsius));
  reason.set_threshold(celsiusText(resume));
  reason.set_setting(celsius >= limits.stop() ? "thermal.stop" : "thermal.resume");
  reason.set_remedy(fmt::format("Nothing to do: the {} cools down while Lull rests", heat.of));
  reason.set_unit("celsius");
  reason.set_value_number(celsius);
  reason.set_threshold_number(resume);
  return reason;
}

}  // namespace

Judgement tooHot(const Case& c, HeatOf of, model::HeatMemory& memory) {
  const auto& reading = c.facts.temperatures;
  Judgement judgement{.opinion = {}, .missing = true, .reading = "temperatures"};
  if (!isFresh(c, reading.at)) return judgement;
  judgement.missing = false;
  judgement.opinion.changesAt = staleAt(reading.at);
  const auto heat = decidingHeat(reading.value, of);
  const auto& limits = c.settings.thermal();
  memory.hot = heat && (heat->celsius >= limits.stop() || (memory.hot && heat->celsius > limits.resume()));
  if (memory.hot) judgement.opinion.reason = hotReason(limits, *heat);
  return judgement;
}

}  // namespace lull::policy
