// SPDX-License-Identifier: Apache-2.0
// The processes inside, as seen from outside.
#pragma once

#include <sys/types.h>

#include <cstdint>
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

// Whom limits, signals and sums are about.
struct Crowd {
  pid_t root = 0;
  bool rootToo = false;  // without walls the program itself is the root; else it is bubblewrap, which only waits
};
[[nodiscard]] std::vector<Relative> membersOf(const Crowd& crowd, std::size_t limit);

// Whether it still is that process is looked at first.
void signal(const Relative& process, int number);
// To all members, also those that are born meanwhile.
void signalAll(const Crowd& crowd, int number);

// Still: stopped, or ended. Waiting: in the kernel, and stopped when it leaves that.
enum class Motion { Still, Waiting, Moving };
// Of its liveliest thread; Still when there is no such process.
[[nodiscard]] Motion motionOf(pid_t pid);

// Processor time of the root, its descendants, and of all of those that have ended and been waited for.
[[nodiscard]] std::uint64_t cpuNsOf(pid_t root);

}  // namespace lull::sandbox
