// SPDX-License-Identifier: Apache-2.0
#include "ledger/ledger.h"

#include "base/file.h"
#include "base/log.h"
#include "ledger/reader.h"
#include "ledger/schema.h"
#include "ledger/writer.h"

#include <fcntl.h>
#include <fmt/core.h>

#include <system_error>

namespace lull::ledger {

namespace {

class SqliteLedger final : public Ledger {
public:
  SqliteLedger(std::unique_ptr<Writer> writer, std::unique_ptr<Reader> reader, std::string trouble)
      : m_writer(std::move(writer)), m_reader(std::move(reader)), m_trouble(std::move(trouble)) {}

  void record(std::vector<model::Entry> entries, Done done, Patience patience) override {
    m_writer->record(std::move(entries), std::move(done), patience);
  }
  std::string trouble() const override {
    const auto now = m_writer->trouble();
    return m_trouble.empty() || now.empty() ? m_trouble + now : m_trouble + " " + now;
  }
  Result<std::vector<v1::Task>> unfinished() const override { return m_reader->unfinished(); }
  Result<Page<v1::Task>> tasks(const TaskQuery& query) const override { return m_reader->tasks(query); }
  Result<v1::Task> task(std::string_view idOrPrefix) const override { return m_reader->task(idOrPrefix); }
  Result<Page<v1::LedgerEntry>> entries(std::uint32_t pageSize, std::string_view pageToken) const override {
    return m_reader->entries(pageSize, pageToken);
  }
  Result<History> history(const HistoryQuery& query) const override { return m_reader->history(query); }
  Result<Totals> totals(UnixMs dayStart) const override { return m_reader->totals(dayStart); }
  std::optional<std::string> wish(std::string_view name) const override { return m_reader->wish(name); }
  Result<std::vector<std::string>> blobsInUse() const override { return m_reader->blobsInUse(); }

private:
  // Closed last: the last connection to close folds the WAL into the file, which a read-only one cannot.
  const std::unique_ptr<Writer> m_writer;
  const std::unique_ptr<Reader> m_reader;
  const std::string m_trouble;
};

bool isSound(Connection& connection) {
  Statement check(connection, "PRAGMA quick_check(1)");
  auto rows = check.rows();
  return rows.next() && rows.text(0) == "ok";
}

enum class Condition { Sound, Damaged };

// Opens the file for writing and looks whether it is whole. An error: it cannot be told.
Result<Condition> look(const std::filesystem::path& file, std::unique_ptr<Connection>& connection) {
  auto opened = Connection::open(file, Connection::Access::ReadWrite);
  if (!opened) return opened.error();
  connection = std::move(*opened);
  connection->execute(
      "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA wal_autocheckpoint=256; "
      "PRAGMA journal_size_limit=1048576;");
  const bool sound = isSound(*connection);
  const auto error = connection->takeError();
  if (error && error->kind != SqlError::Kind::Damaged) return error->error().during("checking " + file.native());
  return sound && !error ? Condition::Sound : Condition::Damaged;
}

// Out of the way, whole, for somebody who can mend it.
Result<std::filesystem::path> setAside(const std::filesystem::path& file) {
  const auto seconds = SystemClock().now().unixMs / 1000;
  const std::filesystem::path aside = fmt::format("{}.damaged-{}", file.native(), seconds);
  for (const auto* part : {"-wal", "-shm", ""}) {
    std::error_code code;
    std::filesystem::rename(file.native() + part, aside.native() + part, code);
    if (code && code != std::errc::no_such_file_or_directory) {
      return fromErrno(code.value(), "setting aside", file.native() + part);
    }
  }
  return aside;
}

// Private from its first byte on; SQLite gives its other files the same mode.
Outcome makeFile(const std::filesystem::path& file) {
  if (auto folder = makePrivateFolder(file.parent_path()); !folder) return folder;
  const Fd fd(::open(file.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600));
  if (!fd) return fromErrno("open", file.native());
  return {};
}

}  // namespace

Result<std::unique_ptr<Ledger>> Ledger::open(const std::filesystem::path& file, Post post) {
  if (auto made = makeFile(file); !made) return made.error().during("opening the ledger");
  std::string trouble;
  std::unique_ptr<Connection> connection;
  auto condition = look(file, connection);
  if (!condition) return condition.error().during("opening the ledger");
  if (*condition == Condition::Damaged) {
    connection.reset();
    const auto aside = setAside(file);
    if (!aside) return aside.error().during("opening the ledger");
    trouble = fmt::format("The ledger was damaged and is kept as {}; a new one was begun.", aside->native());
    log::error("ledger: {}", trouble);
    if (auto made = makeFile(file); !made) return made.error().during("beginning a new ledger");
    condition = look(file, connection);
    if (!condition) return condition.error().during("beginning a new ledger");
  }
  if (auto migrated = migrate(*connection, steps()); !migrated) return migrated.error();
  auto readOnly = Connection::open(file, Connection::Access::ReadOnly);
  if (!readOnly) return readOnly.error().during("opening the ledger");
  auto reader = Reader::create(std::move(*readOnly));
  if (!reader) return reader.error().during("opening the ledger");
  auto writer = Writer::create(std::move(connection), std::move(post));
  if (!writer) return writer.error().during("opening the ledger");
  return std::unique_ptr<Ledger>(
      std::make_unique<SqliteLedger>(std::move(*writer), std::move(*reader), std::move(trouble)));
}

}  // namespace lull::ledger
