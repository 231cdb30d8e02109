// SPDX-License-Identifier: Apache-2.0
// Runs lull-gpus, or a program like it, and takes its answer from the descriptor it is given with --fd, with a limit on
// time and bytes. What drivers print meanwhile is not shown.
#pragma once

#include "base/result.h"
#include "base/time.h"
#include "cli/interrupt.h"

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

namespace lull::cli {

struct HelperLimits {
  Milliseconds time{20'000};
  std::size_t bytes = 1 << 20;
};
struct HelperLaunch {
  std::filesystem::path program;
  std::vector<std::string> arguments;                   // after --fd NUMBER
  std::optional<std::vector<std::string>> environment;  // "NAME=value"; else ours
  std::vector<int> descriptors;                         // stay open in it, under these numbers
};
struct HelperRun {
  std::string output;  // also what it had said when it crashed or was killed
  Outcome end;
};
[[nodiscard]] HelperRun runHelper(const HelperLaunch& launch, const Interrupt& interrupt,
                                  const HelperLimits& limits = {});
// Its answer, when it ends with 0. Unavailable: it took too long (and was killed), crashed or failed.
[[nodiscard]] Result<std::string> runHelper(const std::filesystem::path& program, const Interrupt& interrupt,
                                            const HelperLimits& limits = {});

}  // namespace lull::cli
