// SPDX-License-Identifier: Apache-2.0
#pragma once

namespace semantics {

// Random quick cases for so long, each compared with its first run; tells "SOAK runs differing". Gives main's status.
[[nodiscard]] int soak(double seconds, unsigned long seed);

}  // namespace semantics
