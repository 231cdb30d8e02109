// SPDX-License-Identifier: Apache-2.0
// The witness: a layer in front of the driver that adds up what submissions say to it (witness.h). It takes its
// structure out of the chain, as a layer must that knows it.
#include "witness.h"

#include <vulkan/vk_layer.h>

#include <atomic>
#include <cstring>
#include <map>
#include <mutex>

namespace semantics {

namespace {

template <typename F>
PFN_vkVoidFunction asVoid(F* function) {
  return reinterpret_cast<PFN_vkVoidFunction>(function);
}

struct Next {
  PFN_vkGetInstanceProcAddr instance = nullptr;
  PFN_vkGetDeviceProcAddr device = nullptr;
  PFN_vkQueueSubmit submit = nullptr;
};
// By what the loader puts first into every dispatchable object: the same for a device and its queues.
std::mutex g_mutex;
std::map<const void*, Next>& known() {
  static auto* map = new std::map<const void*, Next>;
  return *map;
}
const void* keyOf(const void* handle) { return *static_cast<const void* const*>(handle); }
Next nextOf(const void* handle) {
  const std::lock_guard lock(g_mutex);
  return known()[keyOf(handle)];
}

std::atomic<std::uint64_t> g_sum{0};
std::uint64_t VKAPI_CALL sum() { return g_sum; }

template <typename Link>
Link* linkInfo(const void* chain, VkStructureType type) {
  auto* at = const_cast<Link*>(static_cast<const Link*>(chain));
  while (at != nullptr && (at->sType != type || at->function != VK_LAYER_LINK_INFO)) {
    at = const_cast<Link*>(static_cast<const Link*>(at->pNext));
  }
  return at;
}

VkResult VKAPI_CALL createInstance(const VkInstanceCreateInfo* info, const VkAllocationCallbacks* allocator,
                                   VkInstance* instance) {
  auto* link = linkInfo<VkLayerInstanceCreateInfo>(info->pNext, VK_STRUCTURE_TYPE_LOADER_INSTANCE_CREATE_INFO);
  const auto next = link->u.pLayerInfo->pfnNextGetInstanceProcAddr;
  link->u.pLayerInfo = link->u.pLayerInfo->pNext;
  const auto create = reinterpret_cast<PFN_vkCreateInstance>(next(VK_NULL_HANDLE, "vkCreateInstance"));
  const VkResult result = create(info, allocator, instance);
  if (result != VK_SUCCESS) return result;
  const std::lock_guard lock(g_mutex);
  known()[keyOf(*instance)].instance = next;
  return result;
}

VkResult VKAPI_CALL createDevice(VkPhysicalDevice physical, const VkDeviceCreateInfo* info,
                                 const VkAllocationCallbacks* allocator, VkDevice* device) {
  auto* link = linkInfo<VkLayerDeviceCreateInfo>(info->pNext, VK_STRUCTURE_TYPE_LOADER_DEVICE_CREATE_INFO);
  const auto nextInstance = link->u.pLayerInfo->pfnNextGetInstanceProcAddr;
  const auto next = link->u.pLayerInfo->pfnNextGetDeviceProcAddr;
  link->u.pLayerInfo = link->u.pLayerInfo->pNext;
  const auto create = reinterpret_cast<PFN_vkCreateDevice>(nextInstance(VK_NULL_HANDLE, "vkCreateDevice"));
  const VkResult result = create(physical, info, allocator, device);
  if (result != VK_SUCCESS) return result;
  const std::lock_guard lock(g_mutex);
  Next& kept = known()[keyOf(*device)];
  kept.device = next;
  kept.submit = reinterpret_cast<PFN_vkQueueSubmit>(next(*device, "vkQueueSubmit"));
  return result;
}

// The value of one chain; `chain` goes on without the witness's structure, which must be the first.
std::uint64_t take(const void*& chain) {
  const auto* first = static_cast<const WitnessStructure*>(chain);
  if (first == nullptr || first->sType != kWitnessStructure) return 0;
  chain = first->pNext;
  return first->value;
}

VkResult VKAPI_CALL queueSubmit(VkQueue queue, std::uint32_t count, const VkSubmitInfo* infos, VkFence fence) {
  const auto submit = nextOf(queue).submit;
  if (count != 1) return submit(queue, count, infos, fence);
  VkSubmitInfo info = *infos;
  g_sum += take(info.pNext);
  return submit(queue, 1, &info, fence);
}

PFN_vkVoidFunction find(const char* name) {
  const std::pair<const char*, PFN_vkVoidFunction> hooks[] = {{"vkCreateInstance", asVoid(&createInstance)},
                                                              {"vkCreateDevice", asVoid(&createDevice)},
                                                              {"vkQueueSubmit", asVoid(&queueSubmit)},
                                                              {kWitnessFunction, asVoid(&sum)}};
  for (const auto& [hook, function] : hooks) {
    if (std::strcmp(name, hook) == 0) return function;
  }
  return nullptr;
}

PFN_vkVoidFunction VKAPI_CALL getDeviceProcAddr(VkDevice device, const char* name) {
  if (std::strcmp(name, "vkGetDeviceProcAddr") == 0) return asVoid(&getDeviceProcAddr);
  if (const auto hook = find(name)) return hook;
  return nextOf(device).device(device, name);
}

PFN_vkVoidFunction VKAPI_CALL getInstanceProcAddr(VkInstance instance, const char* name) {
  if (std::strcmp(name, "vkGetInstanceProcAddr") == 0) return asVoid(&getInstanceProcAddr);
  if (std::strcmp(name, "vkGetDeviceProcAddr") == 0) return asVoid(&getDeviceProcAddr);
  if (const auto hook = find(name)) return hook;
  return instance == VK_NULL_HANDLE ? nullptr : nextOf(instance).instance(instance, name);
}

}  // namespace

}  // namespace semantics

extern "C" __attribute__((visibility("default"))) VkResult vkNegotiateLoaderLayerInterfaceVersion(
    VkNegotiateLayerInterface* negotiation) {
  negotiation->loaderLayerInterfaceVersion = 2;
  negotiation->pfnGetInstanceProcAddr = &semantics::getInstanceProcAddr;
  negotiation->pfnGetDeviceProcAddr = &semantics::getDeviceProcAddr;
  negotiation->pfnGetPhysicalDeviceProcAddr = nullptr;
  return VK_SUCCESS;
}
