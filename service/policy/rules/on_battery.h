// SPDX-License-Identifier: Apache-2.0
// Does the computer run on its battery? Doubt counts as yes.
#pragma once

#include "policy/opinion.h"

namespace lull::policy {

[[nodiscard]] Judgement onBattery(const Case& c);

}  // namespace lull::policy
