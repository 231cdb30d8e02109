// SPDX-License-Identifier: Apache-2.0
// Whether a shader may wait for what another work group of the same dispatch writes. Pure.
//
// To wait is to go round a loop whose end depends on storage memory that others change: on the result of an atomic, or
// of a volatile or coherent load, read within the loop. Followed through values, variables and conditions, cautiously:
// a loop is taken to wait when any branch in it depends on such a result. Atomics on workgroup memory wait for nobody
// outside; results that are not looked at (histograms) decide nothing.
#pragma once

#include "governor/spirv/module.h"

#include <span>

namespace lull::governor::spirv {

[[nodiscard]] bool mayWait(const Module& module, std::span<const Function> functions);

}  // namespace lull::governor::spirv
