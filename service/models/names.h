// SPDX-License-Identifier: Apache-2.0
// What a model may be called.
#pragma once

#include "base/result.h"

#include <string>
#include <string_view>

namespace lull::models {

// Invalid: 1 to 120 characters, none that steers a terminal, none that begins like an option.
[[nodiscard]] Outcome checkName(std::string_view name);
// From a path or an address; always a name that fits.
[[nodiscard]] std::string nameFrom(std::string_view pathOrUrl);

}  // namespace lull::models
