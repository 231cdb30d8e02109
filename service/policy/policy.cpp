// SPDX-License-Identifier: Apache-2.0
#include "policy/policy.h"

#include "policy/duty.h"
#include "policy/opinion.h"
#include "policy/rules/memory_pressure.h"
#include "policy/rules/no_gpu.h"
#include "policy/rules/on_battery.h"
#include "policy/rules/owner_present.h"
#include "policy/rules/paused.h"
#include "policy/rules/sharing_off.h"
#include "policy/rules/too_hot.h"

#include <algorithm>
#include <array>
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
  Reasons reasons;
  std::optional<Instant> lookAgain;

  void take(const Opinion& opinion) {
    if (opinion.reason) reasons.push_back(*opinion.reason);
    earlier(lookAgain, opinion.changesAt);
  }
};

v1::Reason starting(const std::string& missing) {
  v1::Reason reason;
  reason.set_rule(std::string(rule::kStarting));
  reason.set_limit(v1::LIMIT_PARK);
  reason.set_text("Lull is still looking at this computer");
  reason.set_value("not known yet: " + missing);
  reason.set_remedy("Nothing to do: this takes a moment; if it lasts, “lull doctor” says what is wrong");
  return reason;
}

// The ageing of a reading changes the answer if its rule objects now (the objection would go), or if nobody does
// (its absence would become one).
void takeJudgements(Gathered& all, const std::array<Judgement, 3>& judgements, bool gpuForbids) {
  for (const auto& j : judgements) {
    if (j.opinion.reason) all.take(j.opinion);
  }
  if (gpuForbids || !all.reasons.empty()) return;
  for (const auto& j : judgements) earlier(all.lookAgain, j.opinion.changesAt);
}

std::string missingReadings(const Case& c, const std::array<Judgement, 3>& judgements) {
  std::string missing;
  const auto add = [&missing](std::string_view what) {
    if (!missing.empty()) missing += ", ";
    missing += what;
  };
  if (!c.facts.gpus.at) add("GPUs");
  for (const auto& j : judgements) {
    if (j.missing) add(j.reading);
  }
  return missing;
}

Gathered gather(const Case& c, model::PolicyMemory& memory) {
  Gathered all;
  all.take(sharingOff(c));
  all.take(paused(c, memory));
  all.take(ownerPresent(c, memory));
  const bool gpuForbids = noGpuAtAll(c).reason.has_value();
  const std::array judgements{memoryPressure(c, memory), tooHot(c, memory), onBattery(c)};
  takeJudgements(all, judgements, gpuForbids);
  const std::string missing = missingReadings(c, judgements);
  if (all.reasons.empty() && !gpuForbids && !missing.empty()) all.reasons.push_back(starting(missing));
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

model::Verdict verdictOf(Reasons reasons, const Case& c, const Grant& grant, const model::Verdict* before) {
  std::stable_sort(reasons.begin(), reasons.end(), [](const auto& a, const auto& b) { return a.limit() > b.limit(); });
  if (before != nullptr) steady(reasons, before->reasons);
  model::Verdict verdict;
  verdict.limit = reasons.empty() ? v1::LIMIT_RUN : reasons.front().limit();
  if (reasons.empty()) {
    verdict.duty = grant.duty;
    verdict.memoryLimit = c.settings.gpu().max_memory() * kMiB;
    verdict.dutyReason = grant.reason;
  }
  verdict.reasons = std::move(reasons);
  return verdict;
}

Reasons with(Reasons reasons, const Opinion& opinion) {
  if (opinion.reason) reasons.push_back(*opinion.reason);
  return reasons;
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
  const Grant grant = dutyGranted(c, verdicts.memory);
  if (all.reasons.empty()) earlier(verdicts.lookAgain, grant.changesAt);
  verdicts.device = verdictOf(with(all.reasons, noGpuAtAll(c)), c, grant, &previous.device);
  for (const auto& gpu : facts.gpus.value) {
    const auto before = previous.byGpu.find(gpu.id());
    verdicts.byGpu[gpu.id()] = verdictOf(with(all.reasons, noGpu(c, gpu)), c, grant,
                                         before == previous.byGpu.end() ? nullptr : &before->second);
  }
  return verdicts;
}

}  // namespace lull::policy
