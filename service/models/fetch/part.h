// SPDX-License-Identifier: Apache-2.0
// The file that is being filled, and the lines that tell how it stands.
#pragma once

#include "base/result.h"

#include <chrono>
#include <cstdint>
#include <string_view>

namespace lull::models::fetch {

class Part {
public:
  // `fd` is written, `out` gets the lines; both stay the caller's.
  [[nodiscard]] static Result<Part> open(int fd, int out);

  [[nodiscard]] std::uint64_t size() const { return m_size; }
  // Reserves the disk space for a file of `total` bytes; TooBig when there is none.
  [[nodiscard]] Outcome reserve(std::uint64_t total);
  [[nodiscard]] Outcome append(std::string_view bytes);
  [[nodiscard]] Outcome empty();
  [[nodiscard]] Outcome sync();

  void tell(std::string_view line) const;

private:
  Part(int fd, int out, std::uint64_t size) : m_fd(fd), m_out(out), m_size(size) {}
  int m_fd;
  int m_out;
  std::uint64_t m_size;
  std::chrono::steady_clock::time_point m_told{};
};

}  // namespace lull::models::fetch
