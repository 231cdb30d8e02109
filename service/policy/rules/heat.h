// SPDX-License-Identifier: Apache-2.0
// The temperature that decides: the hottest of the device's own or, where it tells none, of the other's.
#pragma once

#include "lull/v1/status.pb.h"

#include <optional>
#include <string_view>
#include <vector>

namespace lull::policy {

struct Heat {
  double celsius = 0;
  std::string_view of;  // "GPU", "processor"
};
enum class HeatOf { Gpus, Processor };
[[nodiscard]] std::optional<Heat> decidingHeat(const std::vector<v1::Temperature>& all, HeatOf of);

}  // namespace lull::policy
