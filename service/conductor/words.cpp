// SPDX-License-Identifier: Apache-2.0
#include "conductor/words.h"

#include <fmt/core.h>

#include <algorithm>
#include <array>
#include <utility>

namespace lull::conductor {

namespace {

using Words = std::pair<std::string_view, std::string_view>;

constexpr std::array kCauses{
    Words{"sharing_off", "sharing was switched off"},
    Words{"paused", "the owner paused it"},
    Words{"owner_present", "somebody uses this computer"},
    Words{"too_hot", "it is too hot"},
    Words{"on_battery", "this computer runs on its battery"},
    Words{"memory_pressure", "other programs need the memory"},
    Words{"no_gpu", "the GPU is not usable any more"},
    Words{"cpu_not_lent", "the processor is not lent any more"},
    Words{"starting", "the state of this computer is not known yet"},
    Words{"own_task", "the owner's own work needs it"},
    Words{"stopping", "the service ends"},
    Words{"cancelled", "it was cancelled"},
};

constexpr std::array kKills{
    Words{"cancelled", "Cancelled: its work is being stopped"},
    Words{"drain_limit", "Did not give way in time and is stopped by force"},
    Words{"evict_limit", "Took too long to leave and is stopped by force"},
    Words{"close_limit", "Was closed and did not end, and is stopped by force"},
    Words{"start_limit", "Did not start in time and is stopped by force"},
    Words{"gpu_time_limit", "Has used up the GPU time it was allowed and is stopped"},
};

template <typename Table>
std::string_view find(const Table& table, std::string_view key) {
  const auto row = std::find_if(table.begin(), table.end(), [&](const Words& w) { return w.first == key; });
  return row == table.end() ? std::string_view{} : row->second;
}

}  // namespace

std::string becauseOf(std::string_view cause) {
  if (const auto words = find(kCauses, cause); !words.empty()) return std::string(words);
  return cause.empty() ? "it may not run now" : std::string(cause);
}

std::string killedFor(std::string_view cause) {
  if (const auto words = find(kKills, cause); !words.empty()) return std::string(words);
  return fmt::format("Is stopped by force: {}", cause);
}

std::string meaningOf(v1::Failure::Kind kind) {
  switch (kind) {
    case v1::Failure::KIND_BAD_TASK:
      return "The task itself is faulty and cannot run.";
    case v1::Failure::KIND_TOO_BIG:
      return "The task needs more than this computer offers.";
    case v1::Failure::KIND_DEVICE_LOST:
      return "The GPU stopped answering and had to be reset.";
    case v1::Failure::KIND_OUT_OF_MEMORY:
      return "There was not enough free memory for the task.";
    case v1::Failure::KIND_TIMED_OUT:
      return "A piece of the task's work did not come to an end.";
    case v1::Failure::KIND_WORKER_DIED:
      return "The program that worked on the task ended unexpectedly.";
    case v1::Failure::KIND_STORAGE:
      return "The task's files could not be read or written; the disk may be full.";
    case v1::Failure::KIND_NO_GIVE_BACK:
      return "The task did not give way in time and was stopped.";
    case v1::Failure::KIND_GPU_TIME_LIMIT:
      return "The task used up the GPU time it was allowed.";
    case v1::Failure::KIND_DRIVER:
      return "The GPU's driver reported an error or did not answer.";
    default:
      return "Something unexpected went wrong.";  // also kinds of a newer worker
  }
}

std::string goesOnFrom(double savedProgress) {
  if (savedProgress <= 0) return "begins anew";
  return fmt::format("goes on from {:.0f} %", savedProgress * 100);
}

std::string attemptFailed(const model::RosterTask& task, const v1::Failure& failure, Seconds delay) {
  const auto next = delay.count() > 0 ? fmt::format("in {} s", delay.count()) : std::string("at once");
  return fmt::format("Attempt {} of {} failed: {} The next one follows {}.", task.attempt, task.attemptsAllowed,
                     failure.message(), next);
}

std::string failedForGood(const model::RosterTask& task, const v1::Failure& failure) {
  if (task.attempt <= 1) return fmt::format("Failed: {}", failure.message());
  return fmt::format("Failed at attempt {} of {}: {}", task.attempt, task.attemptsAllowed, failure.message());
}

}  // namespace lull::conductor
