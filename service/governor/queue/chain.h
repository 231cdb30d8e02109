// SPDX-License-Identifier: Apache-2.0
// pNext chains of submissions.
#pragma once

#include <vulkan/vulkan_core.h>

namespace lull::governor {

template <typename Structure>
inline constexpr VkStructureType kTypeOf = VK_STRUCTURE_TYPE_MAX_ENUM;
template <>
inline constexpr VkStructureType kTypeOf<VkTimelineSemaphoreSubmitInfo> =
    VK_STRUCTURE_TYPE_TIMELINE_SEMAPHORE_SUBMIT_INFO;
template <>
inline constexpr VkStructureType kTypeOf<VkDeviceGroupSubmitInfo> = VK_STRUCTURE_TYPE_DEVICE_GROUP_SUBMIT_INFO;
template <>
inline constexpr VkStructureType kTypeOf<VkDeviceGroupBindSparseInfo> = VK_STRUCTURE_TYPE_DEVICE_GROUP_BIND_SPARSE_INFO;
template <>
inline constexpr VkStructureType kTypeOf<VkProtectedSubmitInfo> = VK_STRUCTURE_TYPE_PROTECTED_SUBMIT_INFO;
template <>
inline constexpr VkStructureType kTypeOf<VkPerformanceQuerySubmitInfoKHR> =
    VK_STRUCTURE_TYPE_PERFORMANCE_QUERY_SUBMIT_INFO_KHR;
template <>
inline constexpr VkStructureType kTypeOf<VkSemaphoreTypeCreateInfo> = VK_STRUCTURE_TYPE_SEMAPHORE_TYPE_CREATE_INFO;
template <>
inline constexpr VkStructureType kTypeOf<VkExportSemaphoreCreateInfo> = VK_STRUCTURE_TYPE_EXPORT_SEMAPHORE_CREATE_INFO;

// nullptr: it is not there.
template <typename Structure>
[[nodiscard]] const Structure* inChain(const void* chain) {
  for (const auto* s = static_cast<const VkBaseInStructure*>(chain); s != nullptr; s = s->pNext) {
    if (s->sType == kTypeOf<Structure>) return reinterpret_cast<const Structure*>(s);
  }
  return nullptr;
}

template <typename... Structures>
[[nodiscard]] bool hasOnly(const void* chain) {
  for (const auto* s = static_cast<const VkBaseInStructure*>(chain); s != nullptr; s = s->pNext) {
    if (!((s->sType == kTypeOf<Structures>) || ...)) return false;
  }
  return true;
}

}  // namespace lull::governor
