// SPDX-License-Identifier: Apache-2.0
#include "ledger/writer.h"

#include "base/log.h"

#include <fmt/core.h>

#include <algorithm>
#include <utility>

namespace lull::ledger {

namespace {

// What may wait for a disk that has room again: some 20 MB, hours of a device's reports.
constexpr std::size_t kMostQueued = 50'000;
constexpr Milliseconds kFirstBackOff{250};
constexpr Milliseconds kLongestBackOff{30'000};

std::size_t weightOf(const std::vector<model::Entry>& entries) {
  auto weight = entries.size();
  for (const auto& entry : entries) {
    if (const auto* curve = std::get_if<model::LossMeasured>(&entry)) weight += curve->points.size();
  }
  return weight;
}

}  // namespace

Result<std::unique_ptr<Writer>> Writer::create(std::unique_ptr<Connection> connection, Ledger::Post post) {
  std::unique_ptr<Writer> writer(new Writer(std::move(connection), std::move(post)));
  if (const auto error = writer->m_connection->takeError()) return error->error().during("preparing to write");
  writer->m_thread = std::thread([w = writer.get()] { w->work(); });
  return writer;
}

Writer::Writer(std::unique_ptr<Connection> connection, Ledger::Post post)
    : m_connection(std::move(connection)), m_post(std::move(post)), m_book(*m_connection) {}

Writer::~Writer() {
  {
    const std::lock_guard lock(m_mutex);
    m_stop = true;
  }
  m_wake.notify_one();
  if (m_thread.joinable()) m_thread.join();
}

void Writer::record(std::vector<model::Entry> entries, Ledger::Done done, Patience patience) {
  const auto weight = weightOf(entries);
  std::unique_lock lock(m_mutex);
  if (m_queued + weight > kMostQueued) {
    m_trouble = fmt::format(
        "The ledger cannot be written and {} entries wait already: newer ones are lost. "
        "Make room on the disk.",
        m_queued);
    const Outcome lost = Error(Error::Kind::Unavailable, m_trouble);
    lock.unlock();
    log::error("ledger: {} entries are lost: too many wait to be written", entries.size());
    if (done) m_post([done = std::move(done), lost] { done(lost); });
    return;
  }
  m_queued += weight;
  m_impatient = m_impatient || patience == Patience::OrRefuse;
  m_queue.push_back({std::move(entries), weight, std::move(done), patience, {}});
  lock.unlock();
  m_wake.notify_one();
}

std::string Writer::trouble() const {
  const std::lock_guard lock(m_mutex);
  return m_trouble;
}

void Writer::work() {
  std::unique_lock lock(m_mutex);
  for (;;) {
    waitForWork(lock);
    if (m_queue.empty() && m_stop) return;
    auto batches = std::exchange(m_queue, {});
    m_impatient = false;
    lock.unlock();
    if (const auto error = commit(batches)) {
      answer(putBack(std::move(batches), *error));
    } else {
      allIsWell(batches);
      answer(std::move(batches));
    }
    lock.lock();
  }
}

void Writer::waitForWork(std::unique_lock<std::mutex>& lock) {
  const auto something = [this] { return m_stop || !m_queue.empty(); };
  if (m_queue.empty()) {
    m_wake.wait(lock, something);
  } else if (m_backOff.count() != 0) {
    m_wake.wait_for(lock, m_backOff, [this] { return m_stop || m_impatient; });
  }
}

std::optional<SqlError> Writer::commit(Batches& batches) {
  m_connection->execute("BEGIN IMMEDIATE");
  std::optional<SqlError> error = m_connection->takeError();
  for (auto it = batches.begin(); !error && it != batches.end(); ++it) error = enter(*it);
  if (!error) {
    m_connection->execute("COMMIT");
    error = m_connection->takeError();
  }
  if (!error) return std::nullopt;
  m_connection->execute("ROLLBACK");  // fails when SQLite has rolled back by itself
  std::ignore = m_connection->takeError();
  m_book.forget();
  return error;
}

std::optional<SqlError> Writer::enter(Batch& batch) {
  m_connection->execute("SAVEPOINT batch");
  for (const auto& entry : batch.entries) m_book.enter(entry);
  auto error = m_connection->takeError();
  if (error && error->kind != SqlError::Kind::Unacceptable) return error;
  batch.outcome = {};
  if (error) {
    log::error("ledger: a batch was refused: {}", error->text);
    batch.outcome = error->error().during("writing the ledger");
    m_connection->execute("ROLLBACK TO batch");
    m_book.forget();
  }
  m_connection->execute("RELEASE batch");
  return m_connection->takeError();
}

Writer::Batches Writer::putBack(Batches batches, const SqlError& error) {
  const std::lock_guard lock(m_mutex);
  if (m_trouble.empty()) log::error("ledger: cannot be written: {}", error.text);
  Batches refused;
  for (; !batches.empty(); batches.pop_back()) {
    auto& batch = batches.back();
    if (batch.patience == Patience::UntilWritten && !m_stop) {
      m_queue.push_front(std::move(batch));
      continue;
    }
    if (m_stop) log::error("ledger: {} entries are lost", batch.entries.size());
    m_queued -= batch.weight;
    batch.outcome = error.error().during("writing the ledger");
    refused.push_front(std::move(batch));
  }
  m_backOff = std::clamp(m_backOff * 2, kFirstBackOff, kLongestBackOff);
  m_trouble =
      fmt::format("The ledger cannot be written ({}); {} entries wait. Make room on the disk.", error.text, m_queued);
  return refused;
}

void Writer::allIsWell(const Batches& written) {
  const std::lock_guard lock(m_mutex);
  for (const auto& batch : written) m_queued -= batch.weight;
  m_backOff = Milliseconds(0);
  if (!m_trouble.empty()) log::info("ledger: is written again");
  m_trouble.clear();
}

void Writer::answer(Batches batches) const {
  for (auto& batch : batches) {
    if (!batch.done) continue;
    m_post([done = std::move(batch.done), outcome = std::move(batch.outcome)] { done(outcome); });
  }
}

}  // namespace lull::ledger
