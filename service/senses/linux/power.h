// SPDX-License-Identifier: Apache-2.0
// Does the computer run on mains or on its battery?
#pragma once

#include "lull/v1/status.pb.h"

#include <filesystem>

namespace lull::senses {

// A machine without any power supply to tell of runs on mains, and that is known. Batteries of peripherals (mice,
// headsets) do not count. Several batteries are one, weighted by what they hold.
[[nodiscard]] v1::Power readPower(const std::filesystem::path& sys);

}  // namespace lull::senses
