// SPDX-License-Identifier: Apache-2.0
// What a task computes with, as a file.
#pragma once

#include "runtimes/worker/failure.h"
#include "worker.pb.h"

#include <filesystem>

namespace lull::runtimes::llama {

// What is inline becomes a file of this name in the work folder: one way to read it.
[[nodiscard]] worker::Attempt<std::filesystem::path> inputFile(const worker::v1::Start& start, const v1::Blob& blob,
                                                               const char* name);

}  // namespace lull::runtimes::llama
