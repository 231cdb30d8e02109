// SPDX-License-Identifier: Apache-2.0
// Why a program does not do under the governor what it should, for people.
#pragma once

#include "lull/v1/governed.pb.h"

#include <string>

namespace lull::cli {

// Why it has opened no device under the governor: what can be seen from its file, else what is likely.
[[nodiscard]] std::string whyNotAttached(const std::string& program);
// Why work still runs although the gate is closed.
[[nodiscard]] std::string whyWithheld(const v1::GovernedProgram& program);

}  // namespace lull::cli
