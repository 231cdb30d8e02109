// SPDX-License-Identifier: Apache-2.0
#include "cli/programs.h"

#include <unistd.h>

namespace lull::cli {

std::filesystem::path ownFolder() {
  std::error_code code;
  const auto own = std::filesystem::read_symlink("/proc/self/exe", code);
  return code ? std::filesystem::path("/usr/bin") : own.parent_path();
}

std::optional<std::filesystem::path> findProgram(std::string_view name) {
  const auto own = ownFolder();
  for (const auto& folder : {own, own / "../libexec/lull"}) {
    const auto path = (folder / name).lexically_normal();
    if (::access(path.c_str(), X_OK) == 0) return path;
  }
  return std::nullopt;
}

}  // namespace lull::cli
