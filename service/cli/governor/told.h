// SPDX-License-Identifier: Apache-2.0
// Governed programs in words.
#pragma once

#include "base/time.h"
#include "cli/terminal.h"
#include "governor/page.h"
#include "lull/v1/governed.pb.h"

#include <string>
#include <vector>

namespace lull::cli {

// What the page tells.
void fillFrom(const governor::Page& page, v1::GovernedProgram& out);

// "running at a duty of 40 %", "parked".
[[nodiscard]] std::string stateText(const v1::GovernedProgram& program);
// Lines, each with its newline.
[[nodiscard]] std::string programText(const v1::GovernedProgram& program, UnixMs now, const Terminal& terminal);
[[nodiscard]] std::string listText(const std::vector<v1::GovernedProgram>& programs, const Terminal& terminal);
// "GPU given back in 2.3 ms", or that it was not.
[[nodiscard]] std::string givenBackText(const v1::GivenBack& givenBack);
[[nodiscard]] std::string howItEnded(const v1::GovernedEnd& end);
// A few lines at the end, without a newline at the last.
[[nodiscard]] std::string endText(const v1::GovernedEnd& end, UnixMs now);

}  // namespace lull::cli
