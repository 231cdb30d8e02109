// SPDX-License-Identifier: Apache-2.0
#include "policy/rules/owner_present.h"

#include "policy/words.h"

#include <fmt/core.h>

#include <algorithm>

namespace lull::policy {

namespace {

using Source = model::Presence::Source;

struct Sight {
  bool present = true;
  Instant began{};              // of this presence, if it is a new one
  std::optional<Instant> ends;  // when it ends if nothing is touched
  v1::Reason reason;
};

v1::Reason watchedReason(const Case& c, bool touched) {
  const std::string idle = spanText(Seconds(c.settings.presence().idle_after()));
  v1::Reason reason;
  reason.set_text(touched ? "Somebody is using this computer"
                          : "Lull has not watched long enough to know that nobody is here");
  reason.set_value(touched ? "touched within the last " + idle : "watching for less than " + idle);
  reason.set_threshold(idle + " without a touch");
  reason.set_setting("presence.idle_after");
  reason.set_remedy(fmt::format("Nothing to do: work starts when nobody has touched this computer for {}", idle));
  reason.set_unit("seconds");
  reason.set_threshold_number(c.settings.presence().idle_after());
  return reason;
}

Sight watched(const Case& c) {
  const auto& presence = c.facts.presence;
  const Seconds idleAfter(c.settings.presence().idle_after());
  const Instant newest = std::max(presence.lastActivity.value_or(presence.since), presence.since);
  const Instant ends = newest + idleAfter;
  if (c.now() >= ends) return {.present = false, .began = {}, .ends = {}, .reason = {}};
  const bool touched = presence.lastActivity && *presence.lastActivity >= presence.since;
  return {.present = true,
          .began = touched ? *presence.lastActivity : presence.since,
          .ends = ends,
          .reason = watchedReason(c, touched)};
}

Sight unattended(const Case& c) {
  if (c.settings.presence().unattended() == "away") return {.present = false, .began = {}, .ends = {}, .reason = {}};
  v1::Reason reason;
  reason.set_text("This computer has no input device, and is set to count as in use then");
  reason.set_value("no input device");
  reason.set_setting("presence.unattended");
  reason.set_remedy("Set presence.unattended to “away” if nobody works at this computer");
  return {.present = true, .began = c.now(), .ends = {}, .reason = reason};
}

Sight unknown(const Case& c) {
  const auto& trouble = c.facts.presence.trouble;
  v1::Reason reason;
  reason.set_text("It is not known whether somebody uses this computer");
  reason.set_value(trouble.empty() ? "not looked at yet" : trouble);
  reason.set_remedy("“lull doctor” says how to let Lull see that input devices are used, never what is typed");
  return {.present = true, .began = c.now(), .ends = {}, .reason = reason};
}

Sight look(const Case& c) {
  switch (c.facts.presence.source) {
    case Source::Watching:
      return watched(c);
    case Source::Unattended:
      return unattended(c);
    case Source::Unknown:
      break;
  }
  return unknown(c);
}

}  // namespace

Opinion ownerPresent(const Case& c, model::PolicyMemory& memory) {
  Sight sight = look(c);
  memory.presentSince.reset();
  if (!sight.present) return {};
  memory.presentSince = c.before.presentSince.value_or(sight.began);
  const Instant evictAt = *memory.presentSince + Seconds(c.settings.presence().evict_after());
  const bool evict = c.now() >= evictAt;
  sight.reason.set_rule(std::string(rule::kOwnerPresent));
  sight.reason.set_limit(evict ? v1::LIMIT_EVICT : v1::LIMIT_PARK);
  if (sight.ends) sight.reason.set_until_unix_ms(c.facts.now.unixOf(*sight.ends));
  Opinion opinion{.reason = std::move(sight.reason), .changesAt = sight.ends};
  if (!evict) opinion.changesAt = std::min(opinion.changesAt.value_or(evictAt), evictAt);
  return opinion;
}

}  // namespace lull::policy
