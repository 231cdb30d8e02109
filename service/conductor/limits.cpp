// SPDX-License-Identifier: Apache-2.0
#include "conductor/limits.h"

#include "conductor/conductor.h"
#include "model/processor.h"

namespace lull::conductor {

// On the processor it begins with what time others leave.
Seconds startLimitOf(const model::RosterTask& task) {
  return task.gpu == model::kProcessorId ? kStartLimitOnProcessor : kStartLimit;
}

std::optional<Deadline> deadlineOf(const model::RosterTask& task, const v1::Settings& settings) {
  if (task.kill) return std::nullopt;
  std::optional<Deadline> first;
  const auto consider = [&](const Deadline& candidate) {
    if (!first || candidate.at < first->at) first = candidate;
  };
  if (task.gateClosedAt) {
    const Milliseconds limit{settings.gpu().drain_limit()};
    // On the processor what others leave no time does not even come to stand still: that is nobody's fault.
    const bool starves = task.gpu == model::kProcessorId;
    const auto kind = starves ? v1::Failure::KIND_UNSPECIFIED : v1::Failure::KIND_NO_GIVE_BACK;
    consider({*task.gateClosedAt + limit, kind, "drain_limit"});
  }
  if (task.state == v1::TASK_STATE_EVICTING) {
    consider({task.stateSince + kEvictLimit, v1::Failure::KIND_UNSPECIFIED, "evict_limit"});
  }
  if (task.closedAt) consider({*task.closedAt + kCloseLimit, v1::Failure::KIND_UNSPECIFIED, "close_limit"});
  if (task.state == v1::TASK_STATE_STARTING) {
    consider({task.stateSince + startLimitOf(task), v1::Failure::KIND_DRIVER, "start_limit"});
  }
  return first;
}

}  // namespace lull::conductor
