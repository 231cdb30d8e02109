// SPDX-License-Identifier: Apache-2.0
// Ends of llama.cpp's programs that a worker did not ask for.
#pragma once

#include <sys/types.h>

#include <filesystem>
#include <string>

namespace lull::llama {

// The first process found that this one started; 0: none.
[[nodiscard]] pid_t childOf(pid_t parent);
// Past the scripts around it.
[[nodiscard]] pid_t innermost(pid_t pid);
// A script in `folder` that runs a program as `start` does, and when it has ended the commands `end`; without a `start`
// at once. "$@" is the program's command line.
[[nodiscard]] std::filesystem::path startThatEnds(const std::filesystem::path& folder, const std::string& start,
                                                  const std::string& end);

}  // namespace lull::llama
