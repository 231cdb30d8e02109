// SPDX-License-Identifier: Apache-2.0
// SQLite's C interface as values: connections and statements that close, and the one place where its codes become ours.
//
// Errors stick: the first one is kept by the connection and nothing more is executed on it until takeError(). So a
// sequence of statements is written as a sequence, and asked once whether it went well.
#pragma once

#include "base/result.h"

#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>

struct sqlite3;
struct sqlite3_stmt;

namespace lull::ledger {

struct SqlError {
  enum class Kind {
    Damaged,       // the file is not what it should be
    Unacceptable,  // what was to be written breaks a rule of the schema: repeating is useless
    Environment,   // disk full, I/O, locked, out of memory: may pass
  };
  Kind kind = Kind::Environment;
  int code = 0;  // SQLite's extended result code
  std::string text;

  [[nodiscard]] Error error() const;
};

class Connection {
public:
  enum class Access { ReadWrite, ReadOnly };
  // One thread at a time.
  [[nodiscard]] static Result<std::unique_ptr<Connection>> open(const std::filesystem::path& file, Access access);
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;
  ~Connection();

  void execute(const std::string& sql);  // one or more statements without results
  [[nodiscard]] bool ok() const { return !m_error; }
  [[nodiscard]] std::optional<SqlError> takeError();
  [[nodiscard]] std::int64_t lastRowId() const;

private:
  friend class Statement;
  friend class Rows;
  explicit Connection(sqlite3* db) : m_db(db) {}
  void note(int code);

  sqlite3* m_db;
  std::optional<SqlError> m_error;
};

struct Blob {
  std::string_view bytes;
};

// The rows of a running query; the statement is free again when they go.
class Rows {
public:
  Rows(Connection& connection, sqlite3_stmt* statement) : m_connection(connection), m_statement(statement) {}
  Rows(const Rows&) = delete;
  Rows& operator=(const Rows&) = delete;
  ~Rows();

  [[nodiscard]] bool next();
  [[nodiscard]] std::int64_t integer(int column) const;
  [[nodiscard]] std::uint64_t natural(int column) const;
  [[nodiscard]] double real(int column) const;
  [[nodiscard]] std::string text(int column) const;  // also blobs
  [[nodiscard]] bool isNull(int column) const;

private:
  Connection& m_connection;
  sqlite3_stmt* m_statement;
};

// Prepared once, used often. Must not outlive its connection.
class Statement {
public:
  Statement(Connection& connection, std::string_view sql);
  Statement(const Statement&) = delete;
  Statement& operator=(const Statement&) = delete;
  ~Statement();

  // Executes; returns the number of rows changed.
  template <typename... A>
  int run(const A&... values) {
    return bindAll(values...) ? finish() : 0;
  }
  template <typename... A>
  [[nodiscard]] Rows rows(const A&... values) {
    return {m_connection, bindAll(values...) ? m_statement : nullptr};
  }

private:
  template <typename... A>
  bool bindAll(const A&... values) {
    if (!m_connection.ok()) return false;
    int position = 0;
    (bindOne(++position, values), ...);
    return m_connection.ok();
  }
  template <typename T>
  void bindOne(int position, const T& value) {
    if constexpr (std::is_floating_point_v<T>) {
      bindReal(position, value);
    } else if constexpr (std::is_integral_v<T> || std::is_enum_v<T>) {
      bindInteger(position, static_cast<std::int64_t>(value));
    } else if constexpr (std::is_same_v<T, std::nullptr_t>) {
      bindNull(position);
    } else if constexpr (std::is_same_v<T, Blob>) {
      bindBlob(position, value.bytes);
    } else if constexpr (std::is_same_v<T, std::optional<std::int64_t>>) {
      value ? bindInteger(position, *value) : bindNull(position);
    } else if constexpr (std::is_same_v<T, std::optional<double>>) {
      value ? bindReal(position, *value) : bindNull(position);
    } else {
      bindText(position, value);
    }
  }
  void bindInteger(int position, std::int64_t value);
  void bindReal(int position, double value);
  void bindText(int position, std::string_view value);
  void bindBlob(int position, std::string_view value);
  void bindNull(int position);
  int finish();

  Connection& m_connection;
  sqlite3_stmt* m_statement = nullptr;
};

}  // namespace lull::ledger
