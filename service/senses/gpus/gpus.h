// SPDX-License-Identifier: Apache-2.0
// The GPUs that the Vulkan drivers of this machine tell of.
#pragma once

#include "base/result.h"
#include "lull/v1/status.pb.h"

namespace lull::gpus {

// Loads every driver into this process. Each physical device once, though two drivers may offer it.
[[nodiscard]] Result<std::vector<v1::Gpu>> enumerate();

}  // namespace lull::gpus
