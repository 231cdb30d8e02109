// SPDX-License-Identifier: Apache-2.0
#include "cli/governor/socket.h"

#include <unistd.h>

#include <cerrno>
#include <cstring>

namespace lull::cli {

Result<sockaddr_un> addressOf(const std::filesystem::path& path) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  if (path.native().size() >= sizeof address.sun_path) {
    return Error(Error::Kind::Invalid, "the socket's path is too long: " + path.native());
  }
  std::memcpy(address.sun_path, path.c_str(), path.native().size() + 1);
  return address;
}

Result<Fd> connectTo(const std::filesystem::path& path) {
  const auto address = addressOf(path);
  if (!address) return address.error();
  // Not blocking: a keeper that was stopped lets its queue fill.
  Fd fd(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  if (!fd) return fromErrno("socket");
  if (::connect(fd.get(), generic(*address), sizeof *address) != 0) {
    if (errno == ECONNREFUSED || errno == ENOENT) {
      return Error(Error::Kind::Unavailable, "nobody listens on " + path.native());
    }
    return fromErrno("connect", path.native());
  }
  if (!isOurs(fd.get())) return Error(Error::Kind::Denied, path.native() + " belongs to somebody else");
  return fd;
}

bool isOurs(int socket) {
  ucred peer{};
  socklen_t bytes = sizeof peer;
  if (::getsockopt(socket, SOL_SOCKET, SO_PEERCRED, &peer, &bytes) != 0) return false;
  return peer.uid == ::geteuid() || peer.uid == 0;
}

}  // namespace lull::cli
