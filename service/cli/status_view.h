// SPDX-License-Identifier: Apache-2.0
// The status as people read it: `lull status`, `lull watch` and the first lines of `lull why`. Pure but for the
// terminal's width and colours.
#pragma once

#include "base/time.h"
#include "cli/terminal.h"
#include "lull/v1/status.pb.h"

#include <string>

namespace lull::cli {

[[nodiscard]] Colour colourOf(v1::Activity activity);
// The honest sentence, wrapped, with its newline.
[[nodiscard]] std::string headline(const v1::Status& status, const Terminal& terminal);
// Headline and table.
[[nodiscard]] std::string statusText(const v1::Status& status, UnixMs now, const Terminal& terminal);
// One line without ages, for logs: the sentence and what runs.
[[nodiscard]] std::string statusLine(const v1::Status& status);

}  // namespace lull::cli
