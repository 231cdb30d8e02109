// SPDX-License-Identifier: Apache-2.0
// Does the owner lend this device at all?
#pragma once

#include "policy/opinion.h"

namespace lull::policy {

[[nodiscard]] Opinion sharingOff(const Case& c);

}  // namespace lull::policy
