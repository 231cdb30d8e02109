// SPDX-License-Identifier: Apache-2.0
// Runs a small helper program and takes what it prints, with a limit on time and bytes.
#pragma once

#include "base/result.h"
#include "base/time.h"
#include "cli/interrupt.h"

#include <filesystem>
#include <string>

namespace lull::cli {

struct HelperLimits {
  Milliseconds time{20'000};
  std::size_t bytes = 1 << 20;
};
// Its standard output, when it ends with 0. Unavailable: it took too long (and was killed), crashed or failed.
[[nodiscard]] Result<std::string> runHelper(const std::filesystem::path& program, const Interrupt& interrupt,
                                            const HelperLimits& limits = {});

}  // namespace lull::cli
