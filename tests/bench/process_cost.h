// SPDX-License-Identifier: Apache-2.0
// What a process and its descendants cost the machine, from /proc.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <vector>

namespace lull::bench {

struct Cost {
  double cpuMs = 0;           // of all threads, ended ones included
  std::uint64_t wakeups = 0;  // voluntary context switches of the living threads
  double pssMiB = 0;
  int processes = 0;
};

// The process and all its living descendants.
[[nodiscard]] std::vector<pid_t> familyOf(pid_t root);
[[nodiscard]] Cost costOf(const std::vector<pid_t>& processes);

}  // namespace lull::bench
