// SPDX-License-Identifier: Apache-2.0
// pNext chains.
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
template <>
inline constexpr VkStructureType kTypeOf<VkDeviceGroupDeviceCreateInfo> =
    VK_STRUCTURE_TYPE_DEVICE_GROUP_DEVICE_CREATE_INFO;
template <>
inline constexpr VkStructureType kTypeOf<VkDeviceQueueGlobalPriorityCreateInfoKHR> =
    VK_STRUCTURE_TYPE_DEVICE_QUEUE_GLOBAL_PRIORITY_CREATE_INFO_KHR;
template <>
inline constexpr VkStructureType kTypeOf<VkPhysicalDeviceMemoryBudgetPropertiesEXT> =
    VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_MEMORY_BUDGET_PROPERTIES_EXT;
template <>
inline constexpr VkStructureType kTypeOf<VkImportMemoryFdInfoKHR> = VK_STRUCTURE_TYPE_IMPORT_MEMORY_FD_INFO_KHR;
template <>
inline constexpr VkStructureType kTypeOf<VkShaderModuleCreateInfo> = VK_STRUCTURE_TYPE_SHADER_MODULE_CREATE_INFO;
template <>
inline constexpr VkStructureType kTypeOf<VkPipelineCreationFeedbackCreateInfo> =
    VK_STRUCTURE_TYPE_PIPELINE_CREATION_FEEDBACK_CREATE_INFO;
template <>
inline constexpr VkStructureType kTypeOf<VkPipelineRobustnessCreateInfoEXT> =
    VK_STRUCTURE_TYPE_PIPELINE_ROBUSTNESS_CREATE_INFO_EXT;
template <>
inline constexpr VkStructureType kTypeOf<VkPipelineShaderStageRequiredSubgroupSizeCreateInfo> =
    VK_STRUCTURE_TYPE_PIPELINE_SHADER_STAGE_REQUIRED_SUBGROUP_SIZE_CREATE_INFO;

// for (const VkBaseInStructure& structure : Structures(info.pNext))
class Structures {
public:
  class Iterator {
  public:
    explicit Iterator(const VkBaseInStructure* at) : m_at(at) {}
    const VkBaseInStructure& operator*() const { return *m_at; }
    Iterator& operator++() {
      m_at = m_at->pNext;
      return *this;
    }
    bool operator==(const Iterator&) const = default;

  private:
    const VkBaseInStructure* m_at;
  };

  explicit Structures(const void* chain) : m_first(static_cast<const VkBaseInStructure*>(chain)) {}
  [[nodiscard]] Iterator begin() const { return Iterator(m_first); }
  [[nodiscard]] Iterator end() const { return Iterator(nullptr); }

private:
  const VkBaseInStructure* m_first;
};

// nullptr: it is something else.
template <typename Structure>
[[nodiscard]] const Structure* as(const VkBaseInStructure& structure) {
  static_assert(kTypeOf<Structure> != VK_STRUCTURE_TYPE_MAX_ENUM);
  return structure.sType == kTypeOf<Structure> ? reinterpret_cast<const Structure*>(&structure) : nullptr;
}

// nullptr: it is not there.
template <typename Structure>
[[nodiscard]] const Structure* inChain(const void* chain) {
  for (const auto& structure : Structures(chain)) {
    if (const auto* found = as<Structure>(structure)) return found;
  }
  return nullptr;
}
template <typename Structure>
[[nodiscard]] Structure* inChain(void* chain) {
  return const_cast<Structure*>(inChain<Structure>(static_cast<const void*>(chain)));
}

template <typename... Known>
[[nodiscard]] bool hasOnly(const void* chain) {
  for (const auto& structure : Structures(chain)) {
    if (!((as<Known>(structure) != nullptr) || ...)) return false;
  }
  return true;
}

}  // namespace lull::governor
