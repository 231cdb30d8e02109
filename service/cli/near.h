// SPDX-License-Identifier: Apache-2.0
// "Do you mean …?" Pure.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace lull::cli {

// The candidate closest to what was typed, if it is close enough to be a slip of the fingers.
[[nodiscard]] std::optional<std::string> nearest(std::string_view typed, const std::vector<std::string>& candidates);

}  // namespace lull::cli
