// SPDX-License-Identifier: Apache-2.0
// lull-llama with Debian's llama.cpp, on the processor and bare, as tests start it.
#pragma once

#include "fakes/test_worker.h"

#include <filesystem>
#include <memory>

namespace lull::test {

inline constexpr const char* kNoGpu = "VK_DRIVER_FILES=/nonexistent";

// For a task that has its folders in this one, where they are made.
[[nodiscard]] worker::v1::Start startOnProcessor(const std::filesystem::path& folder,
                                                 const std::filesystem::path& model);
[[nodiscard]] std::unique_ptr<fakes::TestWorker> workerOnProcessor(const worker::v1::Start& start);

}  // namespace lull::test
