// SPDX-License-Identifier: Apache-2.0
// What must hold between two settings.
#pragma once

#include "base/result.h"
#include "lull/v1/settings.pb.h"

#include <span>
#include <string_view>

namespace lull::settings {

struct Combination {
  std::string_view lower;   // this key's value …
  std::string_view higher;  // … must be below this one's
};
[[nodiscard]] std::span<const Combination> combinations();

// Invalid names both keys and values.
[[nodiscard]] Outcome holds(const Combination& combination, const v1::Settings& settings);

}  // namespace lull::settings
