// SPDX-License-Identifier: Apache-2.0
// Are the GPUs (or is the processor) too hot? Stops at thermal.stop, goes on at thermal.resume. Which temperature
// counts: see heat.h. A machine that tells neither: no opinion.
#pragma once

#include "policy/opinion.h"
#include "policy/rules/heat.h"

namespace lull::policy {

[[nodiscard]] Judgement tooHot(const Case& c, HeatOf of, model::HeatMemory& memory);

}  // namespace lull::policy
