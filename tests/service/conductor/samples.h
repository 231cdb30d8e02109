// SPDX-License-Identifier: Apache-2.0
// Small values for the conductor's tests.
#pragma once

#include "conductor/conductor.h"

#include <QString>

#include <string>
#include <utility>
#include <vector>

namespace lull::conductor::samples {

inline const Now kNow{instantFromNs(1'000'000'000'000), 1'700'000'000'000};

inline Now later(Nanoseconds span) {
  return {kNow.instant + span, kNow.unixMs + std::chrono::duration_cast<Milliseconds>(span).count()};
}

inline v1::Settings settings() {
  v1::Settings s;
  s.mutable_tasks()->set_attempts(3);
  s.mutable_tasks()->set_retry_delay(10);
  s.mutable_gpu()->set_drain_limit(1000);
  s.mutable_rewards()->set_credits_per_gpu_hour(1'000'000);
  return s;
}

inline const v1::Settings kSettings = settings();
inline const Moment kMoment{kNow, kSettings};

inline model::Leave leave(v1::Limit limit, const std::string& rule) {
  model::Leave leave;
  leave.limit = limit;
  if (limit == v1::LIMIT_RUN) {
    leave.duty = 1;
    return leave;
  }
  leave.reasons.emplace_back();
  leave.reasons.back().set_rule(rule);
  leave.reasons.back().set_limit(limit);
  return leave;
}

inline model::Verdict verdict(v1::Limit limit, v1::Limit own = v1::LIMIT_RUN) {
  return {leave(limit, "owner_present"), leave(own, "too_hot")};
}

inline model::Verdicts verdicts(std::vector<std::pair<std::string, v1::Limit>> gpus) {
  model::Verdicts v;
  for (const auto& [gpu, limit] : gpus) v.byGpu[gpu] = verdict(limit);
  return v;
}

inline v1::Task spec(const std::string& id, int priority = 0, std::uint32_t attempts = 0) {
  v1::Task task;
  task.set_id(id);
  task.mutable_spec()->set_name("task " + id);
  task.mutable_spec()->set_priority(priority);
  task.mutable_spec()->mutable_limits()->set_attempts(attempts);
  task.mutable_spec()->mutable_spirv();
  return task;
}

inline model::RosterTask inState(v1::TaskState state, const std::string& id = "t-a", const std::string& gpu = "g0") {
  model::RosterTask t;
  t.id = id;
  t.state = state;
  t.stateSince = kNow.instant;
  t.order = 1;
  t.attemptsAllowed = 3;
  if (model::hasWorker(state)) t.gpu = gpu;
  return t;
}

inline model::RosterTask queued(const std::string& id, int priority, std::uint64_t order, UnixMs notBefore = 0) {
  auto t = inState(v1::TASK_STATE_QUEUED, id);
  t.priority = priority;
  t.order = order;
  t.notBefore = notBefore;
  return t;
}

inline v1::Failure failure(v1::Failure::Kind kind, const std::string& technical = {}) {
  v1::Failure f;
  f.set_kind(kind);
  f.set_technical(technical);
  return f;
}

// What the ledger is told.
template <typename T>
const T* only(const std::vector<model::Entry>& entries) {
  return entries.size() == 1 ? std::get_if<T>(&entries.front()) : nullptr;
}

inline QString textOf(const std::vector<model::Entry>& entries) {
  const auto* moved = entries.empty() ? nullptr : std::get_if<model::TaskMoved>(&entries.back());
  return moved ? QString::fromStdString(moved->text) : QString();
}

// A plan's actions in short: "start t-a g0", "close t-a owner_present", "kill t-a 8 drain_limit", …
inline std::string brief(const model::Action& action) {
  struct Brief {
    std::string operator()(const model::StartWorker& a) const { return "start " + a.task + " " + a.gpu; }
    std::string operator()(const model::OpenGate& a) const { return "open " + a.task; }
    std::string operator()(const model::SetDuty& a) const { return "duty " + a.task + " " + std::to_string(a.percent); }
    std::string operator()(const model::CloseGate& a) const { return "close " + a.task + " " + a.cause; }
    std::string operator()(const model::EvictWorker& a) const { return "evict " + a.task + " " + a.cause; }
    std::string operator()(const model::KillWorker& a) const {
      return "kill " + a.task + " " + std::to_string(a.kind) + " " + a.cause;
    }
    std::string operator()(const model::DropTask& a) const { return "drop " + a.task; }
  };
  return std::visit(Brief{}, action);
}
inline std::string brief(const model::Plan& plan) {
  std::string all;
  for (const auto& action : plan.actions) all += (all.empty() ? "" : ", ") + brief(action);
  return all;
}
inline QString planOf(const model::Roster& roster, const model::Verdicts& v, Now now = kNow, bool stopping = false) {
  const auto p = plan({.verdicts = v, .roster = roster, .settings = kSettings, .now = now, .stopping = stopping});
  return QString::fromStdString(brief(p));
}

}  // namespace lull::conductor::samples
