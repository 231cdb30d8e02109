// SPDX-License-Identifier: Apache-2.0
// The whole download: redirections, pauses, attempts.
#pragma once

#include "models/fetch/order.h"
#include "models/fetch/part.h"

namespace lull::models::fetch {

// Fills `part` and tells how it goes; the last line is told by the caller.
[[nodiscard]] Outcome run(const Order& order, Part& part);

}  // namespace lull::models::fetch
