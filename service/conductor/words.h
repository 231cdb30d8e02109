// SPDX-License-Identifier: Apache-2.0
// What people read in a task's history.
#pragma once

#include "lull/v1/task.pb.h"
#include "model/task.h"

#include <string>
#include <string_view>

namespace lull::conductor {

// A cause of closing a gate or evicting (a rule's name) as half a sentence: "somebody uses this computer".
[[nodiscard]] std::string becauseOf(std::string_view cause);
// Why a worker is ended by force, as a sentence.
[[nodiscard]] std::string killedFor(std::string_view cause);
// What a failure of this kind means for an owner, as a sentence; for failures that bring no words of their own.
[[nodiscard]] std::string meaningOf(v1::Failure::Kind kind);
// "goes on from 42 %", or "begins anew" when nothing is saved.
[[nodiscard]] std::string goesOnFrom(double savedProgress);
// "Attempt 1 of 3 failed: … The next one follows in 20 s."
[[nodiscard]] std::string attemptFailed(const model::RosterTask& task, const v1::Failure& failure, Seconds delay);
[[nodiscard]] std::string failedForGood(const model::RosterTask& task, const v1::Failure& failure);

}  // namespace lull::conductor
