// SPDX-License-Identifier: Apache-2.0
// What the recorder notices of state that it also keeps: which compute pipeline is bound, and its push constants.
#pragma once

#include "governor/recording/target.h"

namespace lull::governor {

inline void noteBindPipeline(const Target& to, VkPipelineBindPoint point, VkPipeline pipeline) {
  if (to.recording != nullptr && point == VK_PIPELINE_BIND_POINT_COMPUTE) to.recording->bindCompute(pipeline);
}

inline void notePushConstants(const Target& to, VkPipelineLayout, VkShaderStageFlags stages, std::uint32_t offset,
                              std::uint32_t size, const void* values) {
  if (to.recording == nullptr || (stages & VK_SHADER_STAGE_COMPUTE_BIT) == 0) return;
  to.recording->pushed().set(offset, size, values);
}

}  // namespace lull::governor
