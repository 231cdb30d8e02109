// SPDX-License-Identifier: Apache-2.0
#include "policy/policy.h"

#include "policy/duty.h"
#include "policy/opinion.h"
#include "policy/own_work.h"
#include "policy/rules/memory_pressure.h"
#include "policy/rules/no_gpu.h"
#include "policy/rules/on_battery.h"
#include "policy/rules/owner_present.h"
#include "policy/rules/paused.h"
#include "policy/rules/sharing_off.h"
#include "policy/rules/too_hot.h"

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <string>

namespace lull::policy {

namespace {

using Reasons = std::vector<v1::Reason>;

constexpr UnixMs kSameUntil = 1000;

void earlier(std::optional<Instant>& when, std::optional<Instant> candidate) {
  if (candidate) when = std::min(when.value_or(*candidate), *candidate);
}

// Opinions gathered for the whole device.
struct Gathered {
  Reasons reasons;  // for work of others
  Reasons own;      // for the owner's own
  std::optional<Instant> lookAgain;

  void take(const Opinion& opinion) {
    earlier(lookAgain, opinion.changesAt);
    if (!opinion.reason) return;
    reasons.push_back(*opinion.reason);
    if (bindsOwnWork(opinion.reason->rule())) own.push_back(*opinion.reason);
  }
};

struct Judged {
  std::string_view rule;
  Judgement judgement;
};
using Judgements = std::vector<Judged>;

v1::Reason starting(const std::string& missing) {
  v1::Reason reason;
  reason.set_rule(std::string(rule::kStarting));
  reason.set_limit(v1::LIMIT_PARK);
  reason.set_text("Lull is still looking at this computer");
  reason.set_value("not known yet: " + missing);
  reason.set_remedy("Nothing to do: this takes a moment; if it lasts, “lull doctor” says what is wrong");
  return reason;
}

std::string missingReadings(const Case& c, const Judgements& judgements) {
  std::string missing;
  const auto add = [&missing](std::string_view what) {
    if (!missing.empty()) missing += ", ";
    missing += what;
  };
  if (!c.facts.gpus.at) add("GPUs");
  for (const auto& j : judgements) {
    if (j.judgement.missing) add(j.judgement.reading);
  }
  return missing;
}

// The ageing of a reading changes the answer if its rule objects now (the objection would go), or if nobody does
// (its absence becomes one).
void mindAbsence(const Case& c, const Judgements& judgements, Reasons& reasons, std::optional<Instant>& lookAgain) {
  if (!reasons.empty()) return;
  for (const auto& j : judgements) earlier(lookAgain, j.judgement.opinion.changesAt);
  if (const auto missing = missingReadings(c, judgements); !missing.empty()) reasons.push_back(starting(missing));
}

Gathered gather(const Case& c, model::PolicyMemory& memory) {
  Gathered all;
  all.take(sharingOff(c));
  all.take(paused(c, memory));
  all.take(ownerPresent(c, memory));
  Judgements judgements{{rule::kMemoryPressure, memoryPressure(c, memory)},
                        {rule::kTooHot, tooHot(c, memory)},
                        {rule::kOnBattery, onBattery(c)}};
  for (const auto& j : judgements) {
    if (j.judgement.opinion.reason) all.take(j.judgement.opinion);
  }
  if (noGpuAtAll(c).reason) return all;
  mindAbsence(c, judgements, all.reasons, all.lookAgain);
  std::erase_if(judgements, [](const Judged& j) { return !bindsOwnWork(j.rule); });
  mindAbsence(c, judgements, all.own, all.lookAgain);
  return all;
}

// An instant told in wall-clock time wavers by a millisecond from pass to pass, and moves with each touch of the mouse;
// people are told only when it has moved by a second.
void steady(Reasons& reasons, const Reasons& before) {
  for (auto& reason : reasons) {
    const auto same = [&reason](const auto& b) { return b.rule() == reason.rule(); };
    const auto old = std::find_if(before.begin(), before.end(), same);
    if (old == before.end() || reason.until_unix_ms() == 0 || old->until_unix_ms() == 0) continue;
    if (std::abs(old->until_unix_ms() - reason.until_unix_ms()) < kSameUntil) {
      reason.set_until_unix_ms(old->until_unix_ms());
    }
  }
}

constexpr std::uint64_t kMiB = 1024 * 1024;

model::Leave leaveOf(Reasons reasons, const Grant& grant, const model::Leave& before) {
  std::stable_sort(reasons.begin(), reasons.end(), [](const auto& a, const auto& b) { return a.limit() > b.limit(); });
  steady(reasons, before.reasons);
  model::Leave leave;
  leave.limit = reasons.empty() ? v1::LIMIT_RUN : reasons.front().limit();
  if (reasons.empty()) {
    leave.duty = grant.duty;
    leave.dutyReason = grant.reason;
  }
  leave.reasons = std::move(reasons);
  return leave;
}

// `here`: what only this GPU is asked.
model::Verdict verdictOf(Gathered all, const Opinion& here, const Grants& grants, const model::Verdict& before) {
  all.take(here);
  return {leaveOf(std::move(all.reasons), grants.lent, before), leaveOf(std::move(all.own), grants.own, before.own)};
}

}  // namespace

std::optional<Instant> staleAt(std::optional<Instant> at) {
  if (!at) return {};
  return *at + kReadingHolds;
}

bool isFresh(const Case& c, std::optional<Instant> at) { return at && c.now() < *at + kReadingHolds; }

model::Verdicts decide(const model::Facts& facts, const v1::Settings& settings, const model::Verdicts& previous) {
  const Case c{.facts = facts, .settings = settings, .before = previous.memory};
  model::Verdicts verdicts;
  verdicts.memory = previous.memory;
  const Gathered all = gather(c, verdicts.memory);
  verdicts.lookAgain = all.lookAgain;
  const Grants grants = dutyGranted(c, verdicts.memory);
  if (all.reasons.empty()) earlier(verdicts.lookAgain, grants.lent.changesAt);
  if (all.own.empty()) earlier(verdicts.lookAgain, grants.own.changesAt);
  verdicts.device = verdictOf(all, noGpuAtAll(c), grants, previous.device);
  for (const auto& gpu : facts.gpus.value) {
    const auto before = previous.byGpu.find(gpu.id());
    auto& verdict = verdicts.byGpu[gpu.id()];
    verdict = verdictOf(all, noGpu(c, gpu), grants, before == previous.byGpu.end() ? model::Verdict() : before->second);
    if (verdict.limit == v1::LIMIT_RUN) verdict.memoryLimit = settings.gpu().max_memory() * kMiB;
  }
  return verdicts;
}

}  // namespace lull::policy
