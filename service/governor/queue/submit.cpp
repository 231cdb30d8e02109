// SPDX-License-Identifier: Apache-2.0
// The program's calls with a queue: getting one, submitting to it, waiting for it, presenting on it.
#include "governor/hooks.h"
#include "governor/process.h"

namespace lull::governor {

namespace {

void adopt(Device& device, VkQueue queue, std::uint32_t family) noexcept {
  try {
    if (queue != VK_NULL_HANDLE) Process::get().addQueue(queue, &device, device.adoptQueue(queue, family));
  } catch (...) {
    // Adopted when something is submitted to it.
  }
}

// nullptr: there is no memory for it, or its device is not known.
Queue* find(VkQueue queue) noexcept {
  if (Queue* known = Process::get().queue(queue)) return known;
  Device* device = Process::get().device(queue);
  if (device == nullptr) return nullptr;
  adopt(*device, queue, kNoFamily);
  return Process::get().queue(queue);
}

VKAPI_ATTR void VKAPI_CALL getDeviceQueue(VkDevice handle, uint32_t family, uint32_t index, VkQueue* queue) noexcept {
  Device* device = Process::get().device(handle);
  if (device == nullptr) return;
  device->table().GetDeviceQueue(handle, family, index, queue);
  adopt(*device, *queue, family);
}

VKAPI_ATTR void VKAPI_CALL getDeviceQueue2(VkDevice handle, const VkDeviceQueueInfo2* info, VkQueue* queue) noexcept {
  Device* device = Process::get().device(handle);
  if (device == nullptr) return;
  device->table().GetDeviceQueue2(handle, info, queue);
  const bool isProtected = (info->flags & VK_DEVICE_QUEUE_CREATE_PROTECTED_BIT) != 0;
  adopt(*device, *queue, isProtected ? kNoFamily : info->queueFamilyIndex);
}

template <typename Info>
VkResult submit(VkQueue queue, Item::Form form, std::span<const Info> infos, VkFence fence) {
  Queue* known = find(queue);
  return known != nullptr ? known->submit(form, infos, fence) : VK_ERROR_OUT_OF_HOST_MEMORY;
}

VKAPI_ATTR VkResult VKAPI_CALL queueSubmit(VkQueue queue, uint32_t count, const VkSubmitInfo* infos,
                                           VkFence fence) noexcept {
  return submit<VkSubmitInfo>(queue, Item::Form::Submit, {infos, count}, fence);
}

VKAPI_ATTR VkResult VKAPI_CALL queueSubmit2(VkQueue queue, uint32_t count, const VkSubmitInfo2* infos,
                                            VkFence fence) noexcept {
  return submit<VkSubmitInfo2>(queue, Item::Form::Submit2, {infos, count}, fence);
}

VKAPI_ATTR VkResult VKAPI_CALL queueSubmit2Khr(VkQueue queue, uint32_t count, const VkSubmitInfo2* infos,
                                               VkFence fence) noexcept {
  return submit<VkSubmitInfo2>(queue, Item::Form::Submit2Khr, {infos, count}, fence);
}

VKAPI_ATTR VkResult VKAPI_CALL queueBindSparse(VkQueue queue, uint32_t count, const VkBindSparseInfo* infos,
                                               VkFence fence) noexcept {
  return submit<VkBindSparseInfo>(queue, Item::Form::Bind, {infos, count}, fence);
}

// What is in flight needs nothing from the program's threads, so this ends.
VKAPI_ATTR VkResult VKAPI_CALL queueWaitIdle(VkQueue queue) noexcept {
  Device* device = Process::get().device(queue);
  Queue* known = find(queue);
  if (device == nullptr || known == nullptr) return VK_ERROR_OUT_OF_HOST_MEMORY;
  if (const VkResult result = known->finishHandingOver(); result != VK_SUCCESS) return result;
  const std::lock_guard driver(known->driver());
  return device->table().QueueWaitIdle(queue);
}

VKAPI_ATTR VkResult VKAPI_CALL deviceWaitIdle(VkDevice handle) noexcept {
  Device* device = Process::get().device(handle);
  try {
    return device != nullptr ? device->waitIdle() : VK_ERROR_DEVICE_LOST;
  } catch (...) {
    return VK_ERROR_OUT_OF_HOST_MEMORY;
  }
}

// Its answer is the program's to hear, so it is not put on the list: it comes when all that it shows is on its way. The
// program has submitted all of that; what waits for signals still to be made is none of it.
VKAPI_ATTR VkResult VKAPI_CALL queuePresent(VkQueue queue, const VkPresentInfoKHR* info) noexcept {
  Device* device = Process::get().device(queue);
  Queue* known = find(queue);
  if (device == nullptr || known == nullptr) return VK_ERROR_OUT_OF_HOST_MEMORY;
  if (known->handOverWhatCan() == VK_ERROR_DEVICE_LOST) return VK_ERROR_DEVICE_LOST;
  for (uint32_t i = 0; i < info->waitSemaphoreCount; ++i) {
    if (!device->waitUntilHandedOver(info->pWaitSemaphores[i])) return VK_ERROR_DEVICE_LOST;
  }
  const std::lock_guard driver(known->driver());
  return device->table().QueuePresentKHR(queue, info);
}

// Of these the driver must see one call at a time, too. Labels may come to lie a few submissions early.
template <typename Function, typename... Arguments>
void withQueue(Function DeviceTable::*function, VkQueue queue, Arguments... arguments) {
  Device* device = Process::get().device(queue);
  Queue* known = find(queue);
  if (device == nullptr || known == nullptr || device->table().*function == nullptr) return;
  const std::lock_guard driver(known->driver());
  (device->table().*function)(queue, arguments...);
}

VKAPI_ATTR void VKAPI_CALL beginLabel(VkQueue queue, const VkDebugUtilsLabelEXT* label) noexcept {
  withQueue(&DeviceTable::QueueBeginDebugUtilsLabelEXT, queue, label);
}
VKAPI_ATTR void VKAPI_CALL endLabel(VkQueue queue) noexcept {
  withQueue(&DeviceTable::QueueEndDebugUtilsLabelEXT, queue);
}
VKAPI_ATTR void VKAPI_CALL insertLabel(VkQueue queue, const VkDebugUtilsLabelEXT* label) noexcept {
  withQueue(&DeviceTable::QueueInsertDebugUtilsLabelEXT, queue, label);
}
VKAPI_ATTR VkResult VKAPI_CALL setPerformance(VkQueue queue, VkPerformanceConfigurationINTEL configuration) noexcept {
  Device* device = Process::get().device(queue);
  Queue* known = find(queue);
  if (device == nullptr || known == nullptr) return VK_ERROR_OUT_OF_HOST_MEMORY;
  const std::lock_guard driver(known->driver());
  return device->table().QueueSetPerformanceConfigurationINTEL(queue, configuration);
}

// Newer than some registries, so not in the table. `Function` takes the queue and a structure.
template <typename Function>
auto callNamed(const char* name, VkQueue queue, const void* info) {
  using Result = decltype(Function{}(queue, info));
  Device* device = Process::get().device(queue);
  Queue* known = find(queue);
  if (device == nullptr || known == nullptr) return Result();
  const auto call = reinterpret_cast<Function>(device->table().GetDeviceProcAddr(device->handle(), name));
  if (call == nullptr) return Result();
  const std::lock_guard driver(known->driver());
  return call(queue, info);
}
VKAPI_ATTR void VKAPI_CALL notifyOutOfBand(VkQueue queue, const void* info) noexcept {
  callNamed<void(VKAPI_PTR*)(VkQueue, const void*)>("vkQueueNotifyOutOfBandNV", queue, info);
}
VKAPI_ATTR VkResult VKAPI_CALL setHint(VkQueue queue, const void* info) noexcept {
  return callNamed<VkResult(VKAPI_PTR*)(VkQueue, const void*)>("vkQueueSetPerfHintQCOM", queue, info);
}

VKAPI_ATTR void VKAPI_CALL getCheckpoints(VkQueue queue, uint32_t* count, VkCheckpointDataNV* data) noexcept {
  withQueue(&DeviceTable::GetQueueCheckpointDataNV, queue, count, data);
}
VKAPI_ATTR void VKAPI_CALL getCheckpoints2(VkQueue queue, uint32_t* count, VkCheckpointData2NV* data) noexcept {
  withQueue(&DeviceTable::GetQueueCheckpointData2NV, queue, count, data);
}

}  // namespace

Hooks submitHooks() {
  static const Hook hooks[] = {
      {"vkGetDeviceQueue", hooked(&getDeviceQueue)},
      {"vkGetDeviceQueue2", hooked(&getDeviceQueue2)},
      {"vkQueueSubmit", hooked(&queueSubmit)},
      {"vkQueueSubmit2", hooked(&queueSubmit2)},
      {"vkQueueSubmit2KHR", hooked(&queueSubmit2Khr)},
      {"vkQueueBindSparse", hooked(&queueBindSparse)},
      {"vkQueueWaitIdle", hooked(&queueWaitIdle)},
      {"vkDeviceWaitIdle", hooked(&deviceWaitIdle)},
      {"vkQueuePresentKHR", hooked(&queuePresent)},
      {"vkQueueBeginDebugUtilsLabelEXT", hooked(&beginLabel)},
      {"vkQueueEndDebugUtilsLabelEXT", hooked(&endLabel)},
      {"vkQueueInsertDebugUtilsLabelEXT", hooked(&insertLabel)},
      {"vkQueueSetPerformanceConfigurationINTEL", hooked(&setPerformance)},
      {"vkQueueNotifyOutOfBandNV", hooked(&notifyOutOfBand)},
      {"vkQueueSetPerfHintQCOM", hooked(&setHint)},
      {"vkGetQueueCheckpointDataNV", hooked(&getCheckpoints)},
      {"vkGetQueueCheckpointData2NV", hooked(&getCheckpoints2)},
  };
  return hooks;
}

}  // namespace lull::governor
