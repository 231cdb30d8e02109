// SPDX-License-Identifier: Apache-2.0
// Is there a GPU that may be used? Asked for each GPU, and for the device: is there one at all? The processor is none.
#pragma once

#include "policy/opinion.h"

namespace lull::policy {

[[nodiscard]] Opinion noGpu(const Case& c, const v1::Gpu& gpu);
// No opinion while GPUs have not been looked for.
[[nodiscard]] Opinion noGpuAtAll(const Case& c);

}  // namespace lull::policy
