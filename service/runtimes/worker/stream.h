// SPDX-License-Identifier: Apache-2.0
// Large files in bounded runs.
#pragma once

#include "base/result.h"
#include "runtimes/worker/failure.h"

#include <cstddef>
#include <cstdint>
#include <functional>
#include <string_view>

namespace lull::worker {

[[nodiscard]] Outcome writeAll(int fd, std::string_view bytes);
[[nodiscard]] bool readExactly(int fd, char* out, std::size_t bytes);
// The next `bytes` of the file; STORAGE where they are not there.
[[nodiscard]] Step readInRuns(int fd, std::uint64_t bytes, const std::function<Step(std::string_view)>& take);

}  // namespace lull::worker
