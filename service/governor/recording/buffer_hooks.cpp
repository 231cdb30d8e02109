// SPDX-License-Identifier: Apache-2.0
// The life of command pools and command buffers.
#include "governor/hooks.h"
#include "governor/process.h"
#include "governor/recording/recording.h"

namespace lull::governor {

namespace {

VKAPI_ATTR VkResult VKAPI_CALL createCommandPool(VkDevice handle, const VkCommandPoolCreateInfo* info,
                                                 const VkAllocationCallbacks* allocator, VkCommandPool* pool) noexcept {
  Device* device = Process::get().device(handle);
  if (device == nullptr) return VK_ERROR_DEVICE_LOST;
  const VkResult result = device->table().CreateCommandPool(handle, info, allocator, pool);
  if (result == VK_SUCCESS) device->recordings().add(*pool, *info);
  return result;
}

// Forgotten first: the driver may give the same handles to another thread as soon as they are free.
VKAPI_ATTR void VKAPI_CALL destroyCommandPool(VkDevice handle, VkCommandPool pool,
                                              const VkAllocationCallbacks* allocator) noexcept {
  Device* device = Process::get().device(handle);
  if (device == nullptr) return;
  device->recordings().remove(pool);
  device->table().DestroyCommandPool(handle, pool, allocator);
}

VKAPI_ATTR VkResult VKAPI_CALL resetCommandPool(VkDevice handle, VkCommandPool pool,
                                                VkCommandPoolResetFlags flags) noexcept {
  Device* device = Process::get().device(handle);
  if (device == nullptr) return VK_ERROR_DEVICE_LOST;
  const VkResult result = device->table().ResetCommandPool(handle, pool, flags);
  CommandPool* known = device->recordings().pool(pool);
  if (result == VK_SUCCESS && known != nullptr) known->reset(flags);
  return result;
}

void freeSparesOf(Device& device, VkCommandPool pool) {
  if (CommandPool* known = device.recordings().pool(pool)) known->freeSpares();
}

VKAPI_ATTR void VKAPI_CALL trimCommandPool(VkDevice handle, VkCommandPool pool, VkCommandPoolTrimFlags flags) noexcept {
  Device* device = Process::get().device(handle);
  if (device == nullptr) return;
  freeSparesOf(*device, pool);
  device->table().TrimCommandPool(handle, pool, flags);
}

VKAPI_ATTR void VKAPI_CALL trimCommandPoolKhr(VkDevice handle, VkCommandPool pool,
                                              VkCommandPoolTrimFlags flags) noexcept {
  Device* device = Process::get().device(handle);
  if (device == nullptr) return;
  freeSparesOf(*device, pool);
  device->table().TrimCommandPoolKHR(handle, pool, flags);
}

VKAPI_ATTR VkResult VKAPI_CALL allocateCommandBuffers(VkDevice handle, const VkCommandBufferAllocateInfo* info,
                                                      VkCommandBuffer* buffers) noexcept {
  Device* device = Process::get().device(handle);
  if (device == nullptr) return VK_ERROR_DEVICE_LOST;
  const VkResult result = device->table().AllocateCommandBuffers(handle, info, buffers);
  if (result != VK_SUCCESS) return result;
  CommandPool* pool = device->recordings().pool(info->commandPool);
  for (std::uint32_t i = 0; pool != nullptr && i < info->commandBufferCount; ++i) pool->add(buffers[i], info->level);
  return result;
}

VKAPI_ATTR void VKAPI_CALL freeCommandBuffers(VkDevice handle, VkCommandPool pool, uint32_t count,
                                              const VkCommandBuffer* buffers) noexcept {
  Device* device = Process::get().device(handle);
  if (device == nullptr) return;
  for (std::uint32_t i = 0; i < count; ++i) {
    Recording* recording = buffers[i] != VK_NULL_HANDLE ? recordingOf(buffers[i]) : nullptr;
    if (recording != nullptr) recording->pool().remove(*recording);
  }
  device->table().FreeCommandBuffers(handle, pool, count, buffers);
}

const DeviceTable& tableOf(VkCommandBuffer commands) { return Process::get().device(commands)->table(); }

VKAPI_ATTR VkResult VKAPI_CALL beginCommandBuffer(VkCommandBuffer commands,
                                                  const VkCommandBufferBeginInfo* info) noexcept {
  Recording* recording = recordingOf(commands);
  return recording != nullptr ? recording->begin(*info) : tableOf(commands).BeginCommandBuffer(commands, info);
}

VKAPI_ATTR VkResult VKAPI_CALL endCommandBuffer(VkCommandBuffer commands) noexcept {
  Recording* recording = recordingOf(commands);
  return recording != nullptr ? recording->end() : tableOf(commands).EndCommandBuffer(commands);
}

VKAPI_ATTR VkResult VKAPI_CALL resetCommandBuffer(VkCommandBuffer commands, VkCommandBufferResetFlags flags) noexcept {
  Recording* recording = recordingOf(commands);
  if (recording == nullptr) return tableOf(commands).ResetCommandBuffer(commands, flags);
  const bool release = (flags & VK_COMMAND_BUFFER_RESET_RELEASE_RESOURCES_BIT) != 0;
  release ? recording->releaseChunks() : recording->recycle(Recording::Reset::Singly);
  return recording->table().ResetCommandBuffer(commands, flags);
}

}  // namespace

Hooks bufferHooks() {
  static const Hook hooks[] = {
      {"vkCreateCommandPool", hooked(&createCommandPool)},
      {"vkDestroyCommandPool", hooked(&destroyCommandPool)},
      {"vkResetCommandPool", hooked(&resetCommandPool)},
      {"vkTrimCommandPool", hooked(&trimCommandPool)},
      {"vkTrimCommandPoolKHR", hooked(&trimCommandPoolKhr)},
      {"vkAllocateCommandBuffers", hooked(&allocateCommandBuffers)},
      {"vkFreeCommandBuffers", hooked(&freeCommandBuffers)},
      {"vkBeginCommandBuffer", hooked(&beginCommandBuffer)},
      {"vkEndCommandBuffer", hooked(&endCommandBuffer)},
      {"vkResetCommandBuffer", hooked(&resetCommandBuffer)},
  };
  return hooks;
}

}  // namespace lull::governor
