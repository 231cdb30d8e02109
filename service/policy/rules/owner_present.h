// SPDX-License-Identifier: Apache-2.0
// Is somebody using this computer? Parks at once; when they stay longer than presence.evict_after, GPU memory is given
// back too. Doubt counts as present.
#pragma once

#include "policy/opinion.h"

namespace lull::policy {

[[nodiscard]] Opinion ownerPresent(const Case& c, model::PolicyMemory& memory);

}  // namespace lull::policy
