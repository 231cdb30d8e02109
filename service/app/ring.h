// SPDX-License-Identifier: Apache-2.0
// The ring: sense → decide → plan → apply → record → publish. The only place that calls the stages.
// One thread: the loop's. Woken by events and by the one timer that the verdicts and the plan ask for; while a gate is
// open also by a pulse each second, which is the governor's heartbeat. In ring.cpp stands the pass, in ring_workers.cpp
// what is said to workers and heard of them, in ring_wishes.cpp what is asked from outside.
#pragma once

#include "app/chats.h"
#include "app/give_back.h"
#include "app/governors.h"
#include "app/meter.h"
#include "base/log.h"
#include "base/time.h"
#include "ipc/server.h"
#include "ledger/ledger.h"
#include "model/facts.h"
#include "model/task.h"
#include "model/verdict.h"
#include "models/store.h"
#include "runtimes/image/image.h"
#include "runtimes/task_files.h"
#include "runtimes/workers.h"
#include "senses/senses.h"
#include "settings/store.h"

#include <asio/io_context.hpp>
#include <asio/steady_timer.hpp>

#include <functional>
#include <map>
#include <set>
#include <string>
#include <vector>

namespace lull::app {

struct Stages {
  asio::io_context& loop;
  const Clock& clock;
  settings::Store& settings;
  senses::Senses& senses;
  runtimes::Workers& workers;
  runtimes::TaskFiles& files;
  models::Store& models;
  image::Images& images;
  ledger::Ledger& ledger;
  std::optional<log::Level> logLevel;  // over the setting log.level
};

class Ring {
public:
  explicit Ring(Stages stages);

  // Takes up what the ledger and the wishes hold from before. `leftoverTrouble` is told to the owner.
  [[nodiscard]] Outcome begin(std::vector<std::string> troubles);
  void publishTo(ipc::Server* server) { m_server = server; }

  // Something is new: a pass soon. Many calls before it make one pass.
  void wake();
  void heard(model::WorkerReport report);
  void said(const model::WorkerSaid& said);

  // Wishes.
  void pause(UnixMs until);
  void resume();
  void submit(v1::Task task, ledger::Ledger::Done recorded);
  // Conflict when the task has ended.
  [[nodiscard]] Outcome cancel(const model::TaskId& task);
  // What is asked of conversations; wake() is called by what changes their tasks.
  [[nodiscard]] Chats& chats() { return m_chats; }
  // Finishes a conversation, which is over at once for whoever holds it: by its own word when it has a worker that
  // hears.
  [[nodiscard]] Outcome closeChat(const model::TaskId& task);
  void watched(std::size_t watchers);
  [[nodiscard]] std::size_t unfinished() const { return m_roster.size(); }
  void settingsChanged();
  // Hashes of the models that unfinished tasks name.
  [[nodiscard]] std::set<std::string> modelsInUse() const;
  // Every worker is evicted and nothing starts any more; `stopped` when all is recorded.
  void stop(std::function<void()> stopped);

  // The live state over the recorded one: for a task that is under way.
  void refine(v1::Task& task) const;

private:
  void pass();
  void join(const v1::Task& submitted);
  [[nodiscard]] Now readClock();
  void takeReports(const Now& now);
  void takeReport(const model::WorkerReport& report, const Now& now);
  [[nodiscard]] model::Facts look(const Now& now);
  void apply(const model::Plan& plan, const model::Facts& facts, const Now& now);
  void carryOut(const model::Action& action, const model::Facts& facts, const Now& now);
  void startWorker(const model::StartWorker& order, const model::Facts& facts);
  [[nodiscard]] Result<std::optional<runtimes::ModelOrder>> modelFor(const v1::TaskSpec& spec,
                                                                     const model::GpuId& device);
  void measure(const Now& now, const model::Facts& facts);
  void record();
  void recorded(const std::set<model::TaskId>& ended, const std::vector<std::string>& sessions);
  void refreshTotals();
  void publish(const model::Facts& facts);
  void attend(const model::Facts& facts);
  void closeIdleChats(const Now& now);
  void arm(const model::Plan& plan, const Now& now);
  void pulse();
  void endIfStopped();
  void add(std::vector<model::Entry> entries);
  model::RosterTask* find(const model::TaskId& task);

  Stages m_stages;
  ipc::Server* m_server = nullptr;
  model::Roster m_roster;
  std::map<model::TaskId, v1::Task> m_labels;            // of the roster's tasks: name, runtime, times; no spec
  std::map<model::TaskId, std::string> m_models;         // of the roster's tasks that name one: its hash
  std::map<model::TaskId, std::uint64_t> m_gpuNsBefore;  // metered by earlier workers of the task
  model::Verdicts m_verdicts;
  model::Wishes m_wishes;
  std::vector<model::WorkerReport> m_reports;
  std::vector<model::Entry> m_entries;
  std::set<model::TaskId> m_ended;           // since the last record
  std::vector<std::string> m_endedSessions;  // since the last record: their pages go once it is written
  Chats m_chats;
  GiveBack m_giveBack;
  Meter m_meter;
  Governors m_governors;
  ledger::Totals m_totals;
  std::vector<std::string> m_troubles;
  UnixMs m_dayStart = 0;
  UnixMs m_startedAt = 0;
  UnixMs m_lastSample = 0;
  Nanoseconds m_wallOffset{};  // wall clock minus monotonic, as last shown
  std::size_t m_watchers = 0;
  std::size_t m_recording = 0;  // batches under way
  bool m_awake = false;
  bool m_pulsing = false;
  std::function<void()> m_stopped;
  asio::steady_timer m_timer;
  asio::steady_timer m_pulseTimer;
};

}  // namespace lull::app
