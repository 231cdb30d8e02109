// SPDX-License-Identifier: Apache-2.0
// What a chunk does, as far as its length can be predicted from what was measured before. Values, no Vulkan.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <vector>

namespace lull::governor {

using Groups = std::array<std::uint32_t, 3>;  // work groups along x, y, z

// One dispatch, or a piece of one; or a copy.
struct Work {
  std::uint64_t program = 0;  // serial of the pipeline, never reused; kCopyProgram for copies and fills
  Groups shape{1, 1, 1};      // of the program's whole dispatch, also for a piece of it
  std::uint32_t variant = 0;  // hash of the push constants
  std::uint64_t units = 0;    // work groups in this piece (whole: the product of shape); bytes of a copy
};
inline constexpr std::uint64_t kCopyProgram = 1;
inline constexpr std::uint64_t kIndirectUnits = 0;  // counts that only the GPU knows: the whole dispatch is one unit

// The work of one chunk. Shared between the recording, which a program may free as soon as it ran, and the measuring.
using WorkList = std::shared_ptr<const std::vector<Work>>;

}  // namespace lull::governor
