// SPDX-License-Identifier: Apache-2.0
// Errors as values. A function that can fail returns Result<T>; the caller acts on the kind, people read the text.
// No exception crosses a module's border.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <variant>

namespace lull {

class [[nodiscard]] Error {
public:
  enum class Kind {
    Invalid,  // the input is wrong; trying again is useless
    NotFound,
    Denied,
    Conflict,     // not in this state
    Unavailable,  // not now; trying again may help
    Version,      // no common version
    TooBig,       // a quota or size limit
    Io,           // the operating system refused; the text names the call and errno
    Internal,     // a fault of ours
  };

  Error(Kind kind, std::string text) : m_kind(kind), m_text(std::move(text)) {}

  [[nodiscard]] Kind kind() const { return m_kind; }
  [[nodiscard]] const std::string& text() const { return m_text; }

  // Puts what was being done before the cause: "opening the ledger: disk full".
  [[nodiscard]] Error during(std::string_view step) const { return {m_kind, std::string(step) + ": " + m_text}; }

private:
  Kind m_kind;
  std::string m_text;
};

// The one place where errno becomes an Error: `fromErrno("open", path)` → "open /x/y: No such file or directory".
// Kind is NotFound for ENOENT, Denied for EACCES and EPERM, TooBig for ENOSPC, EDQUOT and EFBIG, Io
// otherwise.
[[nodiscard]] Error fromErrno(std::string_view call, std::string_view subject = {});
[[nodiscard]] Error fromErrno(int errnoValue, std::string_view call, std::string_view subject);

template <typename T>
class [[nodiscard]] Result {
public:
  using Value = T;
  Result(T value) : m_state(std::in_place_index<0>, std::move(value)) {}
  Result(Error error) : m_state(std::in_place_index<1>, std::move(error)) {}

  [[nodiscard]] bool ok() const { return m_state.index() == 0; }
  explicit operator bool() const { return ok(); }

  [[nodiscard]] T& value() & { return std::get<0>(m_state); }
  [[nodiscard]] const T& value() const& { return std::get<0>(m_state); }
  [[nodiscard]] T&& value() && { return std::get<0>(std::move(m_state)); }
  [[nodiscard]] T& operator*() & { return value(); }
  [[nodiscard]] const T& operator*() const& { return value(); }
  [[nodiscard]] T&& operator*() && { return std::move(*this).value(); }
  [[nodiscard]] T* operator->() { return &value(); }
  [[nodiscard]] const T* operator->() const { return &value(); }

  [[nodiscard]] const Error& error() const { return std::get<1>(m_state); }

private:
  std::variant<T, Error> m_state;
};

template <>
class [[nodiscard]] Result<void> {
public:
  Result() = default;
  Result(Error error) : m_state(std::in_place_index<1>, std::move(error)) {}

  [[nodiscard]] bool ok() const { return m_state.index() == 0; }
  explicit operator bool() const { return ok(); }
  [[nodiscard]] const Error& error() const { return std::get<1>(m_state); }

private:
  std::variant<std::monostate, Error> m_state;
};

using Outcome = Result<void>;

}  // namespace lull
