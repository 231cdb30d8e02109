// SPDX-License-Identifier: Apache-2.0
#include "governor/entry.h"

#include <cstring>
#include <iterator>

namespace lull::governor {

namespace {

struct Hook {
  const char* name;
  PFN_vkVoidFunction function;
};

template <typename F>
PFN_vkVoidFunction erase(F* function) {
  return reinterpret_cast<PFN_vkVoidFunction>(function);
}

PFN_vkVoidFunction find(const Hook* begin, const Hook* end, const char* name) {
  for (const Hook* hook = begin; hook != end; ++hook) {
    if (std::strcmp(hook->name, name) == 0) return hook->function;
  }
  return nullptr;
}

PFN_vkVoidFunction instanceHook(const char* name) {
  static const Hook hooks[] = {
      {"vkGetInstanceProcAddr", erase(&getInstanceProcAddr)},
      {"vkCreateInstance", erase(&createInstance)},
      {"vkDestroyInstance", erase(&destroyInstance)},
      {"vkCreateDevice", erase(&createDevice)},
  };
  return find(std::begin(hooks), std::end(hooks), name);
}

PFN_vkVoidFunction deviceHook(const char* name) {
  static const Hook hooks[] = {
      {"vkGetDeviceProcAddr", erase(&getDeviceProcAddr)},
      {"vkDestroyDevice", erase(&destroyDevice)},
      {"vkGetDeviceQueue", erase(&getDeviceQueue)},
      {"vkGetDeviceQueue2", erase(&getDeviceQueue2)},
      {"vkQueueSubmit", erase(&queueSubmit)},
      {"vkQueueSubmit2", erase(&queueSubmit2)},
      {"vkQueueSubmit2KHR", erase(&queueSubmit2Khr)},
      {"vkQueueBindSparse", erase(&queueBindSparse)},
      {"vkAllocateMemory", erase(&allocateMemory)},
      {"vkFreeMemory", erase(&freeMemory)},
  };
  return find(std::begin(hooks), std::end(hooks), name);
}

}  // namespace

PFN_vkVoidFunction VKAPI_CALL getInstanceProcAddr(VkInstance instance, const char* name) noexcept {
  if (auto hook = instanceHook(name)) return hook;
  if (auto hook = deviceHook(name)) return hook;
  if (instance == VK_NULL_HANDLE) return nullptr;
  const InstanceTable table = Process::get().instance(instance);
  return table.GetInstanceProcAddr != nullptr ? table.GetInstanceProcAddr(instance, name) : nullptr;
}

PFN_vkVoidFunction VKAPI_CALL getDeviceProcAddr(VkDevice handle, const char* name) noexcept {
  const Device* device = Process::get().device(handle);
  if (device == nullptr) return nullptr;
  // What the device does not offer (an extension that is not enabled) stays absent.
  const auto next = device->table().GetDeviceProcAddr(handle, name);
  const auto hook = next != nullptr ? deviceHook(name) : nullptr;
  return hook != nullptr ? hook : next;
}

}  // namespace lull::governor

extern "C" __attribute__((visibility("default"))) VkResult vkNegotiateLoaderLayerInterfaceVersion(
    VkNegotiateLayerInterface* negotiation) {
  constexpr uint32_t kInterface = 2;
  if (negotiation == nullptr || negotiation->sType != LAYER_NEGOTIATE_INTERFACE_STRUCT ||
      negotiation->loaderLayerInterfaceVersion < kInterface) {
    return VK_ERROR_INITIALIZATION_FAILED;
  }
  negotiation->loaderLayerInterfaceVersion = kInterface;
  negotiation->pfnGetInstanceProcAddr = &lull::governor::getInstanceProcAddr;
  negotiation->pfnGetDeviceProcAddr = &lull::governor::getDeviceProcAddr;
  negotiation->pfnGetPhysicalDeviceProcAddr = nullptr;
  return VK_SUCCESS;
}
