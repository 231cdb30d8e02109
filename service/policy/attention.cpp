// SPDX-License-Identifier: Apache-2.0
#include "policy/opinion.h"
#include "policy/policy.h"

#include <algorithm>

namespace lull::policy {

namespace {

// Rules that need no reading: while one of them forbids work, no reading can change the answer.
bool needsNoReading(const v1::Reason& reason) {
  return reason.rule() == rule::kSharingOff || reason.rule() == rule::kPaused || reason.rule() == rule::kOwnerPresent ||
         reason.rule() == rule::kNoGpu;
}

bool isStarting(const v1::Reason& reason) { return reason.rule() == rule::kStarting; }

}  // namespace

model::Attention attentionWanted(const model::Verdicts& verdicts, const Demand& demand) {
  using model::Attention;
  if (demand.watched || demand.workerRuns) return Attention::Close;
  const auto& reasons = verdicts.device.reasons;
  if (std::any_of(reasons.begin(), reasons.end(), needsNoReading)) {
    return demand.workerHeld ? Attention::Slow : Attention::Rest;  // held memory may be needed by others
  }
  const bool mayRun = std::all_of(reasons.begin(), reasons.end(), isStarting);
  return mayRun && (demand.taskWaits || demand.workerHeld) ? Attention::Close : Attention::Slow;
}

}  // namespace lull::policy
