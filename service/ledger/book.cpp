// SPDX-License-Identifier: Apache-2.0
#include "ledger/book.h"

#include "base/log.h"
#include "ledger/blobs.h"

#include <fmt/core.h>

#include <algorithm>
#include <cmath>
#include <limits>

namespace lull::ledger {

namespace {

constexpr std::int64_t kMinuteMs = 60'000;
constexpr int kEventsKept = 500;  // of one task: the newest
// Figures come from a page that the worker can write: a limit keeps sums inside 64 bits. 115 days, 2.8 MWh.
constexpr std::uint64_t kMostOfOneSession = 10'000'000'000'000'000;
constexpr std::size_t kLongestMessage = 1000;
constexpr std::size_t kLongestTechnical = 4000;

std::int64_t bounded(std::uint64_t figure) { return static_cast<std::int64_t>(std::min(figure, kMostOfOneSession)); }

// At most `limit` bytes, never half a character.
std::string_view clipped(std::string_view text, std::size_t limit) {
  if (text.size() <= limit) return text;
  while (limit > 0 && (static_cast<unsigned char>(text[limit]) & 0xc0U) == 0x80U) --limit;
  return text.substr(0, limit);
}

std::int64_t minuteOf(UnixMs at) { return at / kMinuteMs - (at % kMinuteMs < 0 ? 1 : 0); }

std::string wordsFor(const v1::GiveBack& spans) {
  if (spans.drained_ms() < 0) return "The GPU was given back by ending the worker";
  return fmt::format("The GPU was given back after {:.1f} ms", spans.drained_ms());
}

}  // namespace

Book::Book(Connection& c)
    : m_connection(c),
      m_findUnended(c, "SELECT seq FROM task WHERE id=? AND state<6"),
      m_name(c, "SELECT name FROM task WHERE seq=?"),
      m_metered(c, "SELECT sum(gpu_ns), sum(energy_uj), max(estimated) FROM session WHERE task=?"),
      m_insertTask(c,
                   "INSERT INTO task(id,name,runtime,priority,state,progress,attempt,attempts_allowed,submitted) "
                   "VALUES(?,?,?,?,?,?,?,?,?) ON CONFLICT(id) DO NOTHING"),
      m_insertSpec(c, "INSERT INTO task_spec(task,spec) VALUES(?,?)"),
      m_insertBlob(c, "INSERT INTO blob_ref(task,sha256) VALUES(?,?)"),
      m_dropBlobs(c, "DELETE FROM blob_ref WHERE task=?"),
      m_move(c,
             "UPDATE task SET state=?2, attempt=?3, not_before=?4, "
             "started=CASE WHEN ?2=3 AND started=0 THEN ?5 ELSE started END, "
             "ended=CASE WHEN ?2>=6 THEN ?5 ELSE 0 END WHERE seq=?1"),
      m_setGpu(c, "UPDATE task SET gpu=?2 WHERE seq=?1"),
      m_setFailure(c, "UPDATE task SET failure_kind=?2, failure_message=?3, failure_technical=?4 WHERE seq=?1"),
      m_progress(c, "UPDATE task SET progress=?2 WHERE id=?1 AND state<6"),
      m_finish(c,
               "UPDATE task SET state=6, progress=1, ended=?2, not_before=0, failure_kind=0, failure_message='', "
               "failure_technical='' WHERE seq=?1 AND state<6"),
      m_insertOutput(c, "INSERT INTO output(task,position,name,size,sha256) VALUES(?,?,?,?,?)"),
      m_insertEvent(c, "INSERT INTO task_event(task,at,state,text) VALUES(?,?,?,?)"),
      m_trimEvents(c,
                   "DELETE FROM task_event WHERE task=?1 AND id<=(SELECT id FROM task_event WHERE task=?1 "
                   "ORDER BY id DESC LIMIT 1 OFFSET ?2)"),
      m_findSession(c, "SELECT id,task,gpu_ns,energy_uj,estimated FROM session WHERE name=?"),
      m_insertSession(c, "INSERT INTO session(name,task,gpu_ns,energy_uj,estimated) VALUES(?,?,0,0,0)"),
      m_updateSession(c, "UPDATE session SET gpu_ns=?2, energy_uj=?3, estimated=?4 WHERE id=?1"),
      m_insertMeter(c, "INSERT INTO meter(at,session,gpu_ns,energy_uj,estimated) VALUES(?,?,?,?,?)"),
      m_growMeter(c,
                  "UPDATE meter SET gpu_ns=gpu_ns+?2, energy_uj=energy_uj+?3, estimated=max(estimated,?4) WHERE id=?1"),
      m_insertEntry(c,
                    "INSERT INTO entry(at,kind,task,text,micro_credits,gpu_ns,energy_uj,estimated) "
                    "VALUES(?,?,?,?,?,?,?,?)"),
      m_insertGiveBack(c,
                       "INSERT INTO entry(at,kind,task,text,gate_ms,drained_ms,memory_free_ms,cause) "
                       "VALUES(?1,2,(SELECT seq FROM task WHERE id=?2),?3,?4,?5,?6,?7)"),
      m_completeGiveBack(c,
                         "UPDATE entry SET memory_free_ms=?3 WHERE kind=2 AND at=?1 AND "
                         "task=(SELECT seq FROM task WHERE id=?2)"),
      m_temperature(c,
                    "INSERT INTO temperature(minute,celsius) VALUES(?,?) ON CONFLICT(minute) DO UPDATE SET "
                    "celsius=max(celsius,excluded.celsius)"),
      m_setWish(c, "INSERT INTO wish(name,value) VALUES(?,?) ON CONFLICT(name) DO UPDATE SET value=excluded.value"),
      m_dropWish(c, "DELETE FROM wish WHERE name=?") {}

void Book::enter(const model::Entry& entry) {
  std::visit([this](const auto& e) { write(e); }, entry);
}

void Book::forget() {
  m_current.clear();
  m_newestRow = 0;
}

std::int64_t Book::credits(std::uint64_t gpuNs, std::int64_t microCreditsPerGpuHour) {
  __extension__ using Wide = unsigned __int128;
  constexpr Wide kNsPerHour = 3'600'000'000'000;
  const auto rate = static_cast<std::uint64_t>(std::max<std::int64_t>(0, microCreditsPerGpuHour));
  const Wide earned = Wide{gpuNs} * rate / kNsPerHour;
  constexpr auto kMost = std::numeric_limits<std::int64_t>::max();
  return earned > Wide{kMost} ? kMost : static_cast<std::int64_t>(earned);
}

void Book::write(const model::TaskSubmitted& e) {
  const auto& t = e.task;
  if (m_insertTask.run(t.id(), t.name(), t.runtime(), t.priority(), v1::TASK_STATE_QUEUED, t.progress(), t.attempt(),
                       t.attempts_allowed(), t.submitted_unix_ms()) != 1) {
    return;
  }
  const auto seq = m_connection.lastRowId();
  m_insertSpec.run(seq, Blob{t.spec().SerializeAsString()});
  for (const auto& hash : blobsIn(t.spec())) m_insertBlob.run(seq, hash);
  for (const auto& event : t.history()) addEvent(seq, {event.unix_ms(), event.state(), event.text()});
}

void Book::write(const model::TaskMoved& e) {
  if (e.state == v1::TASK_STATE_DONE || e.state == v1::TASK_STATE_UNSPECIFIED) {
    log::error("ledger: task {} cannot move to state {}: left as it was", e.task, static_cast<int>(e.state));
    return;
  }
  const auto task = unended(e.task);
  if (!task) return;
  m_move.run(*task, e.state, e.attempt, e.notBefore, e.at);
  if (!e.gpuName.empty()) m_setGpu.run(*task, e.gpuName);
  if (e.failure.kind() != v1::Failure::KIND_UNSPECIFIED || !e.failure.message().empty()) {
    m_setFailure.run(*task, e.failure.kind(), clipped(e.failure.message(), kLongestMessage),
                     clipped(e.failure.technical(), kLongestTechnical));
  }
  addEvent(*task, {e.at, e.state, e.text});
  if (e.state == v1::TASK_STATE_FAILED) addFailure(*task, e);
  if (e.state == v1::TASK_STATE_FAILED || e.state == v1::TASK_STATE_CANCELLED) end(*task);
}

void Book::write(const model::TaskProgressed& e) { m_progress.run(e.task, e.progress); }

void Book::write(const model::TaskDone& e) {
  const auto task = unended(e.task);
  if (!task || m_finish.run(*task, e.at) != 1) return;
  std::int64_t position = 0;
  for (const auto& output : e.outputs) {
    m_insertOutput.run(*task, position++, output.name(), output.size(), output.sha256());
  }
  addEvent(*task, {e.at, v1::TASK_STATE_DONE, e.text});
  const auto metered = meteredOf(*task);
  m_insertEntry.run(e.at, v1::LedgerEntry::KIND_CREDIT, *task, nameOf(*task),
                    credits(static_cast<std::uint64_t>(metered.gpuNs), e.microCreditsPerGpuHour), metered.gpuNs,
                    metered.energyUj, metered.estimated);
  end(*task);
}

void Book::write(const model::SessionMetered& e) {
  const auto task = unended(e.task);
  if (!task) return;
  const auto known = session(e, *task);
  if (!known || known->task != *task) return;
  const Metered total{std::max(known->total.gpuNs, bounded(e.gpuNs)),
                      std::max(known->total.energyUj, bounded(e.energyUj)),
                      known->total.estimated || (e.energyEstimated && e.energyUj > 0)};
  const Metered by{total.gpuNs - known->total.gpuNs, total.energyUj - known->total.energyUj, total.estimated};
  if (by.gpuNs == 0 && by.energyUj == 0) return;
  m_updateSession.run(known->id, total.gpuNs, total.energyUj, total.estimated);
  addIncrement(known->id, e.at, by);
}

void Book::write(const model::GiveBackMeasured& e) {
  if (m_completeGiveBack.run(e.at, e.task, e.spans.memory_free_ms()) > 0) return;
  m_insertGiveBack.run(e.at, e.task, wordsFor(e.spans), e.spans.gate_ms(), e.spans.drained_ms(),
                       e.spans.memory_free_ms(), e.spans.cause());
}

void Book::write(const model::TemperatureSampled& e) {
  if (std::isfinite(e.celsius)) m_temperature.run(minuteOf(e.at), e.celsius);
}

void Book::write(const model::WishKept& e) {
  if (e.value.empty()) {
    m_dropWish.run(e.name);
  } else {
    m_setWish.run(e.name, e.value);
  }
}

void Book::write(const model::UsageCounted&) {}

void Book::write(const model::LossMeasured&) {}

void Book::addEvent(std::int64_t task, const Event& event) {
  m_insertEvent.run(task, event.at, event.state, clipped(event.text, kLongestMessage));
  m_trimEvents.run(task, kEventsKept);
}

void Book::addFailure(std::int64_t task, const model::TaskMoved& e) {
  const auto metered = meteredOf(task);
  m_insertEntry.run(e.at, v1::LedgerEntry::KIND_FAILURE, task,
                    fmt::format("{}: {}", nameOf(task), clipped(e.failure.message(), kLongestMessage)), 0,
                    metered.gpuNs, metered.energyUj, metered.estimated);
}

void Book::end(std::int64_t task) { m_dropBlobs.run(task); }

std::optional<std::int64_t> Book::unended(const model::TaskId& id) {
  auto rows = m_findUnended.rows(id);
  if (!rows.next()) return std::nullopt;
  return rows.integer(0);
}

std::string Book::nameOf(std::int64_t task) {
  auto rows = m_name.rows(task);
  return rows.next() ? rows.text(0) : std::string();
}

Book::Metered Book::meteredOf(std::int64_t task) {
  auto rows = m_metered.rows(task);
  if (!rows.next()) return {};
  return {rows.integer(0), rows.integer(1), rows.integer(2) != 0};
}

std::optional<Book::Session> Book::session(const model::SessionMetered& e, std::int64_t task) {
  {
    auto rows = m_findSession.rows(e.session);
    if (rows.next()) {
      return Session{rows.integer(0), rows.integer(1), {rows.integer(2), rows.integer(3), rows.integer(4) != 0}};
    }
  }
  if (m_insertSession.run(e.session, task) != 1) return std::nullopt;
  return Session{m_connection.lastRowId(), task, {}};
}

void Book::addIncrement(std::int64_t session, UnixMs at, const Metered& by) {
  const auto minute = minuteOf(at);
  const auto row = m_current.find(session);
  const bool grows =
      row != m_current.end() && row->second.minute == minute && row->second.id > m_newestRow - kMeterRowsThatMayGrow;
  if (grows) {
    m_growMeter.run(row->second.id, by.gpuNs, by.energyUj, by.estimated);
    return;
  }
  m_insertMeter.run(at, session, by.gpuNs, by.energyUj, by.estimated);
  m_newestRow = m_connection.lastRowId();
  std::erase_if(m_current, [&](const auto& r) { return r.second.id <= m_newestRow - kMeterRowsThatMayGrow; });
  m_current[session] = {m_newestRow, minute};
}

}  // namespace lull::ledger
