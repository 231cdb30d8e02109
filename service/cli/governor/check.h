// SPDX-License-Identifier: Apache-2.0
// Whether the governor works on this machine's GPUs: lull-governor-check tries it, for at most 10 s, and a driver that
// hangs or crashes does so there.
#pragma once

#include "cli/doctor.h"
#include "cli/helper.h"

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

namespace lull::cli {

// What lull-governor-check has said, by lines; see service/governor/check/main.cpp.
struct Tried {
  struct Gpu {
    std::uint32_t index = 0;
    std::string name;
    std::string step;     // the last it tried
    std::string trouble;  // when it told that it does not work
    bool works = false;
    double ms = 0;
    std::uint64_t gpuNs = 0;  // metered
  };
  std::string loader;
  bool layerFound = false;
  std::string step;     // before the first GPU
  std::string trouble;  // the same
  std::vector<Gpu> gpus;
};
[[nodiscard]] Tried parseTried(std::string_view text);
// `end`: how the program ended.
[[nodiscard]] std::vector<Check> checksOf(const Tried& tried, const Outcome& end);

// Runs `program` on all GPUs, again behind one whose driver took it down. One check for each GPU, or one that says why
// none could be tried.
[[nodiscard]] std::vector<Check> checkGovernor(const std::filesystem::path& program,
                                               const std::filesystem::path& layerFolder, const Interrupt& interrupt,
                                               const HelperLimits& limits = {.time = Milliseconds(10'000)});

}  // namespace lull::cli
