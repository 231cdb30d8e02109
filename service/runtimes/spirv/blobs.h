// SPDX-License-Identifier: Apache-2.0
// What goes into a task and what comes out of it, as files.
#pragma once

#include "runtimes/spirv/buffers.h"

#include <filesystem>
#include <string>

namespace lull::spirv {

// A small input (module, push constants) as bytes.
[[nodiscard]] Attempt<std::string> readBlob(const v1::Blob& blob, const std::filesystem::path& folder);
// Fills a buffer with its input, zeros behind it. BAD_TASK when the input is larger than the buffer.
[[nodiscard]] Step fill(Buffers& buffers, std::size_t index, const v1::Buffer& description,
                        const std::filesystem::path& folder);
// Writes a buffer to <folder>/<name> in one step: complete, synced, or not there. Holds no second copy of it.
[[nodiscard]] Attempt<v1::Output> writeOutput(Buffers& buffers, std::size_t index, const std::string& name,
                                              const std::filesystem::path& folder);

}  // namespace lull::spirv
