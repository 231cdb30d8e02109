// SPDX-License-Identifier: Apache-2.0
// Getting rid of a folder that somebody else may have filled: one who is not trusted, and has ended.
#pragma once

#include "base/result.h"

#include <filesystem>

namespace lull {

// The folder, or file, with all that is in it: however deep, and whatever rights were taken away. Links are not
// followed. Long work. Fine when it is not there.
[[nodiscard]] Outcome removeTree(const std::filesystem::path& tree);

}  // namespace lull
