// SPDX-License-Identifier: Apache-2.0
// Semaphores and fences that the program shares with others: with another process or API, or with the screen. What
// others signal is not seen here (semaphores.h).
#include "governor/hooks.h"
#include "governor/process.h"

namespace lull::governor {

namespace {

// A payload that is copied is that of a submission, which the driver must have. One that is shared comes later as well.
VKAPI_ATTR VkResult VKAPI_CALL getFenceFd(VkDevice handle, const VkFenceGetFdInfoKHR* info, int* fd) noexcept {
  Device* device = Process::get().device(handle);
  if (device == nullptr) return VK_ERROR_DEVICE_LOST;
  const bool copied = info->handleType == VK_EXTERNAL_FENCE_HANDLE_TYPE_SYNC_FD_BIT;
  try {
    if (copied && !device->waitUntilHandedOver(info->fence)) return VK_ERROR_DEVICE_LOST;
  } catch (...) {
    return VK_ERROR_OUT_OF_HOST_MEMORY;
  }
  return device->table().GetFenceFdKHR(handle, info, fd);
}

VKAPI_ATTR VkResult VKAPI_CALL getSemaphoreFd(VkDevice handle, const VkSemaphoreGetFdInfoKHR* info, int* fd) noexcept {
  Device* device = Process::get().device(handle);
  if (device == nullptr) return VK_ERROR_DEVICE_LOST;
  if (info->handleType == VK_EXTERNAL_SEMAPHORE_HANDLE_TYPE_SYNC_FD_BIT) {
    if (!device->waitUntilHandedOver(info->semaphore)) return VK_ERROR_DEVICE_LOST;
  } else {
    device->semaphores().makeShared(info->semaphore);
  }
  return device->table().GetSemaphoreFdKHR(handle, info, fd);
}

VKAPI_ATTR VkResult VKAPI_CALL importSemaphoreFd(VkDevice handle, const VkImportSemaphoreFdInfoKHR* info) noexcept {
  Device* device = Process::get().device(handle);
  if (device == nullptr) return VK_ERROR_DEVICE_LOST;
  device->semaphores().makeShared(info->semaphore);
  return device->table().ImportSemaphoreFdKHR(handle, info);
}

VKAPI_ATTR VkResult VKAPI_CALL acquireNextImage(VkDevice handle, VkSwapchainKHR swapchain, uint64_t timeoutNs,
                                                VkSemaphore semaphore, VkFence fence, uint32_t* index) noexcept {
  Device* device = Process::get().device(handle);
  if (device == nullptr) return VK_ERROR_DEVICE_LOST;
  device->semaphores().makeForeign(semaphore);
  return device->table().AcquireNextImageKHR(handle, swapchain, timeoutNs, semaphore, fence, index);
}

VKAPI_ATTR VkResult VKAPI_CALL acquireNextImage2(VkDevice handle, const VkAcquireNextImageInfoKHR* info,
                                                 uint32_t* index) noexcept {
  Device* device = Process::get().device(handle);
  if (device == nullptr) return VK_ERROR_DEVICE_LOST;
  device->semaphores().makeForeign(info->semaphore);
  return device->table().AcquireNextImage2KHR(handle, info, index);
}

}  // namespace

Hooks sharingHooks() {
  static const Hook hooks[] = {
      {"vkGetFenceFdKHR", hooked(&getFenceFd)},
      {"vkGetSemaphoreFdKHR", hooked(&getSemaphoreFd)},
      {"vkImportSemaphoreFdKHR", hooked(&importSemaphoreFd)},
      {"vkAcquireNextImageKHR", hooked(&acquireNextImage)},
      {"vkAcquireNextImage2KHR", hooked(&acquireNextImage2)},
  };
  return hooks;
}

}  // namespace lull::governor
