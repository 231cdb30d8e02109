// SPDX-License-Identifier: Apache-2.0
// The lines of a text file, found once and read one at a time: a file of any size takes 16 bytes a line.
#pragma once

#include "base/file.h"
#include "base/result.h"

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

namespace lull::runtimes::llama {

class Lines {
public:
  // Empty lines do not count. TooBig: more lines than `most`.
  [[nodiscard]] static Result<Lines> open(const std::filesystem::path& file, std::size_t most);

  [[nodiscard]] std::size_t size() const { return m_lines.size(); }
  // At most `limit` + 1 bytes of a line, so that a longer one is known. Thread-safe.
  [[nodiscard]] Result<std::string> read(std::size_t line, std::size_t limit) const;

private:
  struct Span {
    std::uint64_t begin = 0;
    std::uint64_t size = 0;
  };
  explicit Lines(Fd fd) : m_fd(std::move(fd)) {}
  Fd m_fd;
  std::vector<Span> m_lines;
};

}  // namespace lull::runtimes::llama
