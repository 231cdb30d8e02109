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

// A task that has not ended.
struct RosterTask {
  TaskId id;
  v1::TaskState state = v1::TASK_STATE_QUEUED;
  int priority = 0;
  std::uint64_t order = 0;          // grows with submission
  std::uint32_t attempt = 0;        // attempts begun
  std::uint32_t attemptsAllowed = 1;
  UnixMs notBefore = 0;             // earliest next attempt
  GpuId gpu;                        // while it has a worker
  bool cancelWanted = false;
  std::optional<Instant> gateClosedAt;  // while PARKED or EVICTING and not yet drained
};
using Roster = std::vector<RosterTask>;

// What the conductor wants done. Every action names its task; `cause` is the rule's name (or "cancelled", "stopping").
struct StartWorker { TaskId task; GpuId gpu; };
struct OpenGate { TaskId task; };
struct CloseGate { TaskId task; std::string cause; };
struct EvictWorker { TaskId task; std::string cause; };   // closes the gate, then checkpoint and end
struct KillWorker { TaskId task; v1::Failure::Kind kind = v1::Failure::KIND_UNSPECIFIED; std::string cause; };
struct DropTask { TaskId task; };                         // cancelled and without a worker: it has ended
using Action = std::variant<StartWorker, OpenGate, CloseGate, EvictWorker, KillWorker, DropTask>;

struct Plan {
  std::vector<Action> actions;
  std::optional<Instant> lookAgain;   // retry delays, drain limits
};

}  // namespace lull::model
