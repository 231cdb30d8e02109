// SPDX-License-Identifier: Apache-2.0
// What the ring begins with, and what is asked of it from outside.
#include "app/ring.h"

#include "app/view.h"
#include "base/log.h"
#include "conductor/conductor.h"
#include "runtimes/task_check.h"

#include <algorithm>
#include <cmath>
#include <cstdlib>

namespace lull::app {

namespace {

constexpr const char* kPausedUntil = "paused_until";

v1::Task labelOf(v1::Task task) {
  task.clear_spec();
  task.clear_history();
  return task;
}

}  // namespace

Outcome Ring::begin(std::vector<std::string> troubles) {
  m_troubles = std::move(troubles);
  auto unfinished = m_stages.ledger.unfinished();
  if (!unfinished) return unfinished.error();
  const auto now = readClock();
  add(conductor::resume(m_roster, *unfinished, {.now = now, .settings = m_stages.settings.values()}));
  std::vector<std::string> names;
  for (auto& task : *unfinished) {
    auto* listed = find(task.id());
    if (listed == nullptr) continue;  // it ended with the service before
    names.push_back(task.id());
    m_gpuNsBefore[task.id()] = task.gpu_ns();
    listed->gpuNs = task.gpu_ns();
    if (auto named = runtimes::modelOf(task.spec()); !named.empty()) m_models[task.id()] = std::move(named);
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
  if (auto named = runtimes::modelOf(submitted.spec()); !named.empty()) m_models[submitted.id()] = std::move(named);
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

Outcome Ring::closeChat(const model::TaskId& task) {
  m_chats.close(task);
  auto* found = find(task);
  if (found == nullptr || !hears(*found)) return cancel(task);
  m_stages.workers.closeChat(task);
  // It may come to stand still before it reads that.
  if (!found->closedAt) found->closedAt = readClock().instant;
  wake();
  return {};
}

// Whoever goes on asking begins another, with all that was said: their programs have it.
void Ring::closeIdleChats(const Now& now) {
  for (const auto& task : m_chats.idle(Seconds(m_stages.settings.values().chat().idle_limit()), now.instant)) {
    log::info("task {}: nothing was asked for long (chat.idle_limit): the conversation is over", task);
    if (auto closed = closeChat(task); !closed) log::warning("{}", closed.error().text());
  }
}

void Ring::watched(std::size_t watchers) {
  m_watchers = watchers;
  wake();
}

void Ring::settingsChanged() {
  log::setLevel(m_stages.logLevel.value_or(log::levelFrom(m_stages.settings.values().log().level())));
  m_stages.files.setQuota(static_cast<std::uint64_t>(m_stages.settings.values().tasks().max_storage()) << 20U);
  const auto& models = m_stages.settings.values().models();
  m_stages.models.setRules({.quota = static_cast<std::uint64_t>(models.max_storage()) << 20U,
                            .maxRate = static_cast<std::uint64_t>(models.max_rate()) << 10U,
                            .usual = models.default_()});
  wake();
}

std::set<std::string> Ring::modelsInUse() const {
  std::set<std::string> out;
  for (const auto& [task, model] : m_models) out.insert(model);
  return out;
}

void Ring::stop(std::function<void()> stopped) {
  m_stopped = std::move(stopped);
  wake();
}

void Ring::refine(v1::Task& task) const {
  const auto found = std::ranges::find(m_roster, task.id(), &model::RosterTask::id);
  if (found == m_roster.end()) return;
  task.set_state(found->state);
  task.set_progress(found->progress);
  task.set_seconds_left(std::round(found->secondsLeft));
  task.set_gpu_ns(std::max(task.gpu_ns(), found->gpuNs));
  raiseUsage(task, found->usage);
}

}  // namespace lull::app
