// SPDX-License-Identifier: Apache-2.0
#include "conductor/conductor.h"
#include "conductor/limits.h"
#include "model/processor.h"

#include <algorithm>
#include <cmath>
#include <ranges>
#include <set>
#include <string_view>
#include <tuple>

namespace lull::conductor {

namespace {

using model::RosterTask;

class Planning {
public:
  explicit Planning(const PlanInput& input) : m_in(input) {}

  model::Plan make() {
    if (!m_in.stopping) makeRoom();
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
    const bool leaves = m_in.stopping || m_displaced.contains(task.id);
    const auto limit = leaves ? v1::LIMIT_EVICT : limitOf(task, task.gpu);
    switch (task.state) {
      case v1::TASK_STATE_STARTING:
        return limit == v1::LIMIT_EVICT || worksUngated(task, limit) ? evict(task) : std::nullopt;
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

  // On the processor a worker works while it starts: where others wait behind their gate, it goes.
  static bool worksUngated(const RosterTask& task, v1::Limit limit) {
    return task.gpu == model::kProcessorId && limit != v1::LIMIT_RUN;
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

  // None: the GPU has no verdict, or the task cannot be computed there.
  const model::Leave* leaveFor(const RosterTask& task, const model::GpuId& gpu) const {
    if (gpu == model::kProcessorId && !task.onProcessor) return nullptr;
    const auto verdict = m_in.verdicts.byGpu.find(gpu);
    return verdict == m_in.verdicts.byGpu.end() ? nullptr : &verdict->second.leaveFor(task.own);
  }

  std::uint32_t dutyFor(const RosterTask& task) const {
    const auto* leave = leaveFor(task, task.gpu);
    const double duty = leave == nullptr ? 0 : leave->duty;
    return static_cast<std::uint32_t>(std::clamp(std::lround(duty * 100), 1L, 100L));
  }

  v1::Limit limitOf(const RosterTask& task, const model::GpuId& gpu) const {
    const auto* leave = leaveFor(task, gpu);
    const auto limit = leave == nullptr ? v1::LIMIT_EVICT : leave->limit;
    return limit == v1::LIMIT_RUN || limit == v1::LIMIT_PARK ? limit : v1::LIMIT_EVICT;
  }

  std::string causeFor(const RosterTask& task) const {
    if (m_in.stopping) return "stopping";
    if (m_displaced.contains(task.id)) return "own_task";
    const auto* leave = leaveFor(task, task.gpu);
    if (leave == nullptr) return "no_gpu";
    return leave->reasons.empty() ? std::string() : leave->reasons.front().rule();
  }

  // Chooses the strangers' tasks that leave their GPUs for the owner's own, as far as too few are free or soon will be.
  void makeRoom() {
    auto missing = std::ranges::count_if(queue(), [&](const RosterTask* t) { return t->own && mayRunSomewhere(*t); });
    if (missing == 0) return;
    std::vector<const RosterTask*> strangers;
    for (const auto& [gpu, verdict] : m_in.verdicts.byGpu) {
      if (verdict.own.limit != v1::LIMIT_RUN) continue;
      const auto* there = workerOn(gpu);
      if (there == nullptr || isLeaving(*there)) {
        --missing;
      } else if (!there->own) {
        strangers.push_back(there);
      }
    }
    std::ranges::sort(strangers, std::ranges::greater(), rank);  // the least important leaves first
    for (const auto* stranger : strangers) {
      if (missing-- > 0) m_displaced.insert(stranger->id);
    }
  }

  bool mayRunSomewhere(const RosterTask& task) const {
    return std::ranges::any_of(m_in.verdicts.byGpu,
                               [&](const auto& device) { return limitOf(task, device.first) == v1::LIMIT_RUN; });
  }

  const RosterTask* workerOn(const model::GpuId& gpu) const {
    const auto found = std::ranges::find_if(
        m_in.roster, [&](const RosterTask& task) { return model::hasWorker(task.state) && task.gpu == gpu; });
    return found == m_in.roster.end() ? nullptr : &*found;
  }

  bool isLeaving(const RosterTask& task) const {
    return task.state == v1::TASK_STATE_EVICTING || task.cancelWanted || task.closedAt ||
           limitOf(task, task.gpu) == v1::LIMIT_EVICT;
  }

  // The best queued tasks go to the free devices that they may use.
  void startQueued() {
    auto waiting = queue();
    for (const auto& gpu : devices()) {
      if (m_taken.contains(gpu)) continue;
      const auto next =
          std::ranges::find_if(waiting, [&](const RosterTask* task) { return limitOf(*task, gpu) == v1::LIMIT_RUN; });
      if (next == waiting.end()) {
        lookAgainForRetries(gpu);
        continue;
      }
      m_plan.actions.emplace_back(model::StartWorker{(*next)->id, gpu, nameOf(gpu)});
      lookAgainAt(m_in.now.instant + kStartLimit);
      waiting.erase(next);
    }
  }

  // The processor last: what can be computed by both is done sooner by a GPU.
  std::vector<model::GpuId> devices() const {
    std::vector<model::GpuId> out;
    for (const auto& [id, verdict] : m_in.verdicts.byGpu) out.push_back(id);
    std::stable_partition(out.begin(), out.end(), [](const auto& id) { return id != model::kProcessorId; });
    return out;
  }

  std::vector<const RosterTask*> queue() const {
    std::vector<const RosterTask*> waiting;
    for (const auto& task : m_in.roster) {
      const bool ready = task.state == v1::TASK_STATE_QUEUED && !task.cancelWanted;
      if (ready && task.notBefore <= m_in.now.unixMs) waiting.push_back(&task);
    }
    std::ranges::sort(waiting, std::ranges::less(), rank);
    return waiting;
  }

  // The owner's own first, then by priority, then the oldest.
  static std::tuple<bool, int, std::uint64_t> rank(const RosterTask* task) {
    return {!task->own, -task->priority, task->order};
  }

  // Only where a task could start is a retry's time worth waking up for.
  void lookAgainForRetries(const model::GpuId& gpu) {
    for (const auto& task : m_in.roster) {
      const bool waits = task.state == v1::TASK_STATE_QUEUED && !task.cancelWanted;
      if (!waits || task.notBefore <= m_in.now.unixMs || limitOf(task, gpu) != v1::LIMIT_RUN) continue;
      lookAgainAt(m_in.now.instantOf(task.notBefore));
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
  std::set<std::string_view> m_displaced;  // tasks
};

}  // namespace

model::Plan plan(const PlanInput& input) { return Planning(input).make(); }

}  // namespace lull::conductor
