// SPDX-License-Identifier: Apache-2.0
// Where this program lies, and its siblings: next to it in a build tree, in ../libexec/lull when installed.
#pragma once

#include <filesystem>
#include <optional>
#include <string_view>

namespace lull::cli {

[[nodiscard]] std::filesystem::path ownFolder();
[[nodiscard]] std::optional<std::filesystem::path> findProgram(std::string_view name);

}  // namespace lull::cli
