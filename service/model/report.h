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

// From a worker (or about it). A worker's reports arrive in order; the last one is exactly one of Evicted, Finished and
// Failed, and comes when its process has ended (its GPU memory is free).
// Started: device open, task accepted, nothing submitted yet: the gate is opened only after it.
struct WorkerStarted {
  TaskId task;
  bool resumed = false;
  double progress = 0;
};
struct WorkerProgress {
  TaskId task;
  double progress = 0;
  double secondsLeft = 0;
  v1::TokenUsage usage = {};  // here and below: so far, over all workers of the task; none: no language model
};
struct WorkerCheckpointed {
  TaskId task;
  double progress = 0;
  v1::TokenUsage usage = {};
};
struct WorkerDrained {
  TaskId task;
};  // for the newest closing of the gate, not an earlier one
struct WorkerEvicted {
  TaskId task;
  double progress = 0;
  v1::TokenUsage usage = {};
};  // checkpoint saved (or nothing lost); progress: what is saved
struct WorkerFinished {
  TaskId task;
  std::vector<v1::Output> outputs;
  v1::TokenUsage usage = {};
};
// Also: could not be started; died or was killed (both KIND_WORKER_DIED, the signal or exit code in `technical`).
struct WorkerFailed {
  TaskId task;
  v1::Failure failure;
};
// New points of a training's curve, by step; after an eviction or a crash some may come again.
struct WorkerLearned {
  TaskId task;
  std::vector<v1::LossPoint> points;
};
// Of a conversation: no report, for nothing is decided by it and it comes with each token.
struct WorkerSaid {
  TaskId task;
  std::uint64_t question = 0;
  std::string text;
  std::string thinking;
  bool done = false;  // the last of this answer, and so is an error
  v1::TokenUsage usage = {};
  std::string error;
};
using WorkerReport = std::variant<WorkerStarted, WorkerProgress, WorkerCheckpointed, WorkerDrained, WorkerEvicted,
                                  WorkerFinished, WorkerFailed, WorkerLearned>;

// For the ledger.
struct TaskSubmitted {
  v1::Task task;
};                  // with its spec; state QUEUED
struct TaskMoved {  // entered `state`; never DONE: that is TaskDone
  TaskId task;
  v1::TaskState state = v1::TASK_STATE_UNSPECIFIED;
  UnixMs at = 0;
  std::string text;           // public event text
  std::uint32_t attempt = 0;  // the one that runs or comes next; FAILED: the last
  UnixMs notBefore = 0;
  std::string gpuName;  // empty: unchanged
  v1::Failure failure;  // kind UNSPECIFIED: none
};
struct TaskProgressed {
  TaskId task;
  double progress = 0;
};  // durable progress: a checkpoint
// Credits what its sessions have metered so far: put a worker's last SessionMetered before it. What is metered after
// a task's end changes nothing.
struct TaskDone {
  TaskId task;
  UnixMs at = 0;
  std::string text;
  std::vector<v1::Output> outputs;
  std::int64_t microCreditsPerGpuHour = 0;
  std::int64_t microCreditsPerCpuHour = 0;
};
// What a task has computed with a language model so far; idempotent: the largest figures stand.
struct UsageCounted {
  TaskId task;
  UnixMs at = 0;
  v1::TokenUsage usage;
};
// Points of a training's curve; idempotent: the newest of a step stands.
struct LossMeasured {
  TaskId task;
  std::vector<v1::LossPoint> points;
};
// The running total of one worker's metered work; idempotent: the largest total stands.
struct SessionMetered {
  std::string session;  // unique per worker
  TaskId task;
  UnixMs at = 0;
  std::uint64_t gpuNs = 0;
  std::uint64_t energyUj = 0;
  bool energyEstimated = true;
  std::uint64_t cpuNs = 0;  // of workers on the processor; those meter no GPU time
};
// A second one for the same instant and task completes the first: it tells when the memory was free.
struct GiveBackMeasured {
  UnixMs at = 0;
  TaskId task;
  v1::GiveBack spans;
};
struct TemperatureSampled {
  UnixMs at = 0;
  double celsius = 0;
};
struct WishKept {
  std::string name;
  std::string value;
};  // survives a restart; empty value: forgotten
using Entry = std::variant<TaskSubmitted, TaskMoved, TaskProgressed, TaskDone, SessionMetered, GiveBackMeasured,
                           TemperatureSampled, WishKept, UsageCounted, LossMeasured>;

}  // namespace lull::model
