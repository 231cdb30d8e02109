// SPDX-License-Identifier: Apache-2.0
#include "conductor/conductor.h"
#include "conductor/limits.h"

#include <algorithm>
#include <cmath>
#include <set>
#include <string_view>
#include <utility>

namespace lull::conductor {

namespace {

using model::RosterTask;

class Planning {
public:
  explicit Planning(const PlanInput& input) : m_in(input) {}

  model::Plan make() {
    for (const auto& task : m_in.roster) {
      if (model::hasWorker(task.state)) {
        m_taken.insert(task.gpu);
        guide(task);
      } else if (task.cancelWanted) {
        m_plan.actions.emplace_back(model::DropTask{task.id});
      }
    }
    if (!m_in.stopping) startQueued();
    return std::move(m_plan);
  }

private:
  // What a task's worker is to do next, and when to look at it again.
  void guide(const RosterTask& task) {
    const auto action = actionFor(task);
    if (!action) return watch(task);
    m_plan.actions.push_back(*action);
    model::Roster after{task};
    std::ignore = take(after, *action, {m_in.now, m_in.settings});
    watch(after.front());
  }

  void watch(const RosterTask& task) {
    if (const auto deadline = deadlineOf(task, m_in.settings)) lookAgainAt(deadline->at);
  }

  std::optional<model::Action> actionFor(const RosterTask& task) const {
    if (task.kill) return std::nullopt;
    if (auto kill = killFor(task)) return kill;
    const auto limit = m_in.stopping ? v1::LIMIT_EVICT : limitOf(task.gpu);
    switch (task.state) {
      case v1::TASK_STATE_STARTING:
        return limit == v1::LIMIT_EVICT ? evict(task) : std::nullopt;
      case v1::TASK_STATE_PARKED:
        if (limit == v1::LIMIT_RUN && dutyFor(task) != task.dutyPercent) return setDuty(task);
        if (limit == v1::LIMIT_RUN) return model::OpenGate{task.id};
        return limit == v1::LIMIT_EVICT ? evict(task) : std::nullopt;
      case v1::TASK_STATE_RUNNING:
        if (limit == v1::LIMIT_RUN && dutyFor(task) != task.dutyPercent) return setDuty(task);
        if (limit == v1::LIMIT_PARK) return model::CloseGate{task.id, causeFor(task)};
        return limit == v1::LIMIT_EVICT ? evict(task) : std::nullopt;
      default:
        return std::nullopt;  // EVICTING: its end is awaited
    }
  }

  std::optional<model::Action> killFor(const RosterTask& task) const {
    if (task.cancelWanted) return model::KillWorker{task.id, v1::Failure::KIND_UNSPECIFIED, "cancelled"};
    if (task.gpuNsAllowed != 0 && task.gpuNs >= task.gpuNsAllowed) {
      return model::KillWorker{task.id, v1::Failure::KIND_GPU_TIME_LIMIT, "gpu_time_limit"};
    }
    const auto deadline = deadlineOf(task, m_in.settings);
    if (!deadline || deadline->at > m_in.now.instant) return std::nullopt;
    return model::KillWorker{task.id, deadline->kind, std::string(deadline->cause)};
  }

  std::optional<model::Action> evict(const RosterTask& task) const {
    return model::EvictWorker{task.id, causeFor(task)};
  }

  std::optional<model::Action> setDuty(const RosterTask& task) const { return model::SetDuty{task.id, dutyFor(task)}; }

  std::uint32_t dutyFor(const RosterTask& task) const {
    const auto verdict = m_in.verdicts.byGpu.find(task.gpu);
    const double duty = verdict == m_in.verdicts.byGpu.end() ? 0 : verdict->second.duty;
    return static_cast<std::uint32_t>(std::clamp(std::lround(duty * 100), 1L, 100L));
  }

  v1::Limit limitOf(const model::GpuId& gpu) const {
    const auto verdict = m_in.verdicts.byGpu.find(gpu);
    const auto limit = verdict == m_in.verdicts.byGpu.end() ? v1::LIMIT_EVICT : verdict->second.limit;
    return limit == v1::LIMIT_RUN || limit == v1::LIMIT_PARK ? limit : v1::LIMIT_EVICT;
  }

  std::string causeFor(const RosterTask& task) const {
    if (m_in.stopping) return "stopping";
    const auto verdict = m_in.verdicts.byGpu.find(task.gpu);
    if (verdict == m_in.verdicts.byGpu.end()) return "no_gpu";
    return verdict->second.reasons.empty() ? std::string() : verdict->second.reasons.front().rule();
  }

  // The best queued tasks go to the free GPUs; only while a GPU stays free is a retry's time worth waking up for.
  void startQueued() {
    auto waiting = queue();
    auto next = waiting.begin();
    for (const auto& [gpu, verdict] : m_in.verdicts.byGpu) {
      if (verdict.limit != v1::LIMIT_RUN || m_taken.contains(gpu)) continue;
      if (next == waiting.end()) return lookAgainForRetries();
      m_plan.actions.emplace_back(model::StartWorker{(*next)->id, gpu, nameOf(gpu)});
      lookAgainAt(m_in.now.instant + kStartLimit);
      ++next;
    }
  }

  std::vector<const RosterTask*> queue() const {
    std::vector<const RosterTask*> waiting;
    for (const auto& task : m_in.roster) {
      const bool ready = task.state == v1::TASK_STATE_QUEUED && !task.cancelWanted;
      if (ready && task.notBefore <= m_in.now.unixMs) waiting.push_back(&task);
    }
    std::sort(waiting.begin(), waiting.end(), [](const RosterTask* a, const RosterTask* b) {
      return std::pair(-a->priority, a->order) < std::pair(-b->priority, b->order);
    });
    return waiting;
  }

  void lookAgainForRetries() {
    for (const auto& task : m_in.roster) {
      const bool waits = task.state == v1::TASK_STATE_QUEUED && !task.cancelWanted;
      if (waits && task.notBefore > m_in.now.unixMs) lookAgainAt(m_in.now.instantOf(task.notBefore));
    }
  }

  std::string nameOf(const model::GpuId& id) const {
    const auto gpu = std::find_if(m_in.gpus.begin(), m_in.gpus.end(), [&](const v1::Gpu& g) { return g.id() == id; });
    return gpu == m_in.gpus.end() || gpu->name().empty() ? id : gpu->name();
  }

  void lookAgainAt(Instant at) {
    if (!m_plan.lookAgain || at < *m_plan.lookAgain) m_plan.lookAgain = at;
  }

  const PlanInput& m_in;
  model::Plan m_plan;
  std::set<std::string_view> m_taken;
};

}  // namespace

model::Plan plan(const PlanInput& input) { return Planning(input).make(); }

}  // namespace lull::conductor
