// SPDX-License-Identifier: Apache-2.0
// Brings a result from the service, chunk by chunk: never more than one chunk in memory.
#pragma once

#include "cli/session.h"

#include <filesystem>
#include <string>

namespace lull::cli {

struct Wanted {
  std::string task;
  std::string output;  // empty: the only one
};

enum class Existing { Replace, Keep };  // Keep: Conflict when there is such a file

// Into a file: written under a temporary name beside it, checked against its hash, then renamed. Whatever goes wrong,
// `file` is as it was before and nothing else is left behind.
[[nodiscard]] Result<v1::Output> download(Session& session, const Wanted& wanted, const std::filesystem::path& file,
                                          Existing existing = Existing::Replace);
// To standard output as it comes; a wrong hash can only be told at the end.
[[nodiscard]] Result<v1::Output> downloadToOutput(Session& session, const Wanted& wanted);

}  // namespace lull::cli
