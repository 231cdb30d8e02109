// SPDX-License-Identifier: Apache-2.0
#include "wire/governed.h"

#include "wire/socket_path.h"

#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <system_error>

namespace lull::wire {

std::filesystem::path governedFolder() { return userSocket().parent_path() / "governed"; }

Outcome checkPrivate(const std::filesystem::path& folder) {
  struct stat s {};
  if (::lstat(folder.c_str(), &s) != 0) return fromErrno("stat", folder.native());
  if (!S_ISDIR(s.st_mode)) return Error(Error::Kind::Denied, folder.native() + " is not a folder");
  if (s.st_uid != ::geteuid() || (s.st_mode & 0077) != 0) {
    return Error(Error::Kind::Denied, folder.native() + " is not yours alone: remove it, or chmod 700 it");
  }
  return {};
}

std::vector<std::filesystem::path> governedSockets() {
  const auto folder = governedFolder();
  std::vector<std::filesystem::path> out;
  if (!checkPrivate(folder)) return out;
  std::error_code code;
  for (std::filesystem::directory_iterator it(folder, code), end; !code && it != end; it.increment(code)) {
    if (it->path().extension() == kGovernedSuffix) out.push_back(it->path());
  }
  std::ranges::sort(out);
  return out;
}

}  // namespace lull::wire
