// SPDX-License-Identifier: Apache-2.0
#include "base/file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <system_error>

namespace lull {

namespace {

Outcome writeAll(int fd, std::string_view bytes, const std::string& path) {
  while (!bytes.empty()) {
    const ssize_t n = ::write(fd, bytes.data(), bytes.size());
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return fromErrno("write", path);
    bytes.remove_prefix(static_cast<std::size_t>(n));
  }
  return {};
}

}  // namespace

void Fd::reset(int fd) {
  if (m_fd >= 0) ::close(m_fd);
  m_fd = fd;
}

Result<std::string> readFile(const std::filesystem::path& path, std::size_t limit) {
  const Fd fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOCTTY));
  if (!fd) return fromErrno("open", path.native());
  std::string bytes;
  std::array<char, 16384> chunk{};
  for (;;) {
    const ssize_t n = ::read(fd.get(), chunk.data(), chunk.size());
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return fromErrno("read", path.native());
    if (n == 0) return bytes;
    if (bytes.size() + static_cast<std::size_t>(n) > limit) {
      return Error(Error::Kind::TooBig, path.native() + " is larger than " + std::to_string(limit) + " bytes");
    }
    bytes.append(chunk.data(), static_cast<std::size_t>(n));
  }
}

Outcome replaceFile(const std::filesystem::path& path, std::string_view bytes, Durability durability) {
  const std::string temporary = path.native() + ".new." + std::to_string(::getpid());
  {
    const Fd fd(::open(temporary.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600));
    if (!fd) return fromErrno("create", temporary);
    auto written = writeAll(fd.get(), bytes, temporary);
    if (written && durability == Durability::Sync && ::fsync(fd.get()) != 0) written = fromErrno("fsync", temporary);
    if (!written) {
      ::unlink(temporary.c_str());
      return written;
    }
  }
  if (::rename(temporary.c_str(), path.c_str()) != 0) {
    auto error = fromErrno("rename to", path.native());
    ::unlink(temporary.c_str());
    return error;
  }
  return durability == Durability::Sync ? syncFolder(path.parent_path()) : Outcome{};
}

Outcome syncFolder(const std::filesystem::path& folder) {
  const std::string name = folder.empty() ? "." : folder.native();
  const Fd fd(::open(name.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!fd) return fromErrno("open", name);
  if (::fsync(fd.get()) != 0) return fromErrno("fsync", name);
  return {};
}

Outcome makePrivateFolder(const std::filesystem::path& folder) {
  std::error_code code;
  if (std::filesystem::is_directory(folder, code)) return {};
  if (folder.has_parent_path()) std::filesystem::create_directories(folder.parent_path(), code);
  if (::mkdir(folder.c_str(), 0700) == 0) return {};
  auto error = fromErrno("create folder", folder.native());
  if (std::filesystem::is_directory(folder, code)) return {};  // somebody else was quicker
  return error;
}

}  // namespace lull
