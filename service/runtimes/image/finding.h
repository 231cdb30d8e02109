// SPDX-License-Identifier: Apache-2.0
// What a root has of llama.cpp.
#pragma once

#include "lull/v1/runtime.pb.h"

#include <filesystem>
#include <string>
#include <vector>

namespace lull::image {

// The first thing that tasks with language models need and that is not below `root`; empty: all is there.
[[nodiscard]] std::string missingBelow(const std::filesystem::path& root);

// llama.cpp's packages among those that dpkg has installed below `root`; none where there is no dpkg.
[[nodiscard]] std::vector<v1::Runtime::Package> installedPackages(const std::filesystem::path& root);

// "1:0.7.0+dfsg-2" → "0.7.0"
[[nodiscard]] std::string upstreamVersion(const std::string& package);
// "llama.cpp 0.7.0" by its packages; "llama.cpp" where none tells.
[[nodiscard]] std::string nameOf(const v1::Runtime& runtime);

}  // namespace lull::image
