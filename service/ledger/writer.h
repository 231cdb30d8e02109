// SPDX-License-Identifier: Apache-2.0
// The ledger's own thread: commits batches in order while the loop goes on. Everything that was queued while the last
// commit ran goes into the next one. Sleeps while there is nothing to write.
#pragma once

#include "ledger/book.h"
#include "ledger/ledger.h"

#include <condition_variable>
#include <deque>
#include <mutex>
#include <thread>

namespace lull::ledger {

class Writer {
public:
  [[nodiscard]] static Result<std::unique_ptr<Writer>> create(std::unique_ptr<Connection> connection,
                                                              Ledger::Post post);
  Writer(const Writer&) = delete;
  Writer& operator=(const Writer&) = delete;
  ~Writer();  // tries once more to commit what is queued

  void record(std::vector<model::Entry> entries, Ledger::Done done, Patience patience);
  [[nodiscard]] std::string trouble() const;

private:
  struct Batch {
    std::vector<model::Entry> entries;
    std::size_t weight = 0;  // of the entries: see m_queued
    Ledger::Done done;
    Patience patience = Patience::UntilWritten;
    Outcome outcome;
  };
  using Batches = std::deque<Batch>;

  Writer(std::unique_ptr<Connection> connection, Ledger::Post post);
  void work();
  void waitForWork(std::unique_lock<std::mutex>& lock);
  // None: committed. Batches that break a rule of the schema are left out and get their error as outcome.
  [[nodiscard]] std::optional<SqlError> commit(Batches& batches);
  [[nodiscard]] std::optional<SqlError> enter(Batch& batch);
  // After a commit that failed: what may wait goes back to the head of the queue, the rest is returned.
  [[nodiscard]] Batches putBack(Batches batches, const SqlError& error);
  void allIsWell(const Batches& written);
  void answer(Batches batches) const;

  const std::unique_ptr<Connection> m_connection;
  const Ledger::Post m_post;
  Book m_book;

  mutable std::mutex m_mutex;
  std::condition_variable m_wake;
  Batches m_queue;
  std::size_t m_queued = 0;  // entries; one with points of a curve counts as so many
  std::string m_trouble;
  Milliseconds m_backOff{0};  // 0: all is well
  bool m_impatient = false;   // a batch waits that wants its answer now
  bool m_stop = false;

  std::thread m_thread;
};

}  // namespace lull::ledger
