// SPDX-License-Identifier: Apache-2.0
// The processor, as a device that can be lent. Whether it is, is not for the senses to say.
#pragma once

#include "lull/v1/status.pb.h"

#include <filesystem>

namespace lull::senses {

[[nodiscard]] v1::Gpu readProcessor(const std::filesystem::path& proc);

}  // namespace lull::senses
