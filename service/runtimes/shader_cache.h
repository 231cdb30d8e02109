// SPDX-License-Identifier: Apache-2.0
// Where drivers keep compiled kernels: a folder for each kind of work, so that nobody's task can write what another's
// executes. The owner's own work shares none with what is lent.
#pragma once

#include "lull/v1/task.pb.h"

#include <filesystem>
#include <set>
#include <string>
#include <vector>

namespace lull::runtimes {

// "own-" or "lent-", and what stands for its model or its kernel.
[[nodiscard]] std::string shaderKindOf(const v1::TaskSpec& spec);
// The folder of its kind, which is there now and the one that was used last.
[[nodiscard]] std::filesystem::path shaderCacheFor(const std::filesystem::path& root, const v1::TaskSpec& spec);
// Whoever broke its limits may have left there what would break the next one's: that one begins anew.
void setShadersAside(const std::filesystem::path& root, const std::string& kind);
// All but those that were used last and those in use, and what was set aside. What is to be removed: that may take
// long.
[[nodiscard]] std::vector<std::filesystem::path> setOldShadersAside(const std::filesystem::path& root,
                                                                    const std::set<std::string>& inUse);

}  // namespace lull::runtimes
