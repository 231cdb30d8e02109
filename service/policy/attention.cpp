// SPDX-License-Identifier: Apache-2.0
#include "policy/opinion.h"
#include "policy/policy.h"

#include <algorithm>

namespace lull::policy {

using model::Attention;

namespace {

// Rules that need no reading: while one of them forbids work, no reading can change the answer.
bool needsNoReading(const v1::Reason& reason) {
  return reason.rule() == rule::kSharingOff || reason.rule() == rule::kPaused || reason.rule() == rule::kOwnerPresent ||
         reason.rule() == rule::kNoGpu;
}

bool isStarting(const v1::Reason& reason) { return reason.rule() == rule::kStarting; }

Attention wantedWhile(const std::vector<v1::Reason>& reasons, bool waits, bool held) {
  if (std::ranges::any_of(reasons, needsNoReading)) {
    return held ? Attention::Slow : Attention::Rest;  // held memory may be needed by others
  }
  return (waits || held) && std::ranges::all_of(reasons, isStarting) ? Attention::Close : Attention::Slow;
}

}  // namespace

Attention attentionWanted(const model::Verdicts& verdicts, const Demand& demand) {
  if (demand.watched || demand.workerRuns) return Attention::Close;
  const auto& device = verdicts.device;
  const auto wanted = wantedWhile(device.reasons, demand.taskWaits, demand.workerHeld);
  if (!demand.ownWaits && !demand.ownHeld) return wanted;
  return std::max(wanted, wantedWhile(device.own.reasons, demand.ownWaits, demand.ownHeld));
}

}  // namespace lull::policy
