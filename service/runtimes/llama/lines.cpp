// SPDX-License-Identifier: Apache-2.0
#include "runtimes/llama/lines.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <array>

namespace lull::runtimes::llama {

Result<Lines> Lines::open(const std::filesystem::path& file, std::size_t most) {
  Lines lines{Fd(::open(file.c_str(), O_RDONLY | O_CLOEXEC))};
  if (!lines.m_fd) return fromErrno("open", file.native());
  std::array<char, 1 << 16> run{};
  std::uint64_t at = 0;
  Span line;
  bool blank = true;
  const auto end = [&](std::uint64_t here) {
    line.size = here - line.begin;
    if (!blank) lines.m_lines.push_back(line);
    line.begin = here + 1;
    blank = true;
  };
  for (;;) {
    const ssize_t n = ::read(lines.m_fd.get(), run.data(), run.size());
    if (n < 0) return fromErrno("read", file.native());
    if (n == 0 || lines.m_lines.size() > most) break;
    for (ssize_t i = 0; i < n; ++i, ++at) {
      const char c = run[static_cast<std::size_t>(i)];
      if (c == '\n')
        end(at);
      else if (c != ' ' && c != '\t' && c != '\r')
        blank = false;
    }
  }
  end(at);
  if (lines.m_lines.size() > most) {
    return Error(Error::Kind::TooBig, "more than " + std::to_string(most) + " lines: split the file");
  }
  return lines;
}

Result<std::string> Lines::read(std::size_t line, std::size_t limit) const {
  const Span span = m_lines.at(line);
  std::string out(static_cast<std::size_t>(std::min<std::uint64_t>(span.size, limit + 1)), '\0');
  const ssize_t n = ::pread(m_fd.get(), out.data(), out.size(), static_cast<off_t>(span.begin));
  if (n < 0) return fromErrno("read", "the batch's requests");
  out.resize(static_cast<std::size_t>(n));
  return out;
}

}  // namespace lull::runtimes::llama
