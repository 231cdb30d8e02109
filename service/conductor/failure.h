// SPDX-License-Identifier: Apache-2.0
// What the failure that a worker reports is to its task.
#pragma once

#include "lull/v1/settings.pb.h"
#include "model/task.h"

namespace lull::conductor {

// Death by our own hand, or on the way out, is not the task's fault; a worker's own last word counts.
[[nodiscard]] bool isInterruption(const model::RosterTask& task, const v1::Failure& failure);
// The failure with the cause we know and words for people.
[[nodiscard]] v1::Failure explained(const model::RosterTask& task, v1::Failure failure, const v1::Settings& settings);

}  // namespace lull::conductor
