// SPDX-License-Identifier: Apache-2.0
// Files as the rest of Lull needs them: small reads with a bound, replacement in one step, descriptors that close.
#pragma once

#include "base/result.h"

#include <cstddef>
#include <filesystem>
#include <string>
#include <string_view>
#include <utility>

namespace lull {

// Owns a file descriptor.
class Fd {
public:
  Fd() = default;
  explicit Fd(int fd) : m_fd(fd) {}
  Fd(Fd&& other) noexcept : m_fd(std::exchange(other.m_fd, -1)) {}
  Fd& operator=(Fd&& other) noexcept {
    if (this != &other) reset(std::exchange(other.m_fd, -1));
    return *this;
  }
  ~Fd() { reset(); }

  [[nodiscard]] int get() const { return m_fd; }
  [[nodiscard]] int release() { return std::exchange(m_fd, -1); }
  void reset(int fd = -1);
  explicit operator bool() const { return m_fd >= 0; }

private:
  int m_fd = -1;
};

inline constexpr std::size_t kSmallFile = 1 << 20;

// The whole of a file of at most `limit` bytes; TooBig beyond. Works for /proc and /sys, whose sizes lie.
[[nodiscard]] Result<std::string> readFile(const std::filesystem::path& path, std::size_t limit = kSmallFile);

enum class Durability { Rename, Sync };  // Sync: file and folder reach the disk before it returns
// Replaces `path` in one step: a reader sees the old bytes or the new, also after a crash.
[[nodiscard]] Outcome replaceFile(const std::filesystem::path& path, std::string_view bytes,
                                  Durability durability = Durability::Sync);
[[nodiscard]] Outcome syncFolder(const std::filesystem::path& folder);
// Creates the folder and its parents; the last one with mode 0700 when it is new.
[[nodiscard]] Outcome makePrivateFolder(const std::filesystem::path& folder);

}  // namespace lull
