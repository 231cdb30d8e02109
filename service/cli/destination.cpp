// SPDX-License-Identifier: Apache-2.0
#include "cli/destination.h"

#include <fmt/core.h>

#include <filesystem>

namespace lull::cli {

namespace fs = std::filesystem;

Destination destinationOf(const std::string& file, bool force) {
  return {.file = file, .existing = force ? Existing::Replace : Existing::Keep};
}

Outcome check(const Destination& to, const std::string& what) {
  if (!to.isFile()) return {};
  const fs::path file(to.file);
  std::error_code code;
  if (to.file.ends_with('/') || fs::is_directory(file, code)) {
    return Error(Error::Kind::Invalid, fmt::format("{} is a folder: name a file in it", to.file));
  }
  const auto folder = file.has_parent_path() ? file.parent_path() : fs::path(".");
  if (!fs::is_directory(folder, code)) {
    return Error(Error::Kind::NotFound, fmt::format("there is no folder {} for {}", folder.native(), what));
  }
  if (to.existing == Existing::Replace || !fs::exists(file, code)) return {};
  return Error(Error::Kind::Conflict,
               fmt::format("{} is there already: choose another name, or --force to write over it", to.file));
}

}  // namespace lull::cli
