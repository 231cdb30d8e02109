// SPDX-License-Identifier: Apache-2.0
#include "ledger/reader.h"

#include "ledger/messages.h"

#include <fmt/core.h>
#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <limits>

namespace lull::ledger {

namespace {

constexpr std::uint32_t kPage = 50;
constexpr std::uint32_t kLongestPage = 500;
constexpr std::size_t kCandidatesNamed = 5;

std::uint32_t pageOf(std::uint32_t wanted) { return wanted == 0 ? kPage : std::min(wanted, kLongestPage); }

// A page goes on below the last row of the one before.
Result<std::int64_t> before(std::string_view token) {
  if (token.empty()) return std::numeric_limits<std::int64_t>::max();
  std::int64_t row = 0;
  const auto [end, code] = std::from_chars(token.data(), token.data() + token.size(), row);
  if (code != std::errc() || end != token.data() + token.size() || row < 1) {
    return Error(Error::Kind::Invalid,
                 fmt::format("\"{}\" is not a page token: take next_page_token of the page before", token));
  }
  return row;
}

}  // namespace

Result<std::unique_ptr<Reader>> Reader::create(std::unique_ptr<Connection> connection) {
  std::unique_ptr<Reader> reader(new Reader(std::move(connection)));
  if (const auto error = reader->m_connection->takeError()) return error->error().during("preparing to read");
  return reader;
}

Reader::Reader(std::unique_ptr<Connection> connection)
    : m_connection(std::move(connection)),
      m_begin(*m_connection, "BEGIN"),
      m_commit(*m_connection, "COMMIT"),
      m_newestTasks(*m_connection, selectTasks("WHERE seq<?1 ORDER BY seq DESC LIMIT ?2")),
      m_newestInState(*m_connection, selectTasks("WHERE seq<?1 AND state=?3 ORDER BY seq DESC LIMIT ?2")),
      m_unfinished(*m_connection, selectTasks("WHERE state<6 ORDER BY seq")),
      m_byPrefix(*m_connection, selectTasks("WHERE id>=?1 AND id<?1||'~' ORDER BY id LIMIT ?2")),
      m_spec(*m_connection, "SELECT spec FROM task_spec WHERE task=?"),
      m_events(*m_connection, "SELECT at,state,text FROM task_event WHERE task=? ORDER BY id"),
      m_outputs(*m_connection, "SELECT name,size,sha256 FROM output WHERE task=? ORDER BY position"),
      m_losses(*m_connection, "SELECT step,training,held_out,at FROM loss WHERE task=? ORDER BY step"),
      m_blobs(*m_connection, "SELECT DISTINCT sha256 FROM blob_ref"),
      m_wish(*m_connection, "SELECT value FROM wish WHERE name=?"),
      m_entriesBefore(*m_connection, selectEntries("WHERE entry.id<? ORDER BY entry.id DESC LIMIT ?")),
      m_newEntries(*m_connection,
                   "SELECT max(id),sum(kind=1),sum(kind=3),sum(micro_credits),sum(kind=2) FROM entry WHERE id>?"),
      m_newestMeter(*m_connection, "SELECT max(id) FROM meter"),
      m_meterBetween(*m_connection,
                     "SELECT sum(gpu_ns),sum(energy_uj),max(estimated),sum(cpu_ns) FROM meter WHERE id>? AND id<=?"),
      m_newestToken(*m_connection, "SELECT max(id) FROM token"),
      m_tokensBetween(*m_connection,
                      "SELECT sum(prompt),sum(completion),sum(requests),sum(requests_failed) FROM token "
                      "WHERE id>? AND id<=?"),
      m_giveBacks(*m_connection,
                  "SELECT drained_ms FROM (SELECT drained_ms FROM entry WHERE kind=2 ORDER BY at DESC LIMIT 1000) "
                  "WHERE drained_ms>=0 ORDER BY drained_ms"),
      m_newestGiveBack(*m_connection, "SELECT at,drained_ms FROM entry WHERE kind=2 ORDER BY at DESC LIMIT 1"),
      m_queued(*m_connection, "SELECT count(*) FROM task WHERE state<6"),
      m_meterSince(*m_connection,
                   "SELECT sum(gpu_ns),sum(energy_uj),max(estimated),sum(cpu_ns) FROM meter WHERE at>=?"),
      m_tokensSince(*m_connection,
                    "SELECT sum(prompt),sum(completion),sum(requests),sum(requests_failed) FROM token WHERE at>=?"),
      m_creditsSince(*m_connection, "SELECT count(*),sum(micro_credits) FROM entry WHERE kind=1 AND at>=?"),
      m_gpuSeconds(*m_connection,
                   "SELECT (at-?1)/?3,sum(gpu_ns)/1e9 FROM meter WHERE at>=?1 AND at<?2 AND gpu_ns>0 "
                   "GROUP BY 1 ORDER BY 1"),
      m_temperatures(*m_connection,
                     "SELECT max(0,minute*60000-?1)/?3,max(celsius) FROM temperature "
                     "WHERE minute>?1/60000-1 AND minute*60000<?2 GROUP BY 1 ORDER BY 1"),
      m_credits(*m_connection,
                "SELECT (at-?1)/?3,sum(micro_credits) FROM entry WHERE kind=1 AND at>=?1 AND at<?2 "
                "GROUP BY 1 ORDER BY 1"),
      m_slowest(*m_connection,
                "SELECT (at-?1)/?3,max(drained_ms) FROM entry WHERE kind=2 AND drained_ms>=0 AND at>=?1 AND at<?2 "
                "GROUP BY 1 ORDER BY 1"),
      m_tokens(*m_connection,
               "SELECT (at-?1)/?3,sum(prompt+completion) FROM token WHERE at>=?1 AND at<?2 AND prompt+completion>0 "
               "GROUP BY 1 ORDER BY 1"),
      m_cpuSeconds(*m_connection,
                   "SELECT (at-?1)/?3,sum(cpu_ns)/1e9 FROM meter WHERE at>=?1 AND at<?2 AND cpu_ns>0 "
                   "GROUP BY 1 ORDER BY 1") {}

template <typename T>
Result<T> Reader::answer(T value, std::string_view step) {
  if (const auto error = m_connection->takeError()) return error->error().during(step);
  return value;
}

Result<std::vector<v1::Task>> Reader::unfinished() {
  std::vector<v1::Task> tasks;
  auto rows = m_unfinished.rows();
  while (rows.next()) {
    auto task = found(rows);
    addSpec(task);
    tasks.push_back(std::move(task.task));
  }
  return answer(std::move(tasks), "reading unfinished tasks");
}

Result<Page<v1::Task>> Reader::tasks(const TaskQuery& query) {
  const auto start = before(query.pageToken);
  if (!start) return start.error();
  const auto size = pageOf(query.pageSize);
  std::vector<Found> all;
  const auto read = [&all](Rows rows) {
    while (rows.next()) all.push_back(found(rows));
  };
  if (query.states.empty()) read(m_newestTasks.rows(*start, size + 1));
  for (const auto state : query.states) read(m_newestInState.rows(*start, size + 1, state));
  std::sort(all.begin(), all.end(), [](const Found& a, const Found& b) { return a.seq > b.seq; });
  all.erase(std::unique(all.begin(), all.end(), [](const Found& a, const Found& b) { return a.seq == b.seq; }),
            all.end());

  Page<v1::Task> page;
  const bool more = all.size() > size;
  if (more) all.resize(size);
  if (more) page.nextToken = std::to_string(all.back().seq);
  for (auto& task : all) {
    addOutputs(task);
    page.items.push_back(std::move(task.task));
  }
  return answer(std::move(page), "reading tasks");
}

Result<v1::Task> Reader::task(std::string_view idOrPrefix) {
  std::vector<Found> fits;
  {
    auto rows = m_byPrefix.rows(idOrPrefix, kCandidatesNamed + 1);
    while (!idOrPrefix.empty() && rows.next()) fits.push_back(found(rows));
  }
  if (const auto error = m_connection->takeError()) return error->error().during("looking for a task");
  if (fits.empty()) return Error(Error::Kind::NotFound, fmt::format("there is no task \"{}\"", idOrPrefix));
  if (fits.size() > 1 && fits.front().task.id() != idOrPrefix) {
    std::vector<std::string> names;
    names.reserve(fits.size());
    for (const auto& fit : fits) names.push_back(fit.task.id());
    if (names.size() > kCandidatesNamed) names.back() = "…";
    return Error(Error::Kind::Conflict,
                 fmt::format("\"{}\" fits several tasks: {}: give more of the id", idOrPrefix, fmt::join(names, ", ")));
  }
  auto& only = fits.front();
  addSpec(only);
  addHistory(only);
  addLosses(only);
  addOutputs(only);
  return answer(std::move(only.task), "reading a task");
}

Result<Page<v1::LedgerEntry>> Reader::entries(std::uint32_t pageSize, std::string_view pageToken) {
  const auto start = before(pageToken);
  if (!start) return start.error();
  const auto size = pageOf(pageSize);
  Page<v1::LedgerEntry> page;
  auto rows = m_entriesBefore.rows(*start, size + 1);
  while (rows.next()) page.items.push_back(entryOf(rows));
  if (page.items.size() > size) {
    page.items.pop_back();
    page.nextToken = std::to_string(page.items.back().id());
  }
  return answer(std::move(page), "reading entries");
}

std::optional<std::string> Reader::wish(std::string_view name) {
  auto rows = m_wish.rows(name);
  std::optional<std::string> value;
  if (rows.next()) value = rows.text(0);
  std::ignore = m_connection->takeError();
  return value;
}

Result<std::vector<std::string>> Reader::blobsInUse() {
  std::vector<std::string> hashes;
  auto rows = m_blobs.rows();
  while (rows.next()) hashes.push_back(rows.text(0));
  return answer(std::move(hashes), "reading blobs in use");
}

Reader::Found Reader::found(const Rows& rows) { return {.seq = rows.integer(0), .task = taskOf(rows)}; }

void Reader::addOutputs(Found& f) {
  if (f.task.state() != v1::TASK_STATE_DONE) return;
  auto rows = m_outputs.rows(f.seq);
  while (rows.next()) {
    auto& output = *f.task.add_outputs();
    output.set_name(rows.text(0));
    output.set_size(rows.natural(1));
    output.set_sha256(rows.text(2));
  }
}

void Reader::addSpec(Found& f) {
  auto rows = m_spec.rows(f.seq);
  if (rows.next()) f.task.mutable_spec()->ParseFromString(rows.text(0));
}

void Reader::addHistory(Found& f) {
  auto rows = m_events.rows(f.seq);
  while (rows.next()) {
    auto& event = *f.task.add_history();
    event.set_unix_ms(rows.integer(0));
    event.set_state(static_cast<v1::TaskState>(rows.integer(1)));
    event.set_text(rows.text(2));
  }
}

void Reader::addLosses(Found& f) {
  auto rows = m_losses.rows(f.seq);
  while (rows.next()) {
    auto& point = *f.task.add_losses();
    point.set_step(rows.natural(0));
    if (!rows.isNull(1)) point.set_training(rows.real(1));
    if (!rows.isNull(2)) point.set_held_out(rows.real(2));
    point.set_unix_ms(rows.integer(3));
  }
}

}  // namespace lull::ledger
