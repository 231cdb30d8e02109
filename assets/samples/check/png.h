// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace lull::samples {

struct Picture {
  std::uint32_t width = 0;
  std::uint32_t height = 0;
  std::vector<std::uint8_t> rgba;  // rows from the top
};

// The bytes of a PNG file (RGB, the alpha of ours is always full); empty when zlib refuses.
[[nodiscard]] std::string pngOf(const Picture& picture);

}  // namespace lull::samples
