// SPDX-License-Identifier: Apache-2.0
// Is main memory scarce? Frees it at once, and starts again only when there is 1.25 times as much as needed.
#pragma once

#include "policy/opinion.h"

namespace lull::policy {

[[nodiscard]] Judgement memoryPressure(const Case& c, model::PolicyMemory& memory);

}  // namespace lull::policy
