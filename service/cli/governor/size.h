// SPDX-License-Identifier: Apache-2.0
// Sizes of memory as people write them. Pure.
#pragma once

#include "base/result.h"

#include <cstdint>
#include <string_view>

namespace lull::cli {

// "3GiB", "512 MB", "1.5G" (= GiB, as memory is sold), "1048576"; "none" and "0" are 0.
[[nodiscard]] Result<std::uint64_t> parseSize(std::string_view text);

}  // namespace lull::cli
