// SPDX-License-Identifier: Apache-2.0
// What the loader asks first: which functions this layer stands in front of.
#include "governor/hooks.h"
#include "governor/process.h"
#include "governor/recording/strangers.h"

#include <vulkan/vk_layer.h>

#include <string_view>
#include <unordered_map>

namespace lull::governor {

namespace {

using Index = std::unordered_map<std::string_view, PFN_vkVoidFunction>;

VKAPI_ATTR PFN_vkVoidFunction VKAPI_CALL getInstanceProcAddr(VkInstance instance, const char* name) noexcept;
VKAPI_ATTR PFN_vkVoidFunction VKAPI_CALL getDeviceProcAddr(VkDevice device, const char* name) noexcept;

void add(Index& index, Hooks hooks) {
  for (const Hook& hook : hooks) index.emplace(hook.name, hook.function);
}

const Index* makeInstanceIndex() {
  auto* index = new Index;
  index->emplace("vkGetInstanceProcAddr", hooked(&getInstanceProcAddr));
  add(*index, instanceHooks());
  add(*index, creationHooks());
  return index;
}

const Index* makeDeviceIndex() {
  auto* index = new Index;
  index->emplace("vkGetDeviceProcAddr", hooked(&getDeviceProcAddr));
  add(*index, deviceHooks());
  add(*index, submitHooks());
  add(*index, waitHooks());
  add(*index, sharingHooks());
  add(*index, allocationHooks());
  add(*index, bufferHooks());
  add(*index, pipelineHooks());
  add(*index, commandHooks());
  return index;
}

PFN_vkVoidFunction find(const Index& index, const char* name) {
  const auto found = index.find(name);
  return found == index.end() ? nullptr : found->second;
}

const Index* makeHeapIndex() {
  auto* index = new Index;
  add(*index, heapHooks());
  return index;
}

// Never destroyed: programs leave while threads are still inside.
PFN_vkVoidFunction instanceHook(const char* name) {
  static const Index* const index = makeInstanceIndex();
  return find(*index, name);
}

PFN_vkVoidFunction heapHook(const char* name) {
  static const Index* const index = makeHeapIndex();
  return find(*index, name);
}

PFN_vkVoidFunction deviceHook(const char* name) {
  static const Index* const index = makeDeviceIndex();
  return find(*index, name);
}

PFN_vkVoidFunction VKAPI_CALL getInstanceProcAddr(VkInstance instance, const char* name) noexcept {
  if (auto hook = instanceHook(name)) return hook;
  if (auto hook = deviceHook(name)) return hook;
  if (instance == VK_NULL_HANDLE) return nullptr;
  const InstanceTable* table = Process::get().instance(instance);
  if (table == nullptr) return nullptr;
  // What the instance does not offer stays absent.
  const auto next = table->GetInstanceProcAddr(instance, name);
  if (next == nullptr) return nullptr;
  const auto hook = isCommand(name) ? strangerFor(name) : heapHook(name);
  return hook != nullptr ? hook : next;
}

PFN_vkVoidFunction VKAPI_CALL getDeviceProcAddr(VkDevice handle, const char* name) noexcept {
  Device* device = Process::get().device(handle);
  if (device == nullptr) return nullptr;
  // What the device does not offer (an extension that is not enabled) stays absent.
  const auto next = device->table().GetDeviceProcAddr(handle, name);
  if (next == nullptr) return nullptr;
  if (auto hook = deviceHook(name)) return hook;
  if (!isCommand(name)) return next;
  if (auto hook = strangerFor(name)) return hook;
  device->recordings().stopCutting();  // without a stub it would record into chunks that have ended
  return next;
}

}  // namespace

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
