// SPDX-License-Identifier: Apache-2.0
// Heaps, memory types and the budget.
#include "fakes/pretended_gpu/pretended_gpu.h"

#include <string_view>

namespace lull::pretended {

namespace {

constexpr std::uint64_t kDriversOwn = 16ULL << 20U;  // what the driver itself needs in each heap

VkMemoryPropertyFlags typeFlags(bool deviceLocal) {
  constexpr VkMemoryPropertyFlags kMapped = VK_MEMORY_PROPERTY_HOST_VISIBLE_BIT | VK_MEMORY_PROPERTY_HOST_COHERENT_BIT;
  return deviceLocal ? kMapped | VK_MEMORY_PROPERTY_DEVICE_LOCAL_BIT : kMapped;
}

void pretend(VkPhysicalDeviceMemoryProperties& out) {
  const std::uint32_t driverTypes = out.memoryTypeCount;
  const auto& heaps = wishes().heaps;
  for (std::uint32_t i = 0; i < heaps.size(); ++i) {
    const VkMemoryHeapFlags flags = heaps[i].deviceLocal ? VkMemoryHeapFlags{VK_MEMORY_HEAP_DEVICE_LOCAL_BIT} : 0;
    out.memoryHeaps[i] = {.size = heaps[i].bytes, .flags = flags};
    if (i > 0)
      out.memoryTypes[out.memoryTypeCount++] = {.propertyFlags = typeFlags(heaps[i].deviceLocal), .heapIndex = i};
  }
  if (!heaps.empty()) out.memoryHeapCount = static_cast<std::uint32_t>(heaps.size());
  for (std::uint32_t i = 0; i < driverTypes && !heaps.empty(); ++i) {
    if (!heaps[0].deviceLocal) out.memoryTypes[i].propertyFlags &= ~VkFlags{VK_MEMORY_PROPERTY_DEVICE_LOCAL_BIT};
  }
}

VKAPI_ATTR void VKAPI_CALL getMemory(VkPhysicalDevice physical, VkPhysicalDeviceMemoryProperties* out) {
  instanceOf(physical).GetPhysicalDeviceMemoryProperties(physical, out);
  pretend(*out);
}

VKAPI_ATTR void VKAPI_CALL getMemory2(VkPhysicalDevice physical, VkPhysicalDeviceMemoryProperties2* out) {
  instanceOf(physical).GetPhysicalDeviceMemoryProperties2(physical, out);
  pretend(out->memoryProperties);
  constexpr auto kType = VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_MEMORY_BUDGET_PROPERTIES_EXT;
  auto* budget = findIn<VkPhysicalDeviceMemoryBudgetPropertiesEXT>(out->pNext, kType);
  if (budget == nullptr) return;
  const auto held = heldBytes();
  for (std::uint32_t i = 0; i < wishes().heaps.size(); ++i) {
    budget->heapBudget[i] = wishes().heaps[i].bytes / 10 * 9;  // other programs have the rest
    budget->heapUsage[i] = kDriversOwn + held[i];
  }
}

VKAPI_ATTR VkResult VKAPI_CALL allocate(VkDevice handle, const VkMemoryAllocateInfo* info,
                                        const VkAllocationCallbacks* allocator, VkDeviceMemory* memory) {
  record("allocate " + std::to_string(info->allocationSize) + " type=" + std::to_string(info->memoryTypeIndex));
  if (wishes().memoryFails) return VK_ERROR_OUT_OF_DEVICE_MEMORY;
  Device& device = deviceOf(handle);
  const std::uint32_t type = info->memoryTypeIndex;
  const bool ours = !wishes().heaps.empty() && type >= device.memoryTypes;
  VkMemoryAllocateInfo plain = *info;
  if (ours) plain.memoryTypeIndex = 0;
  const VkResult result = device.table.AllocateMemory(handle, &plain, allocator, memory);
  if (result != VK_SUCCESS) return result;
  const std::lock_guard lock(device.mutex);
  device.memory[*memory] = {ours ? type - device.memoryTypes + 1 : 0, info->allocationSize};
  return VK_SUCCESS;
}

VKAPI_ATTR void VKAPI_CALL release(VkDevice handle, VkDeviceMemory memory, const VkAllocationCallbacks* allocator) {
  Device& device = deviceOf(handle);
  {
    const std::lock_guard lock(device.mutex);
    device.memory.erase(memory);
  }
  device.table.FreeMemory(handle, memory, allocator);
}

}  // namespace

PFN_vkVoidFunction heapHook(const char* name) {
  static const std::map<std::string_view, PFN_vkVoidFunction> hooks{
      {"vkGetPhysicalDeviceMemoryProperties", hooked(&getMemory)},
      {"vkGetPhysicalDeviceMemoryProperties2", hooked(&getMemory2)},
      {"vkGetPhysicalDeviceMemoryProperties2KHR", hooked(&getMemory2)},
      {"vkAllocateMemory", hooked(&allocate)},
      {"vkFreeMemory", hooked(&release)},
  };
  const auto found = hooks.find(name);
  return found == hooks.end() ? nullptr : found->second;
}

}  // namespace lull::pretended
