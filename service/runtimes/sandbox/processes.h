// SPDX-License-Identifier: Apache-2.0
// The processes inside, as seen from outside.
#pragma once

#include <sys/types.h>

#include <optional>
#include <string>
#include <vector>

namespace lull::sandbox {

// What bubblewrap tells on its --info-fd: the process that leads inside.
[[nodiscard]] std::optional<pid_t> leaderIn(const std::string& info);

[[nodiscard]] std::optional<pid_t> parentOf(pid_t pid);

struct Relative {
  pid_t pid = 0;
  pid_t parent = 0;
};
// All that descend from `root` now, at most `limit`.
[[nodiscard]] std::vector<Relative> descendantsOf(pid_t root, std::size_t limit);

// To all descendants, also those that are born meanwhile.
void signalDescendants(pid_t root, int number);

}  // namespace lull::sandbox
