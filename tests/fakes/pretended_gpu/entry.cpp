// SPDX-License-Identifier: Apache-2.0
#include "fakes/pretended_gpu/pretended_gpu.h"

#include <cstring>

namespace lull::pretended {

namespace {

PFN_vkVoidFunction find(const char* name) {
  if (auto hook = creationHook(name)) return hook;
  if (auto hook = queueHook(name)) return hook;
  return heapHook(name);
}

VKAPI_ATTR PFN_vkVoidFunction VKAPI_CALL getDeviceProcAddr(VkDevice handle, const char* name) {
  if (std::strcmp(name, "vkGetDeviceProcAddr") == 0) return hooked(&getDeviceProcAddr);
  if (const auto hook = sharingHook(name)) return hook;
  const auto next = deviceOf(handle).table.GetDeviceProcAddr(handle, name);
  const auto hook = next != nullptr ? find(name) : nullptr;
  return hook != nullptr ? hook : next;
}

VKAPI_ATTR PFN_vkVoidFunction VKAPI_CALL getInstanceProcAddr(VkInstance instance, const char* name) {
  if (std::strcmp(name, "vkGetInstanceProcAddr") == 0) return hooked(&getInstanceProcAddr);
  if (std::strcmp(name, "vkGetDeviceProcAddr") == 0) return hooked(&getDeviceProcAddr);
  if (std::strcmp(name, "vkCreateInstance") == 0 || std::strcmp(name, "vkCreateDevice") == 0) return find(name);
  if (instance == VK_NULL_HANDLE) return nullptr;
  const auto next = instanceOf(instance).GetInstanceProcAddr(instance, name);
  const auto hook = next != nullptr ? find(name) : nullptr;
  return hook != nullptr ? hook : next;
}

}  // namespace

}  // namespace lull::pretended

extern "C" __attribute__((visibility("default"))) VkResult vkNegotiateLoaderLayerInterfaceVersion(
    VkNegotiateLayerInterface* negotiation) {
  negotiation->loaderLayerInterfaceVersion = 2;
  negotiation->pfnGetInstanceProcAddr = &lull::pretended::getInstanceProcAddr;
  negotiation->pfnGetDeviceProcAddr = &lull::pretended::getDeviceProcAddr;
  negotiation->pfnGetPhysicalDeviceProcAddr = nullptr;
  return VK_SUCCESS;
}
