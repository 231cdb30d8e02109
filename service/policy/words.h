// SPDX-License-Identifier: Apache-2.0
// Values as people read them.
#pragma once

#include "base/time.h"

#include <cstdint>
#include <string>

namespace lull::policy {

[[nodiscard]] std::string spanText(Seconds span);          // "45 s", "2 min", "1 h 30 min"
[[nodiscard]] std::string celsiusText(double celsius);     // "84 °C"
[[nodiscard]] std::string percentText(double percent);     // "63 %"
[[nodiscard]] std::string bytesText(std::uint64_t bytes);  // "812 MiB", "1.5 GiB"

}  // namespace lull::policy
