// SPDX-License-Identifier: Apache-2.0
#include "ledger/book.h"

#include "base/log.h"
#include "ledger/blobs.h"

#include <fmt/core.h>

#include <algorithm>
#include <limits>

namespace lull::ledger {

namespace {

constexpr int kEventsKept = 500;  // of one task: the newest
constexpr std::size_t kLongestMessage = 1000;
constexpr std::size_t kLongestTechnical = 4000;

// At most `limit` bytes, never half a character.
std::string_view clipped(std::string_view text, std::size_t limit) {
  if (text.size() <= limit) return text;
  while (limit > 0 && (static_cast<unsigned char>(text[limit]) & 0xc0U) == 0x80U) --limit;
  return text.substr(0, limit);
}

std::int64_t sum(std::int64_t a, std::int64_t b) {
  return a > std::numeric_limits<std::int64_t>::max() - b ? std::numeric_limits<std::int64_t>::max() : a + b;
}

std::string wordsFor(const v1::GiveBack& spans) {
  if (spans.drained_ms() < 0) return "The GPU was given back by ending the worker";
  return fmt::format("The GPU was given back after {:.1f} ms", spans.drained_ms());
}

}  // namespace

Book::Book(Connection& c)
    : m_connection(c),
      m_findUnended(c, "SELECT seq FROM task WHERE id=? AND state<6"),
      m_name(c, "SELECT name FROM task WHERE seq=?"),
      m_metered(c, "SELECT sum(gpu_ns), sum(energy_uj), max(estimated), sum(cpu_ns) FROM session WHERE task=?"),
      m_used(c, "SELECT prompt,completion,requests,requests_failed FROM task WHERE seq=?"),
      m_insertTask(c,
                   "INSERT INTO task(id,name,runtime,priority,state,progress,attempt,attempts_allowed,submitted,own) "
                   "VALUES(?,?,?,?,?,?,?,?,?,?) ON CONFLICT(id) DO NOTHING"),
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
      m_findSession(c, "SELECT id,task,gpu_ns,energy_uj,estimated,cpu_ns FROM session WHERE name=?"),
      m_insertSession(c, "INSERT INTO session(name,task,gpu_ns,energy_uj,estimated) VALUES(?,?,0,0,0)"),
      m_updateSession(c, "UPDATE session SET gpu_ns=?2, energy_uj=?3, estimated=?4, cpu_ns=?5 WHERE id=?1"),
      m_insertMeter(c, "INSERT INTO meter(session,gpu_ns,energy_uj,estimated,cpu_ns,at) VALUES(?,?,?,?,?,?)"),
      m_growMeter(c,
                  "UPDATE meter SET gpu_ns=gpu_ns+?2, energy_uj=energy_uj+?3, estimated=max(estimated,?4), "
                  "cpu_ns=cpu_ns+?5 WHERE id=?1"),
      m_setUsed(c, "UPDATE task SET prompt=?2, completion=?3, requests=?4, requests_failed=?5 WHERE seq=?1"),
      m_insertToken(c, "INSERT INTO token(task,prompt,completion,requests,requests_failed,at) VALUES(?,?,?,?,?,?)"),
      m_growToken(c,
                  "UPDATE token SET prompt=prompt+?2, completion=completion+?3, requests=requests+?4, "
                  "requests_failed=requests_failed+?5 WHERE id=?1"),
      m_setLoss(c,
                "INSERT INTO loss(task,step,training,held_out,at) VALUES(?,?,?,?,?) ON CONFLICT(task,step) DO UPDATE "
                "SET training=excluded.training, held_out=excluded.held_out, at=excluded.at"),
      m_extentOfLosses(c, "SELECT count(*),min(step),max(step) FROM loss WHERE task=?"),
      m_thinLosses(c,
                   "DELETE FROM loss WHERE task=?1 AND step>?2 AND step NOT IN "
                   "(SELECT max(step) FROM loss WHERE task=?1 GROUP BY step/?3, held_out IS NULL)"),
      m_insertEntry(c,
                    "INSERT INTO entry(at,kind,task,text,micro_credits,gpu_ns,energy_uj,estimated,cpu_ns,prompt,"
                    "completion,requests,requests_failed) VALUES(?,?,?,?,?,?,?,?,?,?,?,?,?)"),
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
  m_meterRows.forget();
  m_tokenRows.forget();
}

std::int64_t Book::credits(std::uint64_t ns, std::int64_t microCreditsPerHour) {
  __extension__ using Wide = unsigned __int128;
  constexpr Wide kNsPerHour = 3'600'000'000'000;
  const auto rate = static_cast<std::uint64_t>(std::max<std::int64_t>(0, microCreditsPerHour));
  const Wide earned = Wide{ns} * rate / kNsPerHour;
  constexpr auto kMost = std::numeric_limits<std::int64_t>::max();
  return earned > Wide{kMost} ? kMost : static_cast<std::int64_t>(earned);
}

void Book::write(const model::TaskSubmitted& e) {
  const auto& t = e.task;
  if (m_insertTask.run(t.id(), t.name(), t.runtime(), t.priority(), v1::TASK_STATE_QUEUED, t.progress(), t.attempt(),
                       t.attempts_allowed(), t.submitted_unix_ms(), t.own()) != 1) {
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
  addSummary(*task,
             {.kind = v1::LedgerEntry::KIND_CREDIT,
              .at = e.at,
              .text = nameOf(*task),
              .microCredits = sum(credits(static_cast<std::uint64_t>(metered.gpuNs), e.microCreditsPerGpuHour),
                                  credits(static_cast<std::uint64_t>(metered.cpuNs), e.microCreditsPerCpuHour))},
             metered);
  end(*task);
}

void Book::write(const model::GiveBackMeasured& e) {
  if (m_completeGiveBack.run(e.at, e.task, e.spans.memory_free_ms()) > 0) return;
  m_insertGiveBack.run(e.at, e.task, wordsFor(e.spans), e.spans.gate_ms(), e.spans.drained_ms(),
                       e.spans.memory_free_ms(), e.spans.cause());
}

void Book::write(const model::WishKept& e) {
  if (e.value.empty()) {
    m_dropWish.run(e.name);
  } else {
    m_setWish.run(e.name, e.value);
  }
}

void Book::addEvent(std::int64_t task, const Event& event) {
  m_insertEvent.run(task, event.at, event.state, clipped(event.text, kLongestMessage));
  m_trimEvents.run(task, kEventsKept);
}

void Book::addFailure(std::int64_t task, const model::TaskMoved& e) {
  addSummary(task,
             {.kind = v1::LedgerEntry::KIND_FAILURE,
              .at = e.at,
              .text = fmt::format("{}: {}", nameOf(task), clipped(e.failure.message(), kLongestMessage))},
             meteredOf(task));
}

void Book::addSummary(std::int64_t task, const Summary& s, const Metered& metered) {
  const auto used = usedOf(task);
  m_insertEntry.run(s.at, s.kind, task, s.text, s.microCredits, metered.gpuNs, metered.energyUj, metered.estimated,
                    metered.cpuNs, used.prompt, used.completion, used.requests, used.requestsFailed);
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

}  // namespace lull::ledger
