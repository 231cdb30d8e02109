// SPDX-License-Identifier: Apache-2.0
#include "conductor/retry.h"

#include <algorithm>

namespace lull::conductor {

namespace {

constexpr Seconds kLongestDelay{24 * 3600};

}  // namespace

std::uint32_t attemptsAllowed(const v1::TaskSpec& spec, const v1::Settings& settings) {
  const auto wanted = spec.limits().attempts();
  return std::max(1U, wanted != 0 ? wanted : settings.tasks().attempts());
}

bool mayRetry(const model::RosterTask& task, v1::Failure::Kind kind) {
  switch (kind) {
    case v1::Failure::KIND_BAD_TASK:
    case v1::Failure::KIND_TOO_BIG:
    case v1::Failure::KIND_GPU_TIME_LIMIT:
      return false;
    default:
      return task.attempt < task.attemptsAllowed;
  }
}

Seconds retryDelay(std::uint32_t failedAttempt, const v1::Settings& settings) {
  Seconds delay{settings.tasks().retry_delay()};
  for (std::uint32_t i = 1; i < failedAttempt && delay < kLongestDelay; ++i) delay *= 2;
  return std::min(delay, kLongestDelay);
}

}  // namespace lull::conductor
