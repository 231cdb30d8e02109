// SPDX-License-Identifier: Apache-2.0
// Readings tremble. One that moved by less than what matters is told as before, so that the status stays still.
#pragma once

#include "lull/v1/status.pb.h"

#include <vector>

namespace lull::senses {

// A degree is worth telling at half a degree; sensors are matched by their source.
[[nodiscard]] std::vector<v1::Temperature> calm(std::vector<v1::Temperature> now,
                                                const std::vector<v1::Temperature>& before);
// 32 MiB, and half a percent of pressure.
[[nodiscard]] v1::Memory calm(v1::Memory now, const v1::Memory& before);

}  // namespace lull::senses
