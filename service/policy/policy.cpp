// SPDX-License-Identifier: Apache-2.0
#include "policy/policy.h"

#include "model/memory_limits.h"
#include "model/processor.h"
#include "policy/duty.h"
#include "policy/opinion.h"
#include "policy/own_work.h"
#include "policy/rules/cpu_not_lent.h"
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

// Devices that share their heat and their grants: the GPUs, or the processor.
struct Kind {
  HeatOf heat;
  model::HeatMemory& memory;
  // Of all of them, whatever else holds.
  Opinion refused;
  Opinion refusedToOwn;
};

Gathered gather(const Case& c, const Kind& kind, model::PolicyMemory& memory) {
  Gathered all;
  all.take(sharingOff(c));
  all.take(paused(c, memory));
  all.take(ownerPresent(c, memory));
  Judgements judgements{{rule::kMemoryPressure, memoryPressure(c, memory)},
                        {rule::kTooHot, tooHot(c, kind.heat, kind.memory)},
                        {rule::kOnBattery, onBattery(c)}};
  for (const auto& j : judgements) {
    if (j.judgement.opinion.reason) all.take(j.judgement.opinion);
  }
  if (!kind.refused.reason) mindAbsence(c, judgements, all.reasons, all.lookAgain);
  std::erase_if(judgements, [](const Judged& j) { return !bindsOwnWork(j.rule); });
  if (!kind.refusedToOwn.reason) mindAbsence(c, judgements, all.own, all.lookAgain);
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

class Deciding {
public:
  Deciding(const Case& c, const model::Verdicts& previous) : m_case(c), m_previous(previous) {
    m_verdicts.memory = previous.memory;
  }

  model::Verdicts decide() {
    const auto* processor = processorSeen();
    const bool anyGpu = m_case.facts.gpus.value.size() > (processor != nullptr ? 1U : 0U);
    const auto refused = processor != nullptr ? cpuNotLent(m_case) : Opinion();
    if (anyGpu || processor == nullptr || refused.reason) decideGpus();
    if (processor != nullptr) decideProcessor(*processor, refused, anyGpu);
    return std::move(m_verdicts);
  }

private:
  struct Decided {
    Gathered all;
    Grants grants;
  };

  [[nodiscard]] const v1::Gpu* processorSeen() const {
    const auto& devices = m_case.facts.gpus.value;
    return !devices.empty() && model::isProcessor(devices.back()) ? &devices.back() : nullptr;
  }

  void decideGpus() {
    const auto none = noGpuAtAll(m_case);
    const auto decided = decide({HeatOf::Gpus, m_verdicts.memory.gpus, none, none});
    m_verdicts.device = verdictOf(decided, none, none, m_previous.device);
    for (const auto& gpu : m_case.facts.gpus.value) {
      if (model::isProcessor(gpu)) continue;
      const auto here = noGpu(m_case, gpu);
      auto& verdict = m_verdicts.byGpu[gpu.id()];
      verdict = verdictOf(decided, here, here, before(gpu));
      if (verdict.limit == v1::LIMIT_RUN) verdict.memoryLimit = model::lentBy(m_case.settings, gpu);
    }
  }

  // The computer may do what one of its devices may.
  void decideProcessor(const v1::Gpu& processor, const Opinion& refused, bool besideGpus) {
    const auto refusedToOwn = cpuNotForOwnWork(m_case);
    const auto decided = decide({HeatOf::Processor, m_verdicts.memory.processor, refused, refusedToOwn});
    auto& verdict = m_verdicts.byGpu[processor.id()];
    verdict = verdictOf(decided, refused, refusedToOwn, before(processor));
    verdict.memoryLimit = verdict.own.memoryLimit = mainMemoryGranted();
    auto& device = m_verdicts.device;
    const auto whole = verdictOf(decided, refused, refusedToOwn, m_previous.device);
    const bool alone = !besideGpus && !refused.reason;
    if (alone || whole.limit < device.limit)
      static_cast<model::Leave&>(device) = static_cast<const model::Leave&>(whole);
    if (!besideGpus || whole.own.limit < device.own.limit) device.own = whole.own;
  }

  Decided decide(const Kind& kind) {
    Decided out{gather(m_case, kind, m_verdicts.memory), dutyGranted(m_case, kind.heat, kind.memory)};
    if (out.all.reasons.empty() && !kind.refused.reason) earlier(out.all.lookAgain, out.grants.lent.changesAt);
    if (out.all.own.empty() && !kind.refusedToOwn.reason) earlier(out.all.lookAgain, out.grants.own.changesAt);
    earlier(m_verdicts.lookAgain, out.all.lookAgain);
    return out;
  }

  // What holds for its kind, and what this device adds.
  static model::Verdict verdictOf(const Decided& decided, const Opinion& here, const Opinion& hereForOwn,
                                  const model::Verdict& before) {
    return {leaveOf(with(decided.all.reasons, here), decided.grants.lent, before),
            leaveOf(with(decided.all.own, hereForOwn), decided.grants.own, before.own)};
  }

  static Reasons with(Reasons reasons, const Opinion& opinion) {
    if (opinion.reason) reasons.push_back(*opinion.reason);
    return reasons;
  }

  [[nodiscard]] model::Verdict before(const v1::Gpu& device) const {
    const auto found = m_previous.byGpu.find(device.id());
    return found == m_previous.byGpu.end() ? model::Verdict() : found->second;
  }

  [[nodiscard]] std::uint64_t mainMemoryGranted() const {
    const auto told = m_case.settings.tasks().max_memory() * kMiB;
    return told > 0 ? told : m_case.facts.memory.value.total_bytes() / 2;
  }

  const Case& m_case;
  const model::Verdicts& m_previous;
  model::Verdicts m_verdicts;
};

}  // namespace

std::optional<Instant> staleAt(std::optional<Instant> at) {
  if (!at) return {};
  return *at + kReadingHolds;
}

bool isFresh(const Case& c, std::optional<Instant> at) { return at && c.now() < *at + kReadingHolds; }

model::Verdicts decide(const model::Facts& facts, const v1::Settings& settings, const model::Verdicts& previous) {
  const Case c{.facts = facts, .settings = settings, .before = previous.memory};
  return Deciding(c, previous).decide();
}

}  // namespace lull::policy
