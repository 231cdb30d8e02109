// SPDX-License-Identifier: Apache-2.0
// What a worker finds around it: its program, folders, devices and environment, with walls and without.
#pragma once

#include "runtimes/sandbox/sandbox.h"
#include "runtimes/workers.h"
#include "worker.pb.h"

#include <filesystem>
#include <vector>

namespace lull::runtimes {

// The numbers under which every worker has them.
inline constexpr int kWorkerFd = 3;
inline constexpr int kPageFd = 4;
inline constexpr int kEventFd = 5;

// Without descriptors: those are the worker's to add.
[[nodiscard]] sandbox::Spec surroundings(const WorkersOptions& options, const WorkerOrder& order, sandbox::Walls walls);
// The order as the worker is told it: with the folders as they are called there.
[[nodiscard]] worker::v1::Start startFor(const WorkerOrder& order, sandbox::Walls walls);

}  // namespace lull::runtimes
