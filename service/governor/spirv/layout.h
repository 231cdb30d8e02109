// SPDX-License-Identifier: Apache-2.0
// How many bytes a value takes in memory that is laid out explicitly. Pure.
#pragma once

#include "governor/spirv/module.h"

namespace lull::governor::spirv {

// Where the last byte of the structure ends, by its members' offsets; nullopt: not laid out in a way known here.
[[nodiscard]] std::optional<std::uint64_t> endOf(const Module& module, Id structure);

}  // namespace lull::governor::spirv
