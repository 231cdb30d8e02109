// SPDX-License-Identifier: Apache-2.0
// The dangerous half of starting a child: between fork and exec only async-signal-safe calls are allowed, because
// other threads (the ledger's) may hold any lock at the moment of the fork.
#pragma once

#include "process/child.h"

namespace lull::process {

// Returns once the program runs, or why it does not. The child is the leader of its own process group.
[[nodiscard]] Result<pid_t> forkAndExecute(const Launch& launch);

}  // namespace lull::process
