// SPDX-License-Identifier: Apache-2.0
// A task as the conductor sees it, and the plan for what to do with it.
#pragma once

#include "base/time.h"
#include "lull/v1/task.pb.h"

#include <cstdint>
#include <optional>
#include <string>
#include <variant>
#include <vector>

namespace lull::model {

using TaskId = std::string;
using GpuId = std::string;

[[nodiscard]] constexpr bool hasWorker(v1::TaskState state) {
  return state == v1::TASK_STATE_STARTING || state == v1::TASK_STATE_RUNNING || state == v1::TASK_STATE_PARKED ||
         state == v1::TASK_STATE_EVICTING;
}
[[nodiscard]] constexpr bool hasEnded(v1::TaskState state) {
  return state == v1::TASK_STATE_DONE || state == v1::TASK_STATE_FAILED || state == v1::TASK_STATE_CANCELLED;
}

// A worker that is being killed: why, until its end is reported.
struct Kill {
  v1::Failure::Kind kind = v1::Failure::KIND_UNSPECIFIED;  // UNSPECIFIED: not the task's failure, no attempt counted
  std::string cause;
};

// A task that has not ended. The conductor alone changes it, except the three fields that say otherwise.
struct RosterTask {
  TaskId id;
  v1::TaskState state = v1::TASK_STATE_QUEUED;
  Instant stateSince{};  // when `state` was entered
  int priority = 0;
  std::uint64_t order = 0;    // grows with submission
  std::uint32_t attempt = 1;  // the one that runs or comes next; only a failure raises it
  std::uint32_t attemptsAllowed = 1;
  UnixMs notBefore = 0;                 // earliest next attempt
  GpuId gpu;                            // while it has a worker
  bool cancelWanted = false;            // set by the app when somebody asks for it
  std::optional<Instant> closedAt;      // set by the app when a conversation is over and its worker was told so
  std::optional<Instant> gateClosedAt;  // while PARKED or EVICTING and not yet drained; none: drained (or gate open)
  std::optional<Kill> kill;             // while EVICTING: KillWorker was issued, the worker's end is awaited
  double progress = 0;                  // 0..1, as last reported
  double savedProgress = 0;             // the part that survives the worker
  double secondsLeft = 0;               // estimate of GPU seconds; 0 = unknown
  std::uint64_t gpuNs = 0;              // metered over all its workers: kept up to date by the app
  std::uint32_t dutyPercent = 100;      // granted to its worker
  std::uint64_t gpuNsAllowed = 0;       // limits.gpu_seconds; 0 = no limit
  v1::TokenUsage usage = {};            // of tasks with a language model
  bool own = false;                     // the owner's own work
  bool onProcessor = false;             // may run on the processor too
};
using Roster = std::vector<RosterTask>;

// What the conductor wants done. Every action names its task; `cause` is the rule's name, or one of the conductor's
// own: "own_task", "cancelled", "stopping", "drain_limit", "evict_limit", "start_limit", "close_limit",
// "gpu_time_limit". (SetDuty and OpenGate need none.)
struct StartWorker {
  TaskId task;
  GpuId gpu;
  std::string gpuName;
};  // begins with a closed gate
struct OpenGate {
  TaskId task;
};
struct SetDuty {
  TaskId task;
  std::uint32_t percent = 100;  // 1..100, of GPU time
};                              // holds until the next one; a worker begins with 100
struct CloseGate {
  TaskId task;
  std::string cause;
};
struct EvictWorker {
  TaskId task;
  std::string cause;
};  // closes the gate, then checkpoint and end
// Closes the gate and kills the process. Its end must still be reported (WorkerFailed with KIND_WORKER_DIED, or the
// last word it said before): until then the GPU counts as taken.
struct KillWorker {
  TaskId task;
  v1::Failure::Kind kind = v1::Failure::KIND_UNSPECIFIED;
  std::string cause;
};
struct DropTask {
  TaskId task;
};  // cancelled and without a worker: it has ended
using Action = std::variant<StartWorker, OpenGate, SetDuty, CloseGate, EvictWorker, KillWorker, DropTask>;

struct Plan {
  std::vector<Action> actions;
  std::optional<Instant>
      lookAgain;  // retry delays, drain, evict, start and close limits; none: only an event changes the plan
};

}  // namespace lull::model
