// SPDX-License-Identifier: Apache-2.0
// What both ends of a governed program's socket need.
#pragma once

#include "base/file.h"

#include <sys/socket.h>
#include <sys/un.h>

#include <filesystem>

namespace lull::cli {

[[nodiscard]] Result<sockaddr_un> addressOf(const std::filesystem::path& path);
[[nodiscard]] inline const sockaddr* generic(const sockaddr_un& address) {
  return reinterpret_cast<const sockaddr*>(&address);
}
// Unavailable: nobody listens there any more. Denied: somebody else does.
[[nodiscard]] Result<Fd> connectTo(const std::filesystem::path& path);
// This user, or root, is at the other end.
[[nodiscard]] bool isOurs(int socket);

}  // namespace lull::cli
