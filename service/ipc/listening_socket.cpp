// SPDX-License-Identifier: Apache-2.0
#include "ipc/listening_socket.h"

#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <system_error>

namespace lull::ipc {

namespace {

constexpr int kBacklog = 128;

Result<sockaddr_un> addressOf(const std::filesystem::path& path) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  if (path.empty() || path.native().size() >= sizeof(address.sun_path)) {
    return Error(Error::Kind::Invalid, "the socket path \"" + path.native() + "\" must have 1 to " +
                                           std::to_string(sizeof(address.sun_path) - 1) + " bytes: choose another");
  }
  std::memcpy(address.sun_path, path.c_str(), path.native().size() + 1);
  return address;
}

const sockaddr* generic(const sockaddr_un& address) { return reinterpret_cast<const sockaddr*>(&address); }

Outcome makeFolder(const std::filesystem::path& folder, Mode mode) {
  if (folder.empty()) return {};
  if (mode == Mode::User) {
    if (auto made = makePrivateFolder(folder); !made) return made;
  } else {
    std::error_code code;
    std::filesystem::create_directories(folder, code);
    if (code) return fromErrno(code.value(), "create folder", folder.native());
  }
  struct stat s {};
  if (::stat(folder.c_str(), &s) != 0) return fromErrno("stat", folder.native());
  if (s.st_uid == ::geteuid() || s.st_uid == 0) return {};
  // Somebody who owns the folder can put his own socket in our place.
  return Error(Error::Kind::Denied,
               "the folder " + folder.native() + " belongs to another user: choose another socket");
}

// Makes way for a new socket file.
Outcome removeStale(const std::filesystem::path& path, const sockaddr_un& address) {
  struct stat s {};
  if (::lstat(path.c_str(), &s) != 0) return errno == ENOENT ? Outcome() : fromErrno("stat", path.native());
  if (!S_ISSOCK(s.st_mode)) {
    return Error(Error::Kind::Conflict, path.native() + " is there and is not a socket: remove it or choose another");
  }
  const Fd probe(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  if (!probe) return fromErrno("socket");
  if (::connect(probe.get(), generic(address), sizeof(address)) == 0 || errno == EAGAIN) {
    return Error(Error::Kind::Conflict, "lulld already runs: it answers on " + path.native());
  }
  if (errno != ECONNREFUSED && errno != ENOENT) return fromErrno("connect", path.native());
  if (::unlink(path.c_str()) != 0 && errno != ENOENT) return fromErrno("remove", path.native());
  return {};
}

}  // namespace

Result<ListeningSocket> listenAt(const std::filesystem::path& path, Mode mode) {
  const auto address = addressOf(path);
  if (!address) return address.error();
  if (auto made = makeFolder(path.parent_path(), mode); !made) return made.error();
  if (auto free = removeStale(path, *address); !free) return free.error();
  ListeningSocket socket{.fd = Fd(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0)), .path = path};
  if (!socket.fd) return fromErrno("socket");
  // On Linux the file inherits the socket's mode, so that it is never open wider than it shall be.
  const mode_t rights = mode == Mode::System ? 0666 : 0600;
  if (::fchmod(socket.fd.get(), rights) != 0) return fromErrno("chmod", path.native());
  if (::bind(socket.fd.get(), generic(*address), sizeof(*address)) != 0) {
    if (errno == EADDRINUSE) return Error(Error::Kind::Conflict, "lulld already runs: it just took " + path.native());
    return fromErrno("bind", path.native());
  }
  struct stat s {};
  if (::chmod(path.c_str(), rights) != 0 || ::stat(path.c_str(), &s) != 0) return fromErrno("chmod", path.native());
  if (::listen(socket.fd.get(), kBacklog) != 0) return fromErrno("listen", path.native());
  socket.device = s.st_dev;
  socket.inode = s.st_ino;
  return socket;
}

void removeFile(const ListeningSocket& socket) {
  struct stat s {};
  if (::lstat(socket.path.c_str(), &s) != 0) return;
  if (s.st_dev == socket.device && s.st_ino == socket.inode) ::unlink(socket.path.c_str());
}

}  // namespace lull::ipc
