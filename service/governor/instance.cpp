// SPDX-License-Identifier: Apache-2.0
#include "governor/hooks.h"
#include "governor/link.h"
#include "governor/process.h"

#include <string_view>

namespace lull::governor {

namespace {

InstanceFacts factsOf(const VkInstanceCreateInfo& info) {
  InstanceFacts facts;
  const std::uint32_t told = info.pApplicationInfo != nullptr ? info.pApplicationInfo->apiVersion : 0;
  if (told != 0) facts.apiVersion = told;
  facts.properties2 = facts.apiVersion >= VK_API_VERSION_1_1;
  for (std::uint32_t i = 0; i < info.enabledExtensionCount; ++i) {
    const std::string_view name = info.ppEnabledExtensionNames[i];
    if (name == VK_KHR_GET_PHYSICAL_DEVICE_PROPERTIES_2_EXTENSION_NAME) facts.properties2 = true;
  }
  return facts;
}

VKAPI_ATTR VkResult VKAPI_CALL createInstance(const VkInstanceCreateInfo* info, const VkAllocationCallbacks* allocator,
                                              VkInstance* instance) noexcept {
  auto* link = findLink<VkLayerInstanceCreateInfo>(info->pNext, VK_STRUCTURE_TYPE_LOADER_INSTANCE_CREATE_INFO,
                                                   VK_LAYER_LINK_INFO);
  if (link == nullptr || link->u.pLayerInfo == nullptr) return VK_ERROR_INITIALIZATION_FAILED;
  const auto next = link->u.pLayerInfo->pfnNextGetInstanceProcAddr;
  link->u.pLayerInfo = link->u.pLayerInfo->pNext;
  const auto create = reinterpret_cast<PFN_vkCreateInstance>(next(VK_NULL_HANDLE, "vkCreateInstance"));
  if (create == nullptr) return VK_ERROR_INITIALIZATION_FAILED;
  const VkResult result = create(info, allocator, instance);
  if (result != VK_SUCCESS) return result;
  try {
    Process::get().addInstance(*instance, instanceTable(*instance, next), factsOf(*info));
    return VK_SUCCESS;
  } catch (...) {
    const auto destroy = reinterpret_cast<PFN_vkDestroyInstance>(next(*instance, "vkDestroyInstance"));
    if (destroy != nullptr) destroy(*instance, allocator);
    return VK_ERROR_OUT_OF_HOST_MEMORY;
  }
}

VKAPI_ATTR void VKAPI_CALL destroyInstance(VkInstance instance, const VkAllocationCallbacks* allocator) noexcept {
  if (instance == VK_NULL_HANDLE) return;
  const auto table = Process::get().takeInstance(instance);
  if (table != nullptr) table->DestroyInstance(instance, allocator);
}

}  // namespace

Hooks instanceHooks() {
  static const Hook hooks[] = {
      {"vkCreateInstance", hooked(&createInstance)},
      {"vkDestroyInstance", hooked(&destroyInstance)},
  };
  return hooks;
}

}  // namespace lull::governor
