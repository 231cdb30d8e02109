// SPDX-License-Identifier: Apache-2.0
// The first requests of a batch that were answered by an error, out of the file of its answers. Pure but for the file.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

namespace lull::cli {

struct BatchFailure {
  std::uint64_t line = 0;
  std::string text;  // "q7: This request and its answer need more context"
};
// A file that cannot be read has none: it was told already.
[[nodiscard]] std::vector<BatchFailure> failuresIn(const std::filesystem::path& file);

}  // namespace lull::cli
