// SPDX-License-Identifier: Apache-2.0
#include "policy/rules/too_hot.h"

#include "policy/words.h"

#include <fmt/core.h>

#include <algorithm>
#include <cmath>

namespace lull::policy {

namespace {

bool isProcessor(const v1::Temperature& t) { return t.name().starts_with("CPU") || t.name().starts_with("SoC"); }

template <typename Choice>
std::optional<double> hottest(const std::vector<v1::Temperature>& all, Choice choice) {
  std::optional<double> found;
  for (const auto& t : all) {
    if (choice(t) && std::isfinite(t.celsius())) found = std::max(found.value_or(t.celsius()), t.celsius());
  }
  return found;
}

v1::Reason hotReason(const v1::Settings::Thermal& limits, double celsius, bool ofGpu) {
  const std::string what = ofGpu ? "GPU" : "processor";
  const double resume = limits.resume();
  v1::Reason reason;
  reason.set_rule(std::string(rule::kTooHot));
  reason.set_limit(v1::LIMIT_PARK);
  reason.set_text(fmt::format("The {} is at {}; work goes on at {}", what, celsiusText(celsius), celsiusText(resume)));
  reason.set_value(celsiusText(celsius));
  reason.set_threshold(celsiusText(resume));
  reason.set_setting(celsius >= limits.stop() ? "thermal.stop" : "thermal.resume");
  reason.set_remedy(fmt::format("Nothing to do: the {} cools down while Lull rests", what));
  reason.set_unit("celsius");
  reason.set_value_number(celsius);
  reason.set_threshold_number(resume);
  return reason;
}

}  // namespace

Judgement tooHot(const Case& c, model::PolicyMemory& memory) {
  const auto& reading = c.facts.temperatures;
  Judgement judgement{.opinion = {}, .missing = true, .reading = "temperatures"};
  if (!isFresh(c, reading.at)) return judgement;
  judgement.missing = false;
  judgement.opinion.changesAt = staleAt(reading.at);
  const auto gpu = hottest(reading.value, [](const auto& t) { return t.is_gpu(); });
  const auto celsius = gpu ? gpu : hottest(reading.value, isProcessor);
  const auto& limits = c.settings.thermal();
  memory.hot = celsius && (*celsius >= limits.stop() || (c.before.hot && *celsius > limits.resume()));
  if (memory.hot) judgement.opinion.reason = hotReason(limits, *celsius, gpu.has_value());
  return judgement;
}

}  // namespace lull::policy
