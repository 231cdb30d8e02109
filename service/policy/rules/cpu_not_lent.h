// SPDX-License-Identifier: Apache-2.0
// Does the owner lend the processor? sharing.cpu says so: never, where no GPU can be lent, or always. The owner's own
// work needs no leave, but a GPU is better where there is one.
#pragma once

#include "policy/opinion.h"

namespace lull::policy {

[[nodiscard]] Opinion cpuNotLent(const Case& c);
[[nodiscard]] Opinion cpuNotForOwnWork(const Case& c);

}  // namespace lull::policy
