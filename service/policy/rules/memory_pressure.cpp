// SPDX-License-Identifier: Apache-2.0
#include "policy/rules/memory_pressure.h"

#include "policy/words.h"

#include <fmt/core.h>

#include <cmath>

namespace lull::policy {

namespace {

constexpr double kMargin = 1.25;
constexpr double kMiB = 1024.0 * 1024.0;

v1::Reason memoryReason(std::string text) {
  v1::Reason reason;
  reason.set_rule(std::string(rule::kMemoryPressure));
  reason.set_limit(v1::LIMIT_EVICT);
  reason.set_text(std::move(text));
  reason.set_remedy("Close programs that need much memory; work goes on by itself when there is enough");
  return reason;
}

// Both tell what it takes to go on, also before the margin counts: the text must not change by itself.
v1::Reason scarce(double available, double needed) {
  const auto bytes = [](double b) { return bytesText(static_cast<std::uint64_t>(b)); };
  auto reason =
      memoryReason(fmt::format("{} of main memory are available; work goes on at {}", bytes(available), bytes(needed)));
  reason.set_value(bytes(available));
  reason.set_threshold(bytes(needed));
  reason.set_setting("memory.min_available");
  reason.set_unit("bytes");
  reason.set_value_number(available);
  reason.set_threshold_number(needed);
  return reason;
}

v1::Reason waitedFor(double pressure, double bearable) {
  auto reason = memoryReason(fmt::format("Programs wait for memory {} of the time", percentText(pressure)));
  reason.set_value(percentText(pressure));
  reason.set_threshold(percentText(bearable));
  reason.set_setting("memory.max_pressure");
  reason.set_unit("percent");
  reason.set_value_number(pressure);
  reason.set_threshold_number(bearable);
  return reason;
}

std::optional<v1::Reason> judgeWith(double margin, const v1::Memory& memory,
                                    const v1::Settings::MemorySettings& limits) {
  const double needed = limits.min_available() * kMiB;
  const double bearable = limits.max_pressure();
  const auto available = static_cast<double>(memory.available_bytes());
  if (available < needed * margin) return scarce(available, needed * kMargin);
  if (std::isfinite(memory.pressure_percent()) && memory.pressure_percent() > bearable / margin) {
    return waitedFor(memory.pressure_percent(), bearable / kMargin);
  }
  return {};
}

std::optional<v1::Reason> judge(const v1::Memory& memory, const v1::Settings::MemorySettings& limits, bool pressed) {
  if (!pressed && !judgeWith(1.0, memory, limits)) return {};
  return judgeWith(kMargin, memory, limits);
}

}  // namespace

Judgement memoryPressure(const Case& c, model::PolicyMemory& memory) {
  const auto& reading = c.facts.memory;
  Judgement judgement{.opinion = {}, .missing = true, .reading = "memory"};
  if (!isFresh(c, reading.at)) return judgement;
  judgement.missing = false;
  judgement.opinion.changesAt = staleAt(reading.at);
  judgement.opinion.reason = judge(reading.value, c.settings.memory(), c.before.pressed);
  memory.pressed = judgement.opinion.reason.has_value();
  return judgement;
}

}  // namespace lull::policy
