// SPDX-License-Identifier: Apache-2.0
// The pass, stage by stage, and what wakes it.
#include "app/ring.h"

#include "app/overload.h"
#include "app/view.h"
#include "base/log.h"
#include "conductor/conductor.h"
#include "model/processor.h"
#include "policy/downloads.h"
#include "policy/policy.h"

#include <asio/post.hpp>

#include <algorithm>
#include <ctime>

namespace lull::app {

namespace {

constexpr auto kPulse = std::chrono::seconds(1);
constexpr UnixMs kSampleEveryMs = 60'000;

UnixMs midnightBefore(UnixMs now) {
  const std::time_t seconds = now / 1000;
  std::tm local{};
  localtime_r(&seconds, &local);
  local.tm_hour = local.tm_min = local.tm_sec = 0;
  local.tm_isdst = -1;
  return static_cast<UnixMs>(std::mktime(&local)) * 1000;
}

}  // namespace

Ring::Ring(Stages stages)
    : m_stages(stages),
      m_chats({.ask = [this](const auto& task, const auto& question) { m_stages.workers.ask(task, question); },
               .hush = [this](const auto& task, auto question) { m_stages.workers.hush(task, question); }}),
      m_timer(stages.loop),
      m_pulseTimer(stages.loop) {
  m_startedAt = readClock().unixMs;
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
  m_chats.attend(m_roster, m_verdicts, now.unixMs);
  closeIdleChats(now);
  m_stages.models.setPaused(policy::downloadsHeld(facts, m_stages.settings.values()));
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

// From the last word on nothing is asked: chat.idle_limit counts.
void Ring::said(const model::WorkerSaid& said) {
  m_chats.said(said);
  if (said.done || !said.error.empty()) wake();
}

void Ring::takeReports(const Now& now) {
  for (const auto& report : std::exchange(m_reports, {})) takeReport(report, now);
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

void Ring::measure(const Now& now, const model::Facts& facts) {
  const auto watts = m_stages.settings.values().rewards().assumed_watts();
  const auto isHardware = [](const v1::Gpu& gpu) { return gpu.type() != "software" && !model::isProcessor(gpu); };
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
  if (const auto& refusal = m_stages.workers.refusal(); !refusal.empty()) {
    const bool required = m_stages.settings.values().sandbox().required();
    troubles.push_back((required ? "No task can run: " : "Tasks run without a sandbox: ") + refusal);
  }
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
                             .models = m_stages.models.summary(),
                             .runtimes = m_stages.images.summary(),
                             .startedAt = m_startedAt,
                             .stopping = static_cast<bool>(m_stopped)}));
}

void Ring::attend(const model::Facts& facts) {
  policy::Demand demand{.watched = m_watchers > 0};
  for (const auto& task : m_roster) {
    const bool runs = task.state == v1::TASK_STATE_RUNNING;
    demand.workerRuns |= runs;
    (task.own ? demand.ownWaits : demand.taskWaits) |=
        task.state == v1::TASK_STATE_QUEUED && task.notBefore <= facts.now.unixMs;
    (task.own ? demand.ownHeld : demand.workerHeld) |= model::hasWorker(task.state) && !runs;
  }
  m_stages.senses.attend(policy::attentionWanted(m_verdicts, demand));
}

void Ring::arm(const model::Plan& plan, const Now& now) {
  auto next = plan.lookAgain;
  const auto consider = [&next](std::optional<Instant> at) {
    if (at && (!next || *at < *next)) next = at;
  };
  consider(m_verdicts.lookAgain);
  consider(m_chats.idleAt(Seconds(m_stages.settings.values().chat().idle_limit())));
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

void Ring::endIfStopped() {
  if (!m_stopped || m_recording > 0 || m_awake) return;
  if (std::ranges::any_of(m_roster, [](const auto& task) { return model::hasWorker(task.state); })) return;
  m_timer.cancel();
  m_pulseTimer.cancel();
  asio::post(m_stages.loop, std::exchange(m_stopped, [] {}));
}

void Ring::add(std::vector<model::Entry> entries) {
  for (auto& entry : entries) {
    const auto ends = Overload{
        [this](const model::TaskMoved& moved) {
          if (model::hasEnded(moved.state)) m_chats.ended(moved.task, moved.text);
          return model::hasEnded(moved.state) ? moved.task : model::TaskId();
        },
        [this](const model::TaskDone& done) {
          m_chats.ended(done.task, "The conversation is over");
          return done.task;
        },
        [](const auto&) { return model::TaskId(); },
    };
    if (auto ended = std::visit(ends, entry); !ended.empty()) {
      m_labels.erase(ended);
      m_models.erase(ended);
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
