// SPDX-License-Identifier: Apache-2.0
#include "policy/rules/paused.h"

#include <algorithm>

namespace lull::policy {

namespace {

constexpr UnixMs kUntilResumed = -1;

bool isOver(const Case& c, UnixMs until) { return until != kUntilResumed && until <= c.facts.now.unixMs; }

std::optional<Instant> endOf(const Case& c, UnixMs until) {
  if (until == kUntilResumed) return {};
  return c.facts.now.instantOf(until);
}

}  // namespace

Opinion paused(const Case& c, model::PolicyMemory& memory) {
  memory.pausedSince.reset();
  const auto until = c.facts.wishes.pausedUntil;
  if (!until || isOver(c, *until)) return {};
  memory.pausedSince = c.before.pausedSince.value_or(c.now());
  const Instant evictAt = *memory.pausedSince + Seconds(c.settings.presence().evict_after());
  const bool evict = c.now() >= evictAt;
  v1::Reason reason;
  reason.set_rule(std::string(rule::kPaused));
  reason.set_limit(evict ? v1::LIMIT_EVICT : v1::LIMIT_PARK);
  reason.set_text(*until == kUntilResumed ? "Work is paused until somebody resumes it" : "Work is paused for a while");
  reason.set_value("paused");
  reason.set_remedy("Resume it in the dashboard, or with “lull resume”");
  reason.set_until_unix_ms(std::max<UnixMs>(*until, 0));
  Opinion opinion{.reason = reason, .changesAt = endOf(c, *until)};
  if (!evict) opinion.changesAt = std::min(opinion.changesAt.value_or(evictAt), evictAt);
  return opinion;
}

}  // namespace lull::policy
