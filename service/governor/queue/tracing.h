// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "governor/pacing/costs.h"
#include "governor/queue/queue.h"

namespace lull::governor {

// Writes down a slice that is done, where a trace is wanted (governor/trace.h).
void trace(const Slice& slice, const Costs& costs) noexcept;

}  // namespace lull::governor
