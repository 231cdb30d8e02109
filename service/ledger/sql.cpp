// SPDX-License-Identifier: Apache-2.0
#include "ledger/sql.h"

#include <sqlite3.h>

#include <algorithm>
#include <array>

namespace lull::ledger {

namespace {

constexpr int kBusyTimeoutMs = 5000;
constexpr int kLookasideBytes = 512;
constexpr int kLookasideSlots = 64;

// Little memory: the ledger is small beside what the kernel caches of it anyway.
constexpr const char* kSettings = "PRAGMA cache_size=-256; PRAGMA mmap_size=0; PRAGMA foreign_keys=ON;";

SqlError::Kind kindOf(int code) {
  switch (code & 0xff) {
    case SQLITE_CORRUPT:
    case SQLITE_NOTADB:
      return SqlError::Kind::Damaged;
    case SQLITE_CONSTRAINT:
    case SQLITE_MISMATCH:
    case SQLITE_TOOBIG:
    case SQLITE_RANGE:
    case SQLITE_MISUSE:
    case SQLITE_ERROR:
      return SqlError::Kind::Unacceptable;
    default:
      return SqlError::Kind::Environment;
  }
}

int length(std::string_view text) { return static_cast<int>(std::min<std::size_t>(text.size(), INT32_MAX)); }

}  // namespace

Error SqlError::error() const {
  switch (kind) {
    case Kind::Damaged:
    case Kind::Unacceptable:
      return {Error::Kind::Internal, text};
    case Kind::Environment:
      return {(code & 0xff) == SQLITE_FULL ? Error::Kind::TooBig : Error::Kind::Io, text};
  }
  return {Error::Kind::Internal, text};
}

Result<std::unique_ptr<Connection>> Connection::open(const std::filesystem::path& file, Access access) {
  const int mode = access == Access::ReadOnly ? SQLITE_OPEN_READONLY : SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE;
  sqlite3* db = nullptr;
  const int code = sqlite3_open_v2(file.c_str(), &db, mode | SQLITE_OPEN_NOMUTEX, nullptr);
  std::unique_ptr<Connection> connection(new Connection(db));
  if (code != SQLITE_OK) {
    return SqlError{kindOf(code), code, sqlite3_errstr(code)}.error().during("opening " + file.native());
  }
  sqlite3_extended_result_codes(db, 1);
  sqlite3_busy_timeout(db, kBusyTimeoutMs);
  sqlite3_db_config(db, SQLITE_DBCONFIG_LOOKASIDE, nullptr, kLookasideBytes, kLookasideSlots);
  connection->execute(kSettings);
  return connection;
}

Connection::~Connection() { sqlite3_close(m_db); }

void Connection::execute(const std::string& sql) {
  if (m_error) return;
  note(sqlite3_exec(m_db, sql.c_str(), nullptr, nullptr, nullptr));
}

std::optional<SqlError> Connection::takeError() { return std::exchange(m_error, std::nullopt); }

std::int64_t Connection::lastRowId() const { return sqlite3_last_insert_rowid(m_db); }

void Connection::note(int code) {
  if (m_error || code == SQLITE_OK || code == SQLITE_ROW || code == SQLITE_DONE) return;
  m_error = SqlError{kindOf(code), code, sqlite3_errmsg(m_db)};
}

Rows::~Rows() {
  if (m_statement != nullptr) sqlite3_reset(m_statement);
}

bool Rows::next() {
  if (m_statement == nullptr || !m_connection.ok()) return false;
  const int code = sqlite3_step(m_statement);
  m_connection.note(code);
  return code == SQLITE_ROW;
}

std::int64_t Rows::integer(int column) const { return sqlite3_column_int64(m_statement, column); }
std::uint64_t Rows::natural(int column) const {
  return static_cast<std::uint64_t>(std::max<std::int64_t>(0, integer(column)));
}
double Rows::real(int column) const { return sqlite3_column_double(m_statement, column); }
std::string Rows::text(int column) const {
  const auto* bytes = static_cast<const char*>(sqlite3_column_blob(m_statement, column));
  if (bytes == nullptr) return {};
  return {bytes, static_cast<std::size_t>(sqlite3_column_bytes(m_statement, column))};
}
bool Rows::isNull(int column) const { return sqlite3_column_type(m_statement, column) == SQLITE_NULL; }

Statement::Statement(Connection& connection, std::string_view sql) : m_connection(connection) {
  if (!connection.ok()) return;
  connection.note(
      sqlite3_prepare_v3(connection.m_db, sql.data(), length(sql), SQLITE_PREPARE_PERSISTENT, &m_statement, nullptr));
}

Statement::~Statement() { sqlite3_finalize(m_statement); }

void Statement::bindInteger(int position, std::int64_t value) {
  m_connection.note(sqlite3_bind_int64(m_statement, position, value));
}
void Statement::bindReal(int position, double value) {
  m_connection.note(sqlite3_bind_double(m_statement, position, value));
}
void Statement::bindText(int position, std::string_view value) {
  const char* bytes = value.data() == nullptr ? "" : value.data();
  m_connection.note(sqlite3_bind_text(m_statement, position, bytes, length(value), SQLITE_TRANSIENT));
}
void Statement::bindBlob(int position, std::string_view value) {
  const char* bytes = value.data() == nullptr ? "" : value.data();
  m_connection.note(sqlite3_bind_blob(m_statement, position, bytes, length(value), SQLITE_TRANSIENT));
}
void Statement::bindNull(int position) { m_connection.note(sqlite3_bind_null(m_statement, position)); }

int Statement::finish() {
  const int code = sqlite3_step(m_statement);
  m_connection.note(code);
  sqlite3_reset(m_statement);
  return code == SQLITE_DONE ? sqlite3_changes(m_connection.m_db) : 0;
}

}  // namespace lull::ledger
