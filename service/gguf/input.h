// SPDX-License-Identifier: Apache-2.0
// Bytes of a file that nobody vouches for, read in order with a bound on everything. Never maps a file: one that is
// cut while it is read is an error here, and not a signal.
#pragma once

#include "base/result.h"

#include <array>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

namespace lull::gguf {

struct Source {
  std::uint64_t size = 0;
  std::function<Outcome(std::uint64_t offset, char* into, std::size_t count)> read;  // all of it, or an error
};
[[nodiscard]] Source fromMemory(std::string_view bytes);
// `fd` stays the caller's and must outlive the source.
[[nodiscard]] Result<Source> fromFile(int fd, const std::string& name);

// The first error stays: after it everything reads as zero and nothing moves, so a caller may check once per item.
class Input {
public:
  explicit Input(Source source) : m_source(std::move(source)) {}
  Input(const Input&) = delete;
  Input& operator=(const Input&) = delete;

  // Little-endian, as GGUF has it on every machine Lull runs on.
  template <typename T>
  [[nodiscard]] T number() {
    T value{};
    take(reinterpret_cast<char*>(&value), sizeof value);
    return value;
  }
  // A length and that many bytes. The first `keep` are returned, the rest is passed over; more than `most` is an error.
  [[nodiscard]] std::string text(std::uint64_t most, std::size_t keep);
  void skip(std::uint64_t count);
  void skipText(std::uint64_t most);

  void fail(std::string why);
  [[nodiscard]] bool failed() const { return m_error.has_value(); }
  [[nodiscard]] const Error& error() const { return *m_error; }
  [[nodiscard]] std::uint64_t position() const { return m_at; }
  [[nodiscard]] std::uint64_t size() const { return m_source.size; }
  [[nodiscard]] std::uint64_t left() const { return m_source.size - m_at; }

private:
  void take(char* into, std::size_t count);
  [[nodiscard]] bool fill();

  Source m_source;
  std::uint64_t m_at = 0;  // ≤ size, always
  std::uint64_t m_bufferAt = 0;
  std::size_t m_buffered = 0;
  std::array<char, 64 * 1024> m_buffer{};
  std::optional<Error> m_error;
};

}  // namespace lull::gguf
