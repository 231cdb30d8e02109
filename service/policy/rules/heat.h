// SPDX-License-Identifier: Apache-2.0
// The temperature that decides: the hottest of the GPU's or, where it tells none, of the processor's.
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
[[nodiscard]] std::optional<Heat> decidingHeat(const std::vector<v1::Temperature>& all);

}  // namespace lull::policy
