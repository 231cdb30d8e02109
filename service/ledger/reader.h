// SPDX-License-Identifier: Apache-2.0
// What the ledger tells: the caller's side, over a read-only connection.
#pragma once

#include "ledger/ledger.h"
#include "ledger/sql.h"

#include <memory>
#include <string>
#include <vector>

namespace lull::ledger {

class Reader {
public:
  [[nodiscard]] static Result<std::unique_ptr<Reader>> create(std::unique_ptr<Connection> connection);

  [[nodiscard]] Result<std::vector<v1::Task>> unfinished();
  [[nodiscard]] Result<Page<v1::Task>> tasks(const TaskQuery& query);
  [[nodiscard]] Result<v1::Task> task(std::string_view idOrPrefix);
  [[nodiscard]] Result<Page<v1::LedgerEntry>> entries(std::uint32_t pageSize, std::string_view pageToken);
  [[nodiscard]] Result<History> history(const HistoryQuery& query);
  [[nodiscard]] Result<Totals> totals(UnixMs dayStart);
  [[nodiscard]] std::optional<std::string> wish(std::string_view name);
  [[nodiscard]] Result<std::vector<std::string>> blobsInUse();

private:
  explicit Reader(std::unique_ptr<Connection> connection);

  struct Found {
    std::int64_t seq = 0;
    v1::Task task;
  };
  [[nodiscard]] static Found found(const Rows& rows);
  void addOutputs(Found& found);
  void addSpec(Found& found);
  void addHistory(Found& found);
  void addLosses(Found& found);
  void addUpEntries();
  void refreshGiveBack();
  [[nodiscard]] v1::Contribution today(UnixMs dayStart);
  template <typename T>
  [[nodiscard]] Result<T> answer(T value, std::string_view step);

  const std::unique_ptr<Connection> m_connection;

  // Sums over rows that never change again, each with the id up to which it goes; what came later is added to them.
  struct {
    std::int64_t upTo = 0;
    std::uint64_t done = 0, failed = 0;
    std::int64_t microCredits = 0;
    bool giveBackChanged = true;
  } m_entries;
  struct Metered {
    std::int64_t upTo = 0;
    std::uint64_t gpuNs = 0, energyUj = 0, cpuNs = 0;
    bool estimated = false;
    void add(const Rows& rows);
  };
  struct Used {
    std::int64_t upTo = 0;
    v1::TokenUsage usage;
    void add(const Rows& rows);
  };
  template <typename Sum>
  struct Increments {
    Sum settled;  // rows that cannot grow any more
    Sum all;
  };
  template <typename Sum>
  static void addUp(Increments<Sum>& increments, Statement& newest, Statement& between);
  static void fill(v1::Contribution& contribution, const Metered& metered, const Used& used);
  Increments<Metered> m_metered;
  Increments<Used> m_used;
  v1::GiveBackStats m_giveBack;

  Statement m_begin, m_commit;
  Statement m_newestTasks, m_newestInState, m_unfinished, m_byPrefix;
  Statement m_spec, m_events, m_outputs, m_losses, m_blobs, m_wish;
  Statement m_entriesBefore, m_newEntries, m_newestMeter, m_meterBetween, m_newestToken, m_tokensBetween;
  Statement m_giveBacks, m_newestGiveBack;
  Statement m_queued, m_meterSince, m_tokensSince, m_creditsSince;
  Statement m_gpuSeconds, m_temperatures, m_credits, m_slowest, m_tokens, m_cpuSeconds;
};

}  // namespace lull::ledger
