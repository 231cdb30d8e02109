// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "fakes/test_worker.h"

namespace lull::fakes {

// assets/samples/<name>.json as the service gets it: its kernel among the blobs.
[[nodiscard]] v1::SpirvTask sampleTask(const std::string& name, const TaskFolders& folders);

}  // namespace lull::fakes
