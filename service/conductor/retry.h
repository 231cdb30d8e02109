// SPDX-License-Identifier: Apache-2.0
// Which failed attempts are repeated, and when.
#pragma once

#include "base/time.h"
#include "lull/v1/settings.pb.h"
#include "model/task.h"

namespace lull::conductor {

[[nodiscard]] std::uint32_t attemptsAllowed(const v1::TaskSpec& spec, const v1::Settings& settings);
// Whether another attempt is allowed after `task.attempt` failed with this kind.
[[nodiscard]] bool mayRetry(const model::RosterTask& task, v1::Failure::Kind kind);
// tasks.retry_delay after the first failed attempt, doubled for each further one, a day at most.
[[nodiscard]] Seconds retryDelay(std::uint32_t failedAttempt, const v1::Settings& settings);

}  // namespace lull::conductor
