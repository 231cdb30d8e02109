// SPDX-License-Identifier: Apache-2.0
// How each kind of entry is written. Used by the writer's thread only, inside a transaction that the writer begins and
// ends; errors stick to the connection (sql.h).
#pragma once

#include "ledger/sql.h"
#include "model/report.h"

#include <map>
#include <optional>
#include <string>

namespace lull::ledger {

// The reader may add up rows of increments with ids up to (newest - this) once and for all: the writer never changes
// them.
inline constexpr std::int64_t kRowsThatMayGrow = 64;

// Of a table of increments over time: the rows that the next increment of the same minute still goes into.
class GrowingRows {
public:
  [[nodiscard]] std::optional<std::int64_t> find(std::int64_t of, UnixMs at) const;
  void begun(std::int64_t row, std::int64_t of, UnixMs at);
  void forget() { *this = {}; }

private:
  struct Row {
    std::int64_t id = 0;
    std::int64_t minute = 0;
  };
  std::map<std::int64_t, Row> m_rows;
  std::int64_t m_newest = 0;
};

class Book {
public:
  explicit Book(Connection& connection);

  void enter(const model::Entry& entry);
  // What was entered since the transaction began is void.
  void forget();

  // Micro-credits for metered time at a rate per hour: floor, exact.
  [[nodiscard]] static std::int64_t credits(std::uint64_t ns, std::int64_t microCreditsPerHour);

private:
  struct Metered {
    std::int64_t gpuNs = 0;
    std::int64_t energyUj = 0;
    bool estimated = false;
    std::int64_t cpuNs = 0;
  };
  struct Used {
    std::int64_t prompt = 0;
    std::int64_t completion = 0;
    std::int64_t requests = 0;
    std::int64_t requestsFailed = 0;
    bool operator==(const Used&) const = default;
  };
  struct Session {
    std::int64_t id = 0;
    std::int64_t task = 0;
    Metered total;
  };
  void write(const model::TaskSubmitted& e);
  void write(const model::TaskMoved& e);
  void write(const model::TaskProgressed& e);
  void write(const model::TaskDone& e);
  void write(const model::SessionMetered& e);
  void write(const model::GiveBackMeasured& e);
  void write(const model::TemperatureSampled& e);
  void write(const model::WishKept& e);
  void write(const model::UsageCounted& e);
  void write(const model::LossMeasured& e);

  struct Event {
    UnixMs at = 0;
    v1::TaskState state = v1::TASK_STATE_UNSPECIFIED;
    std::string_view text;
  };
  void addEvent(std::int64_t task, const Event& event);
  void addFailure(std::int64_t task, const model::TaskMoved& e);
  void end(std::int64_t task);
  [[nodiscard]] std::optional<std::int64_t> unended(const model::TaskId& id);
  [[nodiscard]] std::string nameOf(std::int64_t task);
  struct Summary {
    v1::LedgerEntry::Kind kind = v1::LedgerEntry::KIND_UNSPECIFIED;
    UnixMs at = 0;
    std::string text;
    std::int64_t microCredits = 0;
  };
  void addSummary(std::int64_t task, const Summary& summary, const Metered& metered);
  [[nodiscard]] Metered meteredOf(std::int64_t task);
  [[nodiscard]] Used usedOf(std::int64_t task);
  [[nodiscard]] std::optional<Session> session(const model::SessionMetered& e, std::int64_t task);
  void thinLosses(std::int64_t task);
  void addIncrement(std::int64_t session, UnixMs at, const Metered& by);
  void addIncrement(std::int64_t task, UnixMs at, const Used& by);

  Connection& m_connection;
  GrowingRows m_meterRows;  // by session
  GrowingRows m_tokenRows;  // by task

  Statement m_findUnended, m_name, m_metered, m_used;
  Statement m_insertTask, m_insertSpec, m_insertBlob, m_dropBlobs;
  Statement m_move, m_setGpu, m_setFailure, m_progress, m_finish, m_insertOutput;
  Statement m_insertEvent, m_trimEvents;
  Statement m_findSession, m_insertSession, m_updateSession, m_insertMeter, m_growMeter;
  Statement m_setUsed, m_insertToken, m_growToken, m_setLoss, m_extentOfLosses, m_thinLosses;
  Statement m_insertEntry, m_insertGiveBack, m_completeGiveBack, m_temperature, m_setWish, m_dropWish;
};

}  // namespace lull::ledger
