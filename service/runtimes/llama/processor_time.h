// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <sys/types.h>

#include <chrono>

namespace lull::runtimes::llama {

// That a process has computed so far, of all its threads. Zero: there is none.
[[nodiscard]] std::chrono::nanoseconds processorTime(pid_t pid);

}  // namespace lull::runtimes::llama
