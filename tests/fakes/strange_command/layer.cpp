// SPDX-License-Identifier: Apache-2.0
// A Vulkan layer that plays a newer driver, below the governor: it knows a command that no registry names,
//   vkCmdFillStrangelyLULL: fills the first half of a buffer with a word that depends on all its arguments,
// which are more than fit into registers.
#include <vulkan/vk_layer.h>
#include <vulkan/vulkan_core.h>

#include <cstring>
#include <mutex>

namespace {

std::mutex theMutex;
PFN_vkGetInstanceProcAddr theNextInstance = nullptr;
PFN_vkGetDeviceProcAddr theNextDevice = nullptr;
PFN_vkCmdFillBuffer theFill = nullptr;

template <typename Link>
Link* findLink(const void* chain, VkStructureType type) {
  for (const auto* s = static_cast<const VkBaseInStructure*>(chain); s != nullptr; s = s->pNext) {
    auto* link = const_cast<Link*>(reinterpret_cast<const Link*>(s));
    if (s->sType == type && link->function == VK_LAYER_LINK_INFO) return link;
  }
  return nullptr;
}

template <typename F>
PFN_vkVoidFunction plain(F* function) {
  return reinterpret_cast<PFN_vkVoidFunction>(function);
}

VKAPI_ATTR void VKAPI_CALL fillStrangely(VkCommandBuffer commands, VkBuffer buffer, std::uint32_t a, std::uint64_t b,
                                         float c, double d, std::uint32_t e, std::uint32_t f, std::uint32_t g,
                                         std::uint64_t h, float i) {
  auto word = a;
  for (const std::uint64_t more :
       {b, static_cast<std::uint64_t>(c * 100), static_cast<std::uint64_t>(d * 100), std::uint64_t{e}, std::uint64_t{f},
        std::uint64_t{g}, h, static_cast<std::uint64_t>(i * 100)}) {
    word = word * 31 + static_cast<std::uint32_t>(more ^ (more >> 32U));
  }
  theFill(commands, buffer, 0, 1U << 19U, word);
}

VKAPI_ATTR VkResult VKAPI_CALL createInstance(const VkInstanceCreateInfo* info, const VkAllocationCallbacks* allocator,
                                              VkInstance* instance) {
  auto* link = findLink<VkLayerInstanceCreateInfo>(info->pNext, VK_STRUCTURE_TYPE_LOADER_INSTANCE_CREATE_INFO);
  if (link == nullptr) return VK_ERROR_INITIALIZATION_FAILED;
  const std::lock_guard lock(theMutex);
  theNextInstance = link->u.pLayerInfo->pfnNextGetInstanceProcAddr;
  link->u.pLayerInfo = link->u.pLayerInfo->pNext;
  return reinterpret_cast<PFN_vkCreateInstance>(theNextInstance(nullptr, "vkCreateInstance"))(info, allocator,
                                                                                              instance);
}

VKAPI_ATTR VkResult VKAPI_CALL createDevice(VkPhysicalDevice physical, const VkDeviceCreateInfo* info,
                                            const VkAllocationCallbacks* allocator, VkDevice* device) {
  auto* link = findLink<VkLayerDeviceCreateInfo>(info->pNext, VK_STRUCTURE_TYPE_LOADER_DEVICE_CREATE_INFO);
  if (link == nullptr) return VK_ERROR_INITIALIZATION_FAILED;
  const std::lock_guard lock(theMutex);
  const auto next = link->u.pLayerInfo->pfnNextGetInstanceProcAddr;
  theNextDevice = link->u.pLayerInfo->pfnNextGetDeviceProcAddr;
  link->u.pLayerInfo = link->u.pLayerInfo->pNext;
  const auto create = reinterpret_cast<PFN_vkCreateDevice>(next(nullptr, "vkCreateDevice"));
  const VkResult result = create(physical, info, allocator, device);
  if (result != VK_SUCCESS) return result;
  theFill = reinterpret_cast<PFN_vkCmdFillBuffer>(theNextDevice(*device, "vkCmdFillBuffer"));
  return result;
}

VKAPI_ATTR PFN_vkVoidFunction VKAPI_CALL getDeviceProcAddr(VkDevice device, const char* name) {
  if (std::strcmp(name, "vkGetDeviceProcAddr") == 0) return plain(&getDeviceProcAddr);
  if (std::strcmp(name, "vkCmdFillStrangelyLULL") == 0) return plain(&fillStrangely);
  return theNextDevice(device, name);
}

VKAPI_ATTR PFN_vkVoidFunction VKAPI_CALL getInstanceProcAddr(VkInstance instance, const char* name) {
  if (std::strcmp(name, "vkGetInstanceProcAddr") == 0) return plain(&getInstanceProcAddr);
  if (std::strcmp(name, "vkGetDeviceProcAddr") == 0) return plain(&getDeviceProcAddr);
  if (std::strcmp(name, "vkCreateInstance") == 0) return plain(&createInstance);
  if (std::strcmp(name, "vkCreateDevice") == 0) return plain(&createDevice);
  return instance == VK_NULL_HANDLE ? nullptr : theNextInstance(instance, name);
}

}  // namespace

extern "C" __attribute__((visibility("default"))) VkResult vkNegotiateLoaderLayerInterfaceVersion(
    VkNegotiateLayerInterface* negotiation) {
  negotiation->loaderLayerInterfaceVersion = 2;
  negotiation->pfnGetInstanceProcAddr = &getInstanceProcAddr;
  negotiation->pfnGetDeviceProcAddr = &getDeviceProcAddr;
  negotiation->pfnGetPhysicalDeviceProcAddr = nullptr;
  return VK_SUCCESS;
}
