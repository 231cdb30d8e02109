// SPDX-License-Identifier: Apache-2.0
#include "conductor/failure.h"

#include "conductor/limits.h"
#include "conductor/words.h"

#include <fmt/core.h>

#include <string>
#include <string_view>

namespace lull::conductor {

namespace {

constexpr std::uint64_t kNsPerSecond = 1'000'000'000;

std::string technicalOf(std::string_view cause, const model::RosterTask& task, const v1::Settings& settings) {
  if (cause == "drain_limit") {
    return fmt::format("GPU not drained {} ms after the gate closed (gpu.drain_limit)", settings.gpu().drain_limit());
  }
  if (cause == "start_limit") return fmt::format("worker not ready {} s after its start", startLimitOf(task).count());
  if (cause == "gpu_time_limit") return fmt::format("limits.gpu_seconds = {}", task.gpuNsAllowed / kNsPerSecond);
  return std::string(cause);
}

}  // namespace

bool isInterruption(const model::RosterTask& task, const v1::Failure& failure) {
  if (failure.kind() != v1::Failure::KIND_WORKER_DIED) return false;
  if (task.kill) return task.kill->kind == v1::Failure::KIND_UNSPECIFIED;
  return task.state == v1::TASK_STATE_EVICTING;
}

v1::Failure explained(const model::RosterTask& task, v1::Failure failure, const v1::Settings& settings) {
  if (task.kill && failure.kind() == v1::Failure::KIND_WORKER_DIED) {
    const auto reported = failure.technical();
    failure.set_kind(task.kill->kind);
    failure.set_message(meaningOf(task.kill->kind));
    failure.set_technical(fmt::format("killed: {}{}{}", technicalOf(task.kill->cause, task, settings),
                                      reported.empty() ? "" : "; ", reported));
  }
  if (failure.message().empty()) failure.set_message(meaningOf(failure.kind()));
  return failure;
}

}  // namespace lull::conductor
