// SPDX-License-Identifier: Apache-2.0
// Which components of NumWorkgroups the functions of a module read. Pure.
#pragma once

#include "governor/pacing/split.h"
#include "governor/spirv/module.h"

#include <span>

namespace lull::governor::spirv {

// The variable that is NumWorkgroups; 0: none. Nothing: it, or what depends on it, is declared in a way unknown here.
[[nodiscard]] std::optional<Id> countVariable(const Module& module);

// True for the components that are read, or may be.
[[nodiscard]] Axes countReads(const Module& module, std::span<const Function> functions);

}  // namespace lull::governor::spirv
