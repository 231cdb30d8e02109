// SPDX-License-Identifier: Apache-2.0
// The file that a result is to become, looked at before hours of work and not after them.
#pragma once

#include "cli/download.h"

#include <string>

namespace lull::cli {

inline constexpr const char* kStandard = "-";

struct Destination {
  std::string file;  // "-": standard output; empty: nowhere
  Existing existing = Existing::Keep;
  [[nodiscard]] bool isFile() const { return !file.empty() && file != kStandard; }
};

[[nodiscard]] Destination destinationOf(const std::string& file, bool force);
// `what` is to go there: "the answers".
[[nodiscard]] Outcome check(const Destination& to, const std::string& what);

}  // namespace lull::cli
