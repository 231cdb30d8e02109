// SPDX-License-Identifier: Apache-2.0
// The ledger: tasks and their history, metered time of GPU and processor, energy, tokens, the curves of trainings,
// credits, give-backs. One SQLite file (WAL, foreign keys, synchronous=FULL). Sums are derived, never stored.
//
// Threads: one caller thread (the loop). Writes are handed to the ledger's own thread, which commits them in order,
// each batch whole or not at all, so that the loop never waits for a disk; `done` comes back through `post`.
// Reads run on the caller's thread over a second, read-only connection and see every batch whose `done` was called.
//
// Exactly once: a task leaves the unfinished states in one transaction with its credit entry; entries for a task
// that has ended already change nothing. So put a worker's last SessionMetered before the entry that ends its task.
//
// A disk that is full or fails: batches wait in memory (50,000 entries at most; beyond that new ones are refused) and
// are tried again with growing pauses; trouble() tells. They are lost only when the service ends before the disk is
// well; that is logged, and told to `done`.
#pragma once

#include "base/result.h"
#include "lull/v1/ledger.pb.h"
#include "lull/v1/status.pb.h"
#include "lull/v1/task.pb.h"
#include "model/report.h"

#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace lull::ledger {

struct Totals {
  v1::Contribution today;  // since `dayStart`
  v1::Contribution total;
  v1::GiveBackStats giveBack;  // over the newest 1000
  std::uint64_t queued = 0;    // not ended
  std::uint64_t done = 0;
  std::uint64_t failed = 0;
};

struct TaskQuery {
  std::vector<v1::TaskState> states;  // empty: all
  std::uint32_t pageSize = 50;
  std::string pageToken;  // of the page before; a page holds at most 500
};
// What becomes of a batch that cannot be written now.
enum class Patience {
  UntilWritten,  // it waits; `done` is called when it is written
  OrRefuse,      // it is forgotten and `done` called with the error: for what a person asked for and can ask for again
};
template <typename T>
struct Page {
  std::vector<T> items;
  std::string nextToken;  // empty: the last page
};
struct HistoryQuery {
  v1::Series series = v1::SERIES_UNSPECIFIED;
  UnixMs from = 0;
  UnixMs to = 0;
  std::uint32_t points = 300;  // at most 2000
};
struct History {
  std::vector<v1::Point> points;
  std::uint64_t bucketMs = 0;  // at least a minute: finer is not kept
};

class Ledger {
public:
  using Post = std::function<void(std::function<void()>)>;  // runs it on the loop, later; called on any thread
  using Done = std::function<void(const Outcome&)>;

  // Opens or creates, checks the file (quick_check) and migrates it. A damaged file is set aside as
  // "<name>.damaged-<unix time>", a new one begun, and trouble() tells so.
  [[nodiscard]] static Result<std::unique_ptr<Ledger>> open(const std::filesystem::path& file, Post post);
  virtual ~Ledger() = default;  // commits what is queued, then closes

  // `done` is called exactly once, in the order of the calls (a refusal may come earlier).
  virtual void record(std::vector<model::Entry> entries, Done done = {},
                      Patience patience = Patience::UntilWritten) = 0;

  [[nodiscard]] virtual std::string trouble() const = 0;  // sentences for people; empty: none
  // Tasks that have not ended, with specs, oldest first: what a starting service resumes.
  [[nodiscard]] virtual Result<std::vector<v1::Task>> unfinished() const = 0;
  // Newest first, without spec, history and curve. Invalid for a page token that is none.
  [[nodiscard]] virtual Result<Page<v1::Task>> tasks(const TaskQuery& query) const = 0;
  // By id or unique prefix; with spec, history (its newest 500 events) and curve (at most 4096 points: a longer one is
  // thinned evenly; losses that are no finite number are left out). NotFound; Conflict when the prefix fits several
  // (named).
  [[nodiscard]] virtual Result<v1::Task> task(std::string_view idOrPrefix) const = 0;
  // Credits, give-backs and final failures, newest first.
  [[nodiscard]] virtual Result<Page<v1::LedgerEntry>> entries(std::uint32_t pageSize,
                                                              std::string_view pageToken) const = 0;
  // [from, to) in buckets counted from `from`. Empty buckets are left out.
  [[nodiscard]] virtual Result<History> history(const HistoryQuery& query) const = 0;
  // Quick (well below a millisecond however much there is): fit for every pass of the loop that recorded something.
  [[nodiscard]] virtual Result<Totals> totals(UnixMs dayStart) const = 0;
  [[nodiscard]] virtual std::optional<std::string> wish(std::string_view name) const = 0;
  // Hashes of all blobs that a task refers to which has not ended.
  [[nodiscard]] virtual Result<std::vector<std::string>> blobsInUse() const = 0;
};

}  // namespace lull::ledger
