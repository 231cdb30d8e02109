// SPDX-License-Identifier: Apache-2.0
// How much main memory is available, and do programs wait for it?
#pragma once

#include "lull/v1/status.pb.h"

#include <filesystem>
#include <optional>

namespace lull::senses {

// None when the kernel does not tell how much is available. Pressure is negative where it is not told (a kernel
// without PSI, or a service that may not read it).
[[nodiscard]] std::optional<v1::Memory> readMemory(const std::filesystem::path& proc);

}  // namespace lull::senses
