// SPDX-License-Identifier: Apache-2.0
#include "models/fetch/part.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <string>

namespace lull::models::fetch {

namespace {
constexpr auto kTellEvery = std::chrono::milliseconds(250);
}

Result<Part> Part::open(int fd, int out) {
  struct stat about {};
  if (::fstat(fd, &about) != 0) return fromErrno("look at", "the file to fill");
  return Part(fd, out, static_cast<std::uint64_t>(about.st_size));
}

Outcome Part::reserve(std::uint64_t total) {
  if (::fallocate(m_fd, FALLOC_FL_KEEP_SIZE, 0, static_cast<off_t>(total)) == 0) return {};
  if (errno != ENOSPC && errno != EDQUOT && errno != EFBIG) return {};  // it will show while writing
  return Error(Error::Kind::TooBig, fmt::format("the disk has no room for the {} bytes of this model", total));
}

Outcome Part::append(std::string_view bytes) {
  while (!bytes.empty()) {
    const auto n = ::pwrite(m_fd, bytes.data(), bytes.size(), static_cast<off_t>(m_size));
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return fromErrno("write", "the model");
    bytes.remove_prefix(static_cast<std::size_t>(n));
    m_size += static_cast<std::uint64_t>(n);
  }
  const auto now = std::chrono::steady_clock::now();
  if (now - m_told >= kTellEvery) {
    m_told = now;
    tell(fmt::format("at {}", m_size));
  }
  return {};
}

Outcome Part::empty() {
  if (m_size == 0) return {};
  m_size = 0;
  return ::ftruncate(m_fd, 0) == 0 ? Outcome{} : fromErrno("truncate", "the model");
}

Outcome Part::sync() { return ::fsync(m_fd) == 0 ? Outcome{} : fromErrno("fsync", "the model"); }

// Nobody reads any more: then nobody wants the file either, and the service ends this process.
void Part::tell(std::string_view line) const {
  const auto text = std::string(line) + "\n";
  static_cast<void>(!::write(m_out, text.data(), text.size()));
}

}  // namespace lull::models::fetch
