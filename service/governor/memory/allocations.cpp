// SPDX-License-Identifier: Apache-2.0
#include "governor/hooks.h"
#include "governor/process.h"

namespace lull::governor {

namespace {

VKAPI_ATTR VkResult VKAPI_CALL allocateMemory(VkDevice handle, const VkMemoryAllocateInfo* info,
                                              const VkAllocationCallbacks* allocator, VkDeviceMemory* memory) noexcept {
  Device* device = Process::get().device(handle);
  if (device == nullptr) return VK_ERROR_DEVICE_LOST;
  Holdings& holdings = device->holdings();
  Holdings::Part part;
  if (!holdings.take(*info, part)) return VK_ERROR_OUT_OF_DEVICE_MEMORY;
  const VkResult result = device->table().AllocateMemory(handle, info, allocator, memory);
  if (result != VK_SUCCESS) {
    holdings.giveBack(part);
    return result;
  }
  try {
    holdings.remember(*memory, part);
    return VK_SUCCESS;
  } catch (...) {
    device->table().FreeMemory(handle, *memory, allocator);
    holdings.giveBack(part);
    return VK_ERROR_OUT_OF_HOST_MEMORY;
  }
}

VKAPI_ATTR void VKAPI_CALL freeMemory(VkDevice handle, VkDeviceMemory memory,
                                      const VkAllocationCallbacks* allocator) noexcept {
  Device* device = Process::get().device(handle);
  if (device == nullptr) return;
  device->holdings().forget(memory);
  device->table().FreeMemory(handle, memory, allocator);
}

}  // namespace

Hooks allocationHooks() {
  static const Hook hooks[] = {
      {"vkAllocateMemory", hooked(&allocateMemory)},
      {"vkFreeMemory", hooked(&freeMemory)},
  };
  return hooks;
}

}  // namespace lull::governor
