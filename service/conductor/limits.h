// SPDX-License-Identifier: Apache-2.0
// When a worker has to be ended by force.
#pragma once

#include "base/time.h"
#include "lull/v1/settings.pb.h"
#include "model/task.h"

#include <optional>
#include <string_view>

namespace lull::conductor {

[[nodiscard]] Seconds startLimitOf(const model::RosterTask& task);

struct Deadline {
  Instant at;
  v1::Failure::Kind kind = v1::Failure::KIND_UNSPECIFIED;
  std::string_view cause;
};
// The first instant at which the task's worker is to be killed if nothing changes until then.
[[nodiscard]] std::optional<Deadline> deadlineOf(const model::RosterTask& task, const v1::Settings& settings);

}  // namespace lull::conductor
