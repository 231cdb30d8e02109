// SPDX-License-Identifier: Apache-2.0
#include "governor/recording/dispatch_base.h"

namespace lull::governor {

namespace {

// What goes together with it. Not among them: bits that the registry of this build does not name, and the one by which
// a pipeline's binaries are kept.
constexpr VkFlags64 kHarmless =
    VK_PIPELINE_CREATE_DISABLE_OPTIMIZATION_BIT | VK_PIPELINE_CREATE_ALLOW_DERIVATIVES_BIT |
    VK_PIPELINE_CREATE_DERIVATIVE_BIT | VK_PIPELINE_CREATE_DISPATCH_BASE_BIT |
    VK_PIPELINE_CREATE_CAPTURE_STATISTICS_BIT_KHR | VK_PIPELINE_CREATE_CAPTURE_INTERNAL_REPRESENTATIONS_BIT_KHR |
    VK_PIPELINE_CREATE_FAIL_ON_PIPELINE_COMPILE_REQUIRED_BIT | VK_PIPELINE_CREATE_EARLY_RETURN_ON_FAILURE_BIT |
    VK_PIPELINE_CREATE_DESCRIPTOR_BUFFER_BIT_EXT | VK_PIPELINE_CREATE_NO_PROTECTED_ACCESS_BIT_EXT |
    VK_PIPELINE_CREATE_PROTECTED_ACCESS_ONLY_BIT_EXT;

bool isHarmless(const VkBaseInStructure& structure) {
  return structure.sType == VK_STRUCTURE_TYPE_PIPELINE_CREATION_FEEDBACK_CREATE_INFO ||
         structure.sType == VK_STRUCTURE_TYPE_PIPELINE_ROBUSTNESS_CREATE_INFO_EXT;
}

}  // namespace

bool allowBase(VkComputePipelineCreateInfo& info, PipelineFlags2& room) {
  const auto* first = static_cast<const VkBaseInStructure*>(info.pNext);
  const bool wide = first != nullptr && first->sType == kPipelineFlags2Type;
  if (wide) room = *reinterpret_cast<const PipelineFlags2*>(first);
  const VkFlags64 flags = wide ? room.flags : info.flags;
  if ((flags & ~kHarmless) != 0) return false;
  for (const auto* s = wide ? first->pNext : first; s != nullptr; s = s->pNext) {
    if (!isHarmless(*s)) return false;
  }
  info.flags |= VK_PIPELINE_CREATE_DISPATCH_BASE_BIT;
  if (!wide) return true;
  room.flags |= VK_PIPELINE_CREATE_DISPATCH_BASE_BIT;
  info.pNext = &room;
  return true;
}

}  // namespace lull::governor
