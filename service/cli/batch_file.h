// SPDX-License-Identifier: Apache-2.0
// The requests of a batch as they lie on this side: looked at once, line by line, never whole in memory. What is in a
// request's body is the service's to judge; here only whether a line is a request at all.
#pragma once

#include "base/file.h"
#include "cli/interrupt.h"

#include <cstdint>
#include <filesystem>
#include <functional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace lull::cli {

// Why a line is no request, for people; empty: it is one.
[[nodiscard]] std::string troubleOf(std::string_view line);

struct BatchFile {
  std::uint64_t requests = 0;                                   // lines that are not empty
  std::uint64_t bad = 0;                                        // of them
  std::vector<std::pair<std::uint64_t, std::string>> firstBad;  // number of the line, and what is wrong
};

struct Looking {
  std::string name;  // of the file, in errors
  const Interrupt& interrupt;
  std::function<void(std::uint64_t bytes)> progress;
};
// Invalid: no request in it, or too many.
[[nodiscard]] Result<BatchFile> lookAt(const std::filesystem::path& file, const Looking& looking);

// All of standard input in a file that has no name and goes with its descriptor.
[[nodiscard]] Result<Fd> keepStandardInput(const Interrupt& interrupt);
// How others open it.
[[nodiscard]] std::filesystem::path pathOf(const Fd& fd);

}  // namespace lull::cli
