// SPDX-License-Identifier: Apache-2.0
#include "app/ring.h"

#include "app/view.h"
#include "base/log.h"
#include "conductor/conductor.h"
#include "policy/policy.h"
#include "runtimes/task_check.h"

#include <fmt/format.h>
#include <asio/post.hpp>

#include <algorithm>
#include <cmath>
#include <ctime>
#include <random>

namespace lull::app {

namespace {

constexpr auto kPulse = std::chrono::seconds(1);
constexpr UnixMs kSampleEveryMs = 60'000;
constexpr const char* kPausedUntil = "paused_until";

template <typename... F>
struct Overload : F... {
  using F::operator()...;
};

UnixMs midnightBefore(UnixMs now) {
  const std::time_t seconds = now / 1000;
  std::tm local{};
  localtime_r(&seconds, &local);
  local.tm_hour = local.tm_min = local.tm_sec = 0;
  local.tm_isdst = -1;
  return static_cast<UnixMs>(std::mktime(&local)) * 1000;
}

// Names are unique over restarts: a page of an earlier worker must never be taken for this one's.
std::string newSession(const model::TaskId& task) {
  std::random_device random;
  return fmt::format("{}.{:08x}", task, random());
}

bool isLastWord(const model::WorkerReport& report) {
  return std::holds_alternative<model::WorkerEvicted>(report) ||
         std::holds_alternative<model::WorkerFinished>(report) || std::holds_alternative<model::WorkerFailed>(report);
}

v1::Failure notStarted(const Error& error) {
  v1::Failure failure;
  failure.set_kind(error.kind() == Error::Kind::TooBig ? v1::Failure::KIND_STORAGE : v1::Failure::KIND_WORKER_DIED);
  failure.set_message("The program that computes this task could not be started");
  failure.set_technical(error.text());
  return failure;
}

// Of two limits of which 0 means none.
std::uint64_t stricter(std::uint64_t a, std::uint64_t b) { return a == 0 || b == 0 ? std::max(a, b) : std::min(a, b); }

v1::Task labelOf(v1::Task task) {
  task.clear_spec();
  task.clear_history();
  return task;
}

}  // namespace

Ring::Ring(Stages stages) : m_stages(stages), m_timer(stages.loop), m_pulseTimer(stages.loop) {
  m_startedAt = readClock().unixMs;
}

Outcome Ring::begin(std::vector<std::string> troubles) {
  m_troubles = std::move(troubles);
  auto unfinished = m_stages.ledger.unfinished();
  if (!unfinished) return unfinished.error();
  const auto now = readClock();
  add(conductor::resume(m_roster, *unfinished, {.now = now, .settings = m_stages.settings.values()}));
  std::vector<std::string> names;
  for (auto& task : *unfinished) {
    names.push_back(task.id());
    m_gpuNsBefore[task.id()] = task.gpu_ns();
    if (auto* listed = find(task.id())) listed->gpuNs = task.gpu_ns();
    m_labels[names.back()] = labelOf(std::move(task));
  }
  if (auto blobs = m_stages.ledger.blobsInUse()) m_stages.files.collectGarbage(std::move(*blobs), std::move(names));
  if (const auto kept = m_stages.ledger.wish(kPausedUntil)) {
    m_wishes.pausedUntil = std::strtoll(kept->c_str(), nullptr, 10);
  }
  refreshTotals();
  settingsChanged();
  return {};
}

// Both clocks, their distance held still: reading them anew would shift every shown instant by a millisecond and keep
// the status stream busy. A step of the wall clock is followed.
Now Ring::readClock() {
  auto now = m_stages.clock.now();
  const auto offset = Milliseconds(now.unixMs) - now.instant.time_since_epoch();
  if (std::chrono::abs(offset - m_wallOffset) > std::chrono::milliseconds(250)) m_wallOffset = offset;
  now.unixMs = std::chrono::floor<Milliseconds>(now.instant.time_since_epoch() + m_wallOffset).count();
  return now;
}

void Ring::wake() {
  if (m_awake) return;
  m_awake = true;
  asio::post(m_stages.loop, [this] { pass(); });
}

void Ring::pass() {
  m_awake = false;
  const auto now = readClock();
  takeReports(now);
  const auto facts = look(now);
  m_verdicts = policy::decide(facts, m_stages.settings.values(), m_verdicts);
  const auto plan = conductor::plan({.verdicts = m_verdicts,
                                     .roster = m_roster,
                                     .settings = m_stages.settings.values(),
                                     .now = now,
                                     .stopping = static_cast<bool>(m_stopped),
                                     .gpus = facts.gpus.value});
  apply(plan, facts, now);
  measure(now, facts);
  record();
  publish(facts);
  attend(facts);
  arm(plan, now);
  endIfStopped();
}

void Ring::heard(model::WorkerReport report) {
  m_reports.push_back(std::move(report));
  wake();
}

void Ring::takeReports(const Now& now) {
  for (const auto& report : std::exchange(m_reports, {})) takeReport(report, now);
}

void Ring::takeReport(const model::WorkerReport& report, const Now& now) {
  const auto task = std::visit([](const auto& r) { return r.task; }, report);
  const auto& values = m_stages.settings.values();
  if (const auto figures = m_stages.workers.figures(task)) {
    add(m_giveBack.look(*figures, now));
    if (isLastWord(report)) {
      // The last reading must stand before the word that credits it.
      m_entries.emplace_back(m_meter.keep(*figures, now, values.rewards().assumed_watts()));
      m_gpuNsBefore[task] += figures->gpuNs;
      if (auto* listed = find(task)) listed->gpuNs = m_gpuNsBefore[task];
      m_meter.forget(task);
      m_governors.ended(*figures);
      m_giveBack.reopened(task);
      m_stages.workers.retire(task);
      m_endedSessions.push_back(figures->session);
    }
  }
  add(conductor::take(m_roster, report, {.now = now, .settings = values}));
  if (const auto* failed = std::get_if<model::WorkerFailed>(&report)) {
    log::warning("task {}: {} ({})", task, failed->failure.message(), failed->failure.technical());
    if (failed->failure.kind() == v1::Failure::KIND_DEVICE_LOST) m_stages.senses.lookForGpus();
  }
}

model::Facts Ring::look(const Now& now) {
  if (m_wishes.pausedUntil && *m_wishes.pausedUntil >= 0 && *m_wishes.pausedUntil <= now.unixMs) resume();
  auto facts = m_stages.senses.facts();
  facts.now = now;
  facts.wishes = m_wishes;
  return facts;
}

void Ring::apply(const model::Plan& plan, const model::Facts& facts, const Now& now) {
  for (const auto& action : plan.actions) carryOut(action, facts, now);
  if (!plan.actions.empty()) wake();
}

void Ring::carryOut(const model::Action& action, const model::Facts& facts, const Now& now) {
  auto& workers = m_stages.workers;
  const auto close = [&](const auto& a, auto&& how) {
    const auto before = workers.figures(a.task);
    how();
    if (!before || !before->open) return;
    // The owner's return is measured from the input event itself; one from before the gate was opened did not close it.
    const auto& input = facts.presence.lastActivity;
    const bool byInput = a.cause == "owner_present" && input && *input >= before->gateChangedAt;
    m_giveBack.closed(a.task, a.cause, byInput ? *input : now.instant);
  };
  std::visit(Overload{
                 [](const model::StartWorker&) {},
                 [&](const model::OpenGate& a) {
                   workers.openGate(a.task);
                   m_giveBack.reopened(a.task);
                   pulse();
                 },
                 [&](const model::SetDuty& a) { workers.setDuty(a.task, a.percent); },
                 [&](const model::CloseGate& a) { close(a, [&] { workers.closeGate(a.task); }); },
                 [&](const model::EvictWorker& a) { close(a, [&] { workers.evict(a.task); }); },
                 [&](const model::KillWorker& a) { workers.kill(a.task); },
                 [](const model::DropTask&) {},
             },
             action);
  add(conductor::take(m_roster, action, {.now = now, .settings = m_stages.settings.values()}));
  if (const auto* start = std::get_if<model::StartWorker>(&action)) startWorker(*start);
}

void Ring::startWorker(const model::StartWorker& order) {
  const auto task = m_stages.ledger.task(order.task);
  if (!task) return heard(model::WorkerFailed{order.task, notStarted(task.error())});
  const auto& values = m_stages.settings.values();
  const auto verdict = m_verdicts.byGpu.find(order.gpu);
  const auto granted = verdict == m_verdicts.byGpu.end() ? 0 : verdict->second.memoryLimit;
  auto started = m_stages.workers.start({.task = order.task,
                                         .session = newSession(order.task),
                                         .spec = task->spec(),
                                         .gpu = order.gpu,
                                         .blobFolder = m_stages.files.blobFolder(),
                                         .workFolder = m_stages.files.workFolder(order.task),
                                         .outFolder = m_stages.files.outFolder(order.task),
                                         .pieceMs = values.gpu().piece_ms(),
                                         .pieceLimitS = values.gpu().piece_limit(),
                                         .checkpointEveryS = values.tasks().checkpoint_every(),
                                         .inFlightCap = values.gpu().in_flight(),
                                         .memoryLimit = stricter(granted, task->spec().limits().memory_bytes())});
  if (!started) heard(model::WorkerFailed{order.task, notStarted(started.error())});
}

void Ring::measure(const Now& now, const model::Facts& facts) {
  const auto watts = m_stages.settings.values().rewards().assumed_watts();
  const auto isHardware = [](const v1::Gpu& gpu) { return gpu.type() != "software"; };
  const bool one = std::ranges::count_if(facts.gpus.value, isHardware) == 1;
  for (const auto& gpu : facts.gpus.value) {
    m_meter.power(gpu.id(), one && isHardware(gpu) ? facts.gpuWatts : std::nullopt);
  }
  for (const auto& worker : m_stages.workers.figures()) {
    add(m_giveBack.look(worker, now));
    if (auto* task = find(worker.task)) task->gpuNs = m_gpuNsBefore[worker.task] + worker.gpuNs;
    if (m_meter.look(worker, now.instant) && !worker.endedAt) m_entries.emplace_back(m_meter.keep(worker, now, watts));
  }
  const auto& seen = facts.temperatures;
  if (!seen.isFresh(now.instant, policy::kReadingHolds) || now.unixMs - m_lastSample < kSampleEveryMs) return;
  const auto hottest =
      std::ranges::max_element(seen.value, {}, [](const auto& t) { return t.celsius() + (t.is_gpu() ? 1000 : 0); });
  if (hottest == seen.value.end()) return;
  m_lastSample = now.unixMs;
  m_entries.emplace_back(model::TemperatureSampled{.at = now.unixMs, .celsius = hottest->celsius()});
}

void Ring::record() {
  if (m_entries.empty()) return;
  ++m_recording;
  m_stages.ledger.record(std::exchange(m_entries, {}),
                         [this, ended = std::exchange(m_ended, {}),
                          sessions = std::exchange(m_endedSessions, {})](const Outcome& outcome) {
                           --m_recording;
                           if (!outcome) return log::error("the ledger could not record: {}", outcome.error().text());
                           recorded(ended, sessions);
                         });
}

void Ring::recorded(const std::set<model::TaskId>& ended, const std::vector<std::string>& sessions) {
  for (const auto& session : sessions) m_stages.workers.discard(session);
  for (const auto& id : ended) {
    const auto task = m_stages.ledger.task(id);
    if (task && model::hasEnded(task->state())) m_stages.files.taskEnded(id, task->state() == v1::TASK_STATE_DONE);
  }
  if (!ended.empty()) {
    if (auto blobs = m_stages.ledger.blobsInUse()) m_stages.files.collectBlobs(std::move(*blobs));
  }
  refreshTotals();
  wake();
}

void Ring::refreshTotals() {
  m_dayStart = midnightBefore(readClock().unixMs);
  if (auto totals = m_stages.ledger.totals(m_dayStart)) m_totals = std::move(*totals);
}

void Ring::publish(const model::Facts& facts) {
  if (m_server == nullptr) return;
  auto troubles = m_troubles;
  if (auto trouble = m_stages.ledger.trouble(); !trouble.empty()) troubles.push_back(std::move(trouble));
  for (const auto& trouble : m_stages.settings.troubles()) troubles.push_back(trouble);
  const auto workers = m_stages.workers.figures();
  m_server->publish(project({.facts = facts,
                             .verdicts = m_verdicts,
                             .roster = m_roster,
                             .labels = m_labels,
                             .workers = workers,
                             .meter = m_meter,
                             .governors = m_governors,
                             .totals = m_totals,
                             .settings = m_stages.settings.values(),
                             .troubles = troubles,
                             .startedAt = m_startedAt,
                             .stopping = static_cast<bool>(m_stopped)}));
}

void Ring::attend(const model::Facts& facts) {
  policy::Demand demand{.watched = m_watchers > 0};
  for (const auto& task : m_roster) {
    demand.taskWaits |= task.state == v1::TASK_STATE_QUEUED && task.notBefore <= facts.now.unixMs;
    demand.workerRuns |= task.state == v1::TASK_STATE_RUNNING;
    demand.workerHeld |= model::hasWorker(task.state) && task.state != v1::TASK_STATE_RUNNING;
  }
  m_stages.senses.attend(policy::attentionWanted(m_verdicts, demand));
}

void Ring::arm(const model::Plan& plan, const Now& now) {
  auto next = plan.lookAgain;
  const auto consider = [&next](std::optional<Instant> at) {
    if (at && (!next || *at < *next)) next = at;
  };
  consider(m_verdicts.lookAgain);
  if (m_wishes.pausedUntil && *m_wishes.pausedUntil > 0) consider(now.instantOf(*m_wishes.pausedUntil));
  m_timer.cancel();
  if (!next) return;
  // One millisecond late rather than early: an early look would find nothing changed and ask again.
  m_timer.expires_after(std::max<Nanoseconds>(*next - now.instant, Nanoseconds::zero()) + Milliseconds(1));
  m_timer.async_wait([this](asio::error_code code) {
    if (!code) wake();
  });
}

// While a gate is open: the governors' heartbeat, and fresh figures.
void Ring::pulse() {
  if (m_pulsing) return;
  m_pulsing = true;
  m_pulseTimer.expires_after(kPulse);
  m_pulseTimer.async_wait([this](asio::error_code code) {
    m_pulsing = false;
    if (code || !m_stages.workers.anyOpen()) return;
    m_stages.workers.beat();
    wake();
    pulse();
  });
}

void Ring::pause(UnixMs until) {
  m_wishes.pausedUntil = until;
  m_entries.emplace_back(model::WishKept{.name = kPausedUntil, .value = std::to_string(until)});
  wake();
}

void Ring::resume() {
  if (!m_wishes.pausedUntil) return;
  m_wishes.pausedUntil.reset();
  m_entries.emplace_back(model::WishKept{.name = kPausedUntil, .value = {}});
  wake();
}

void Ring::submit(v1::Task task, ledger::Ledger::Done recorded) {
  // It joins the roster when the ledger has it: a disk that is full refuses it, and nothing unrecorded ever starts.
  const conductor::Moment at{.now = readClock(), .settings = m_stages.settings.values()};
  model::Roster joining;
  auto entries = conductor::submit(joining, std::move(task), at);
  const auto submitted = std::get<model::TaskSubmitted>(entries.at(0)).task;
  ++m_recording;
  m_stages.ledger.record(
      std::move(entries),
      [this, submitted, recorded = std::move(recorded)](const Outcome& outcome) {
        --m_recording;
        if (outcome) join(submitted);
        recorded(outcome);
      },
      ledger::Patience::OrRefuse);
}

void Ring::join(const v1::Task& submitted) {
  const conductor::Moment at{.now = readClock(), .settings = m_stages.settings.values()};
  if (!conductor::submit(m_roster, submitted, at).empty()) m_labels[submitted.id()] = labelOf(submitted);
  refreshTotals();
  wake();
}

Outcome Ring::cancel(const model::TaskId& task) {
  auto* found = find(task);
  if (found == nullptr) return Error(Error::Kind::Conflict, "task " + task + " has ended already");
  found->cancelWanted = true;
  wake();
  return {};
}

void Ring::watched(std::size_t watchers) {
  m_watchers = watchers;
  wake();
}

void Ring::settingsChanged() {
  log::setLevel(m_stages.logLevel.value_or(log::levelFrom(m_stages.settings.values().log().level())));
  m_stages.files.setQuota(static_cast<std::uint64_t>(m_stages.settings.values().tasks().max_storage()) << 20U);
  wake();
}

void Ring::stop(std::function<void()> stopped) {
  m_stopped = std::move(stopped);
  wake();
}

void Ring::endIfStopped() {
  if (!m_stopped || m_recording > 0 || m_awake) return;
  if (std::ranges::any_of(m_roster, [](const auto& task) { return model::hasWorker(task.state); })) return;
  m_timer.cancel();
  m_pulseTimer.cancel();
  asio::post(m_stages.loop, std::exchange(m_stopped, [] {}));
}

void Ring::refine(v1::Task& task) const {
  const auto found = std::ranges::find(m_roster, task.id(), &model::RosterTask::id);
  if (found == m_roster.end()) return;
  task.set_state(found->state);
  task.set_progress(found->progress);
  task.set_seconds_left(std::round(found->secondsLeft));
  task.set_gpu_ns(std::max(task.gpu_ns(), found->gpuNs));
}

void Ring::add(std::vector<model::Entry> entries) {
  for (auto& entry : entries) {
    const auto ends = Overload{
        [](const model::TaskMoved& moved) { return model::hasEnded(moved.state) ? moved.task : model::TaskId(); },
        [](const model::TaskDone& done) { return done.task; },
        [](const auto&) { return model::TaskId(); },
    };
    if (auto ended = std::visit(ends, entry); !ended.empty()) {
      m_labels.erase(ended);
      m_gpuNsBefore.erase(ended);
      m_ended.insert(std::move(ended));
    }
    m_entries.push_back(std::move(entry));
  }
}

model::RosterTask* Ring::find(const model::TaskId& task) {
  const auto found = std::ranges::find(m_roster, task, &model::RosterTask::id);
  return found == m_roster.end() ? nullptr : &*found;
}

}  // namespace lull::app
