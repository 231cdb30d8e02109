// SPDX-License-Identifier: Apache-2.0
#include "ipc/peer.h"

#include <grp.h>
#include <sys/socket.h>

#include <cerrno>

namespace lull::ipc {

namespace {

Result<std::vector<gid_t>> groupsOf(int socket) {
  std::vector<gid_t> groups(32);
  for (;;) {
    auto bytes = static_cast<socklen_t>(groups.size() * sizeof(gid_t));
    const int outcome = ::getsockopt(socket, SOL_SOCKET, SO_PEERGROUPS, groups.data(), &bytes);
    if (outcome != 0 && errno == ENOPROTOOPT) return std::vector<gid_t>();  // kernels before 4.13: none are known
    if (outcome != 0 && errno != ERANGE) return fromErrno("getsockopt", "SO_PEERGROUPS");
    groups.resize(bytes / sizeof(gid_t));  // ERANGE: as many as there are
    if (outcome == 0) return groups;
  }
}

}  // namespace

Result<Peer> peerOf(int socket) {
  ucred credentials{};
  socklen_t bytes = sizeof(credentials);
  if (::getsockopt(socket, SOL_SOCKET, SO_PEERCRED, &credentials, &bytes) != 0) {
    return fromErrno("getsockopt", "SO_PEERCRED");
  }
  auto groups = groupsOf(socket);
  if (!groups) return groups.error();
  return Peer{.uid = credentials.uid, .gid = credentials.gid, .groups = std::move(*groups)};
}

std::optional<gid_t> groupNamed(const char* name) {
  std::vector<char> buffer(4096);
  group entry{};
  group* found = nullptr;
  int code = 0;
  while ((code = ::getgrnam_r(name, &entry, buffer.data(), buffer.size(), &found)) == ERANGE) {
    buffer.resize(buffer.size() * 2);
  }
  if (code != 0 || found == nullptr) return {};
  return entry.gr_gid;
}

}  // namespace lull::ipc
