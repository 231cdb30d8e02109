// SPDX-License-Identifier: Apache-2.0
// Folders by handles: for trees of which somebody else may move parts about, and paths longer than the kernel takes.
#pragma once

#include "base/file.h"

#include <dirent.h>
#include <fcntl.h>

#include <cerrno>
#include <memory>
#include <string_view>

namespace lull {

// A folder within an open one, never through a link; AT_FDCWD: a path. None: errno says why.
[[nodiscard]] inline Fd openFolder(int at, const char* name) {
  return Fd(::openat(at, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
}

// `each(folder, name)` for what is in the folder, until one is false. False: that, or errno says why not all were told.
template <typename Each>
[[nodiscard]] bool forEachIn(Fd folder, Each each) {
  const auto close = [](DIR* listing) { ::closedir(listing); };
  const std::unique_ptr<DIR, decltype(close)> listing(folder ? ::fdopendir(folder.get()) : nullptr, close);
  if (!listing) return false;
  const int here = folder.release();
  for (errno = 0; const auto* entry = ::readdir(listing.get()); errno = 0) {
    const std::string_view name(entry->d_name);
    if (name != "." && name != ".." && !each(here, entry->d_name)) return false;
  }
  return errno == 0;
}

}  // namespace lull
