// SPDX-License-Identifier: Apache-2.0
#include "runtimes/worker/stream.h"

#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <vector>

namespace lull::worker {

Outcome writeAll(int fd, std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t n = ::write(fd, bytes.data(), bytes.size());
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return fromErrno("write");
    bytes.remove_prefix(static_cast<std::size_t>(n));
  }
  return {};
}

bool readExactly(int fd, char* out, std::size_t bytes) {
  while (bytes > 0) {
    const ssize_t n = ::read(fd, out, bytes);
    if (n < 0 && errno == EINTR) continue;
    if (n <= 0) return false;
    out += n;
    bytes -= static_cast<std::size_t>(n);
  }
  return true;
}

Step readInRuns(int fd, std::uint64_t bytes, const std::function<Step(std::string_view)>& take) {
  std::vector<char> run(static_cast<std::size_t>(std::min<std::uint64_t>(bytes, 1U << 20U)));
  while (bytes > 0) {
    const auto n = static_cast<std::size_t>(std::min<std::uint64_t>(bytes, run.size()));
    if (!readExactly(fd, run.data(), n)) return fromStorage(Error(Error::Kind::Io, "a file ended too early"));
    if (auto taken = take({run.data(), n}); !taken) return taken;
    bytes -= n;
  }
  return Done{};
}

}  // namespace lull::worker
