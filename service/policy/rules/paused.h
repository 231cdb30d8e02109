// SPDX-License-Identifier: Apache-2.0
// Did somebody ask for a pause? Parks at once; when the pause lasts longer than presence.evict_after, GPU memory is
// given back too.
#pragma once

#include "policy/opinion.h"

namespace lull::policy {

[[nodiscard]] Opinion paused(const Case& c, model::PolicyMemory& memory);

}  // namespace lull::policy
