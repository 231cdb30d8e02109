// SPDX-License-Identifier: Apache-2.0
// Which rules hold for the owner's own work too (TaskSpec.own): those that protect the machine. Those that keep others
// out of the owner's way do not.
#pragma once

#include <string_view>

namespace lull::policy {

// A rule that is not in the table binds.
[[nodiscard]] bool bindsOwnWork(std::string_view rule);

}  // namespace lull::policy
