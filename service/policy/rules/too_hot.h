// SPDX-License-Identifier: Apache-2.0
// Is the GPU (or, where it tells no temperature, the processor) too hot? Stops at thermal.stop, goes on at
// thermal.resume. A machine that tells neither: no opinion.
#pragma once

#include "policy/opinion.h"

namespace lull::policy {

[[nodiscard]] Judgement tooHot(const Case& c, model::PolicyMemory& memory);

}  // namespace lull::policy
