// SPDX-License-Identifier: Apache-2.0
// The socket the service listens on, and its file.
#pragma once

#include "base/file.h"
#include "ipc/rights.h"

#include <sys/types.h>

#include <filesystem>

namespace lull::ipc {

struct ListeningSocket {
  Fd fd;
  std::filesystem::path path;
  dev_t device = 0;  // of the file that was made: it may have been replaced since
  ino_t inode = 0;
};

// Binds and listens. A socket file that nobody answers on is removed first; Conflict: somebody answers there, or the
// path is something else than a socket. Makes the folder where it is missing.
[[nodiscard]] Result<ListeningSocket> listenAt(const std::filesystem::path& path, Mode mode);
// Removes the file if it is still the one that was made.
void removeFile(const ListeningSocket& socket);

}  // namespace lull::ipc
