// SPDX-License-Identifier: Apache-2.0
#include "conductor/conductor.h"
#include "conductor/failure.h"
#include "conductor/retry.h"
#include "conductor/transitions.h"
#include "conductor/words.h"
#include "model/processor.h"

#include <fmt/core.h>

#include <algorithm>
#include <limits>
#include <set>
#include <string_view>
#include <utility>

namespace lull::conductor {

namespace {

using model::RosterTask;
using Entries = std::vector<model::Entry>;

constexpr std::uint64_t kNsPerSecond = 1'000'000'000;
constexpr std::uint64_t kMostGpuSeconds = std::numeric_limits<std::uint64_t>::max() / kNsPerSecond;

// Workers are not trusted: NaN and anything outside 0..1 is brought inside.
double sane(double progress) { return progress > 0 ? std::min(progress, 1.0) : 0.0; }

bool inThePast(UnixMs at, UnixMs now) { return at > 0 && at <= now; }

// One task while something is taken into it.
class Taking {
public:
  Taking(RosterTask& task, const Moment& at) : m_task(task), m_at(at) {}

  Entries finish() && { return std::move(m_entries); }

  void operator()(const model::StartWorker& a) {
    if (!change(Event::Start, a.gpuName.empty() ? a.gpu : a.gpuName)) return;
    m_task.gpu = a.gpu;
    m_task.dutyPercent = 100;
    if (auto* moved = lastMove()) moved->gpuName = a.gpuName;
  }
  void operator()(const model::OpenGate&) {
    if (change(Event::OpenGate)) m_task.gateClosedAt.reset();
  }
  void operator()(const model::SetDuty& a) {
    if (model::hasWorker(m_task.state)) m_task.dutyPercent = a.percent;
  }
  void operator()(const model::CloseGate& a) {
    if (change(Event::CloseGate, becauseOf(a.cause))) m_task.gateClosedAt = m_at.now.instant;
  }
  void operator()(const model::EvictWorker& a) {
    const bool gateWasOpen = m_task.state == v1::TASK_STATE_RUNNING;
    if (change(Event::Evict, becauseOf(a.cause)) && gateWasOpen) m_task.gateClosedAt = m_at.now.instant;
  }
  void operator()(const model::KillWorker& a) {
    if (!m_task.kill && change(Event::Kill, killedFor(a.cause))) m_task.kill = model::Kill{a.kind, a.cause};
  }
  void operator()(const model::DropTask&) { change(Event::Drop); }

  void operator()(const model::WorkerStarted& r) {
    const double from = r.resumed ? sane(r.progress) : 0.0;
    if (!change(Event::Started, goesOnFrom(from))) return;
    m_task.progress = from;
    save(from);
  }
  void operator()(const model::WorkerProgress& r) {
    if (!change(Event::Told)) return;
    m_task.progress = sane(r.progress);
    m_task.secondsLeft = r.secondsLeft > 0 ? r.secondsLeft : 0;
    m_task.usage = r.usage;
  }
  void operator()(const model::WorkerCheckpointed& r) {
    if (!change(Event::Told)) return;
    m_task.progress = std::max(m_task.progress, sane(r.progress));
    save(sane(r.progress));
    count(r.usage);
  }
  void operator()(const model::WorkerLearned& r) {
    if (!change(Event::Told)) return;
    model::LossMeasured measured{m_task.id, r.points};
    // A time that is missing or still to come is none of ours.
    const auto now = m_at.now.unixMs;
    for (auto& point : measured.points) point.set_unix_ms(inThePast(point.unix_ms(), now) ? point.unix_ms() : now);
    m_entries.emplace_back(std::move(measured));
  }
  void operator()(const model::WorkerDrained&) {
    if (change(Event::Drained)) m_task.gateClosedAt.reset();
  }
  void operator()(const model::WorkerEvicted& r) {
    if (!model::hasWorker(m_task.state)) return;
    save(sane(r.progress));
    count(r.usage);
    end(Event::Evicted);
  }
  void operator()(const model::WorkerFinished& r) {
    const auto row = transition(m_task.state, Event::Finished);
    if (!row) return;
    m_task.state = row->next;
    count(r.usage);
    const auto& rewards = m_at.settings.rewards();  // none for the owner's own work
    m_entries.emplace_back(model::TaskDone{.task = m_task.id,
                                           .at = m_at.now.unixMs,
                                           .text = std::string(row->text),
                                           .outputs = r.outputs,
                                           .microCreditsPerGpuHour = m_task.own ? 0 : rewards.credits_per_gpu_hour(),
                                           .microCreditsPerCpuHour = m_task.own ? 0 : rewards.credits_per_cpu_hour()});
  }
  void operator()(const model::WorkerFailed& r) {
    if (!model::hasWorker(m_task.state)) return;
    count(m_task.usage);  // as it last told
    if (isUnwanted() || isInterruption(m_task, r.failure)) return end(Event::Interrupted);
    fail(explained(m_task, r.failure, m_at.settings));
  }
  void restarted() { end(Event::Restarted); }
  void orphaned() { change(Event::Orphaned); }

private:
  bool isUnwanted() const { return m_task.cancelWanted || m_task.closedAt; }

  void fail(const v1::Failure& failure) {
    if (!mayRetry(m_task, failure.kind())) {
      change(Event::FailedForGood, failedForGood(m_task, failure));
      if (auto* moved = lastMove()) moved->failure = failure;
      return;
    }
    const auto delay = retryDelay(m_task.attempt, m_at.settings);
    const auto text = attemptFailed(m_task, failure, delay);
    ++m_task.attempt;
    m_task.notBefore = m_at.now.unixMs + Milliseconds(delay).count();
    change(Event::AttemptFailed, text);
    if (auto* moved = lastMove()) moved->failure = failure;
    leaveWorker();
  }

  // The worker is gone and the task waits again, or was cancelled meanwhile.
  void end(Event event) {
    change(isUnwanted() && event != Event::Restarted ? Event::Abandoned : event, goesOnFrom(m_task.savedProgress));
    leaveWorker();
  }

  void leaveWorker() {
    m_task.gpu.clear();
    m_task.kill.reset();
    m_task.gateClosedAt.reset();
    m_task.progress = m_task.savedProgress;
    m_task.secondsLeft = 0;
  }

  void save(double progress) {
    if (progress == m_task.savedProgress) return;
    m_task.savedProgress = progress;
    m_entries.emplace_back(model::TaskProgressed{m_task.id, progress});
  }

  void count(const v1::TokenUsage& usage) {
    if (usage.ByteSizeLong() == 0) return;
    m_task.usage = usage;
    m_entries.emplace_back(model::UsageCounted{m_task.id, m_at.now.unixMs, usage});
  }

  bool change(Event event, std::string_view detail = {}) {
    const auto row = transition(m_task.state, event);
    if (!row) return false;
    if (m_task.state != row->next) m_task.stateSince = m_at.now.instant;
    m_task.state = row->next;
    if (!row->text.empty()) tell(*row, detail);
    return true;
  }

  void tell(const Transition& row, std::string_view detail) {
    m_entries.emplace_back(model::TaskMoved{.task = m_task.id,
                                            .state = row.next,
                                            .at = m_at.now.unixMs,
                                            .text = fmt::format(fmt::runtime(row.text), detail, deviceName()),
                                            .attempt = m_task.attempt,
                                            .notBefore = m_task.notBefore,
                                            .gpuName = {},
                                            .failure = {}});
  }

  std::string_view deviceName() const { return m_task.gpu == model::kProcessorId ? "processor" : "GPU"; }

  model::TaskMoved* lastMove() {
    return m_entries.empty() ? nullptr : std::get_if<model::TaskMoved>(&m_entries.back());
  }

  RosterTask& m_task;
  const Moment& m_at;
  Entries m_entries;
};

RosterTask* find(model::Roster& roster, const model::TaskId& id) {
  const auto task = std::find_if(roster.begin(), roster.end(), [&](const RosterTask& t) { return t.id == id; });
  return task == roster.end() ? nullptr : &*task;
}

template <typename Happening>
Entries takeAny(model::Roster& roster, const Happening& happening, const Moment& at) {
  auto* task = find(roster, std::visit([](const auto& h) -> const model::TaskId& { return h.task; }, happening));
  if (task == nullptr) return {};
  Taking taking(*task, at);
  std::visit(taking, happening);
  if (model::hasEnded(task->state)) roster.erase(roster.begin() + (task - roster.data()));
  return std::move(taking).finish();
}

RosterTask rosterTask(const v1::Task& task, const model::Roster& roster) {
  RosterTask t;
  t.id = task.id();
  t.priority = task.priority();
  t.order = roster.empty() ? 1 : roster.back().order + 1;  // tasks join at the end and keep their places
  t.attempt = std::max(1U, task.attempt());
  t.attemptsAllowed = task.attempts_allowed();
  t.notBefore = task.not_before_unix_ms();
  t.progress = t.savedProgress = sane(task.progress());
  t.gpuNs = task.gpu_ns();
  t.usage = task.usage();
  t.own = task.spec().own();
  t.onProcessor = !task.spec().has_spirv();
  t.gpuNsAllowed = std::min(task.spec().limits().gpu_seconds(), kMostGpuSeconds) * kNsPerSecond;
  return t;
}

std::string runtimeOf(const v1::TaskSpec& spec) {
  if (spec.runtime_case() == v1::TaskSpec::RUNTIME_NOT_SET) return "";
  return spec.has_spirv() ? "spirv" : "llama";
}

}  // namespace

Entries take(model::Roster& roster, const model::WorkerReport& report, const Moment& at) {
  return takeAny(roster, report, at);
}

Entries take(model::Roster& roster, const model::Action& action, const Moment& at) {
  return takeAny(roster, action, at);
}

Entries submit(model::Roster& roster, v1::Task task, const Moment& at) {
  const auto row = transition(v1::TASK_STATE_UNSPECIFIED, Event::Submitted);
  if (!row || find(roster, task.id()) != nullptr) return {};
  task.set_name(task.spec().name());
  task.set_runtime(runtimeOf(task.spec()));
  task.set_priority(task.spec().priority());
  task.set_own(task.spec().own());
  task.set_state(row->next);
  task.set_attempt(1);
  task.set_attempts_allowed(attemptsAllowed(task.spec(), at.settings));
  task.set_submitted_unix_ms(at.now.unixMs);
  auto& event = *task.add_history();
  event.set_unix_ms(at.now.unixMs);
  event.set_state(row->next);
  event.set_text(std::string(row->text));

  roster.push_back(rosterTask(task, roster));
  roster.back().stateSince = at.now.instant;
  Entries entries;
  entries.emplace_back(model::TaskSubmitted{std::move(task)});
  return entries;
}

Entries resume(model::Roster& roster, const std::vector<v1::Task>& unfinished, const Moment& at) {
  Entries entries;
  std::set<model::TaskId> known;
  for (const auto& task : roster) known.insert(task.id);
  for (const auto& task : unfinished) {
    if (model::hasEnded(task.state()) || !known.insert(task.id()).second) continue;
    auto joined = rosterTask(task, roster);
    if (joined.attemptsAllowed == 0) joined.attemptsAllowed = attemptsAllowed(task.spec(), at.settings);
    joined.state = model::hasWorker(task.state()) ? task.state() : v1::TASK_STATE_QUEUED;
    joined.stateSince = at.now.instant;
    Taking taking(joined, at);
    if (task.spec().has_llama_chat()) {
      taking.orphaned();
    } else {
      taking.restarted();
    }
    if (!model::hasEnded(joined.state)) roster.push_back(joined);
    std::ranges::move(std::move(taking).finish(), std::back_inserter(entries));
  }
  return entries;
}

}  // namespace lull::conductor
