// SPDX-License-Identifier: Apache-2.0
// What a training needs of this computer: memory of the device, and disk.
#pragma once

#include "runtimes/worker/failure.h"
#include "worker.pb.h"

#include <cstdint>
#include <filesystem>
#include <vector>

namespace lull::runtimes::llama::training {

// A model that is no such file.
[[nodiscard]] worker::Failure noModel(const Error& error);

// The task's context, or one that suits the data and the memory of this life. TOO_BIG with what is missing.
[[nodiscard]] worker::Attempt<std::uint32_t> chooseWindow(const worker::v1::Start& start,
                                                          const std::vector<std::uint64_t>& documents);
// Whether this life has the memory for the window that the training began with. TOO_BIG.
[[nodiscard]] worker::Step checkMemory(const worker::v1::Start& start, std::uint32_t window);
// `modelBytes`: of all weights in F32.
[[nodiscard]] worker::Step checkRoom(const std::filesystem::path& folder, std::uint64_t modelBytes);

}  // namespace lull::runtimes::llama::training
