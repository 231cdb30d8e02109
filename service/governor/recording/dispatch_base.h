// SPDX-License-Identifier: Apache-2.0
// Compute pipelines are made so that they can be dispatched from a base, where nothing that the program asked for is
// the other for it: binaries and keys of a pipeline belong to its very flags. No Vulkan is called.
#pragma once

#include <vulkan/vulkan_core.h>

namespace lull::governor {

// VkPipelineCreateFlags2CreateInfo, which is newer than some registries. Its flags count instead of the info's own.
inline constexpr auto kPipelineFlags2Type = static_cast<VkStructureType>(1'000'470'005);
struct PipelineFlags2 {
  VkStructureType sType;
  const void* pNext;
  VkFlags64 flags;
};

// False: something is in the way, or not known here; `info` is as it was. True: it has the flag. Where `info.pNext` is
// another than before, it is `room`.
[[nodiscard]] bool allowBase(VkComputePipelineCreateInfo& info, PipelineFlags2& room);

}  // namespace lull::governor
