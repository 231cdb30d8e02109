// SPDX-License-Identifier: Apache-2.0
// Runs lull-gpus, or a program like it, and takes its answer from the descriptor it is given with --fd, with a limit on
// time and bytes. What drivers print meanwhile is not shown.
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
// Its answer, when it ends with 0. Unavailable: it took too long (and was killed), crashed or failed.
[[nodiscard]] Result<std::string> runHelper(const std::filesystem::path& program, const Interrupt& interrupt,
                                            const HelperLimits& limits = {});

}  // namespace lull::cli
