// SPDX-License-Identifier: Apache-2.0
// Waiting for a child's end, with a limit.
#pragma once

#include <sys/types.h>

#include <chrono>

namespace lull::fakes {

// -1 on kernels without it (before Linux 5.3, and some that only pretend to be Linux).
[[nodiscard]] int openPidFd(pid_t pid);
// True once the child has ended; it is left to be reaped. `pidFd` may be -1: then it looks again and again.
[[nodiscard]] bool hasEnded(pid_t pid, int pidFd, std::chrono::milliseconds limit);

}  // namespace lull::fakes
