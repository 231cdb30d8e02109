// SPDX-License-Identifier: Apache-2.0
// What workers reported, and what the ledger is to keep.
#pragma once

#include "base/time.h"
#include "lull/v1/ledger.pb.h"
#include "lull/v1/task.pb.h"
#include "model/task.h"

#include <string>
#include <variant>
#include <vector>

namespace lull::model {

// From a worker (or about it).
struct WorkerStarted { TaskId task; bool resumed = false; double progress = 0; };
struct WorkerProgress { TaskId task; double progress = 0; double secondsLeft = 0; };
struct WorkerCheckpointed { TaskId task; double progress = 0; };
struct WorkerDrained { TaskId task; };
struct WorkerEvicted { TaskId task; double progress = 0; };   // checkpoint saved (or nothing lost), process ended
struct WorkerFinished { TaskId task; std::vector<v1::Output> outputs; };
struct WorkerFailed { TaskId task; v1::Failure failure; };    // also: died, was killed, could not be started
using WorkerReport = std::variant<WorkerStarted, WorkerProgress, WorkerCheckpointed, WorkerDrained, WorkerEvicted,
                                  WorkerFinished, WorkerFailed>;

// For the ledger.
struct TaskSubmitted { v1::Task task; };                      // with its spec; state QUEUED
struct TaskMoved {                                            // entered `state`; never DONE: that is TaskDone
  TaskId task;
  v1::TaskState state = v1::TASK_STATE_UNSPECIFIED;
  UnixMs at = 0;
  std::string text;                                           // public event text
  std::uint32_t attempt = 0;
  UnixMs notBefore = 0;
  std::string gpuName;                                        // empty: unchanged
  v1::Failure failure;                                        // kind UNSPECIFIED: none
};
struct TaskProgressed { TaskId task; double progress = 0; };  // durable progress: a checkpoint
struct TaskDone { TaskId task; UnixMs at = 0; std::vector<v1::Output> outputs; std::int64_t microCreditsPerGpuHour = 0; };
// The running total of one worker's metered work; idempotent: the largest total stands.
struct SessionMetered {
  std::string session;      // unique per worker
  TaskId task;
  UnixMs at = 0;
  std::uint64_t gpuNs = 0;
  std::uint64_t energyUj = 0;
  bool energyEstimated = true;
};
struct GiveBackMeasured { UnixMs at = 0; TaskId task; v1::GiveBack spans; };
struct TemperatureSampled { UnixMs at = 0; double celsius = 0; };
struct WishKept { std::string name; std::string value; };     // survives a restart; empty value: forgotten
using Entry = std::variant<TaskSubmitted, TaskMoved, TaskProgressed, TaskDone, SessionMetered, GiveBackMeasured,
                           TemperatureSampled, WishKept>;

}  // namespace lull::model
