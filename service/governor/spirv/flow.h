// SPDX-License-Identifier: Apache-2.0
// The loops of a function. Pure.
#pragma once

#include "governor/spirv/module.h"

#include <span>
#include <vector>

namespace lull::governor::spirv {

// The blocks from which the loop's beginning is reached again: all whose branches can decide whether it goes round.
using Loop = std::vector<std::span<const Instruction>>;

// One for each block that is branched back to. A block counts as branched back to when it stands before the branch,
// which is so in every valid module; code in an unusual order may so have loops that are none.
[[nodiscard]] std::vector<Loop> loopsOf(const Function& function);

}  // namespace lull::governor::spirv
