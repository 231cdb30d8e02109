// SPDX-License-Identifier: Apache-2.0
// Queues and families: all of them are the driver's one queue.
#include "fakes/pretended_gpu/pretended_gpu.h"

#include <algorithm>
#include <string_view>

namespace lull::pretended {

namespace {

VkQueue realOf(const Device& device, VkQueue queue) {
  for (const auto& family : device.queues) {
    for (const auto& own : family) {
      if (reinterpret_cast<VkQueue>(own.get()) == queue) return own->real;
    }
  }
  return queue;
}

// Calls the driver with its own queue, one thread at a time.
template <typename Call>
VkResult onDriver(VkQueue queue, Call call) {
  Device& device = deviceOf(queue);
  const VkQueue real = realOf(device, queue);
  const std::lock_guard lock(device.mutex);
  return device.lost ? VK_ERROR_DEVICE_LOST : call(device.table, real);
}

VKAPI_ATTR VkResult VKAPI_CALL submit(VkQueue queue, std::uint32_t count, const VkSubmitInfo* infos, VkFence fence) {
  return onDriver(queue, [=](const auto& vk, VkQueue real) {
    if (wishes().sharing) return submitShared(deviceOf(queue), real, {infos, count}, fence);
    return vk.QueueSubmit(real, count, infos, fence);
  });
}
VKAPI_ATTR VkResult VKAPI_CALL submit2(VkQueue queue, std::uint32_t count, const VkSubmitInfo2* infos, VkFence fence) {
  return onDriver(queue, [=](const auto& vk, VkQueue real) {
    return (vk.QueueSubmit2 != nullptr ? vk.QueueSubmit2 : vk.QueueSubmit2KHR)(real, count, infos, fence);
  });
}
VKAPI_ATTR VkResult VKAPI_CALL bindSparse(VkQueue queue, std::uint32_t count, const VkBindSparseInfo* infos,
                                          VkFence fence) {
  return onDriver(queue, [=](const auto& vk, VkQueue real) { return vk.QueueBindSparse(real, count, infos, fence); });
}
VKAPI_ATTR VkResult VKAPI_CALL waitIdle(VkQueue queue) {
  return onDriver(queue, [](const auto& vk, VkQueue real) { return vk.QueueWaitIdle(real); });
}
VKAPI_ATTR VkResult VKAPI_CALL waitDeviceIdle(VkDevice handle) {
  Device& device = deviceOf(handle);
  const std::lock_guard lock(device.mutex);
  if (device.lost) return VK_ERROR_DEVICE_LOST;
  return device.table.DeviceWaitIdle(handle);
}

VkQueue queueAt(const Device& device, std::uint32_t family, std::uint32_t index) {
  if (family >= device.queues.size() || index >= device.queues[family].size()) return VK_NULL_HANDLE;
  const auto& own = device.queues[family][index];
  return own != nullptr ? reinterpret_cast<VkQueue>(own.get()) : device.real;
}
VKAPI_ATTR void VKAPI_CALL getQueue(VkDevice handle, std::uint32_t family, std::uint32_t index, VkQueue* queue) {
  *queue = queueAt(deviceOf(handle), family, index);
}
VKAPI_ATTR void VKAPI_CALL getQueue2(VkDevice handle, const VkDeviceQueueInfo2* info, VkQueue* queue) {
  *queue = queueAt(deviceOf(handle), info->queueFamilyIndex, info->queueIndex);
}

VKAPI_ATTR VkResult VKAPI_CALL createPool(VkDevice handle, const VkCommandPoolCreateInfo* info,
                                          const VkAllocationCallbacks* allocator, VkCommandPool* pool) {
  VkCommandPoolCreateInfo plain = *info;
  plain.queueFamilyIndex = 0;
  return deviceOf(handle).table.CreateCommandPool(handle, &plain, allocator, pool);
}

void describe(std::uint32_t index, VkQueueFamilyProperties& out) {
  const Family& family = wishes().families[index];
  out.queueCount = family.queues;
  if (family.flags == 0) return;
  out.queueFlags = family.flags;
  if ((family.flags & VK_QUEUE_COMPUTE_BIT) == 0) out.timestampValidBits = 0;
}

// The driver has one family; each of ours begins as that one.
VKAPI_ATTR void VKAPI_CALL getFamilies(VkPhysicalDevice physical, std::uint32_t* count, VkQueueFamilyProperties* out) {
  const auto all = static_cast<std::uint32_t>(wishes().families.size());
  *count = out == nullptr ? all : std::min(*count, all);
  for (std::uint32_t i = 0; out != nullptr && i < *count; ++i) {
    std::uint32_t one = 1;
    instanceOf(physical).GetPhysicalDeviceQueueFamilyProperties(physical, &one, &out[i]);
    describe(i, out[i]);
  }
}

void describePriorities(void* chain) {
  constexpr auto kType = VK_STRUCTURE_TYPE_QUEUE_FAMILY_GLOBAL_PRIORITY_PROPERTIES_KHR;
  auto* priorities = findIn<VkQueueFamilyGlobalPriorityPropertiesKHR>(chain, kType);
  if (priorities == nullptr || (wishes().extensions.empty() && !wishes().core14)) return;
  const auto& allowed = wishes().familyPriorities;
  priorities->priorityCount = static_cast<std::uint32_t>(allowed.size());
  std::copy(allowed.begin(), allowed.end(), priorities->priorities);
}

VKAPI_ATTR void VKAPI_CALL getFamilies2(VkPhysicalDevice physical, std::uint32_t* count,
                                        VkQueueFamilyProperties2* out) {
  const auto all = static_cast<std::uint32_t>(wishes().families.size());
  *count = out == nullptr ? all : std::min(*count, all);
  for (std::uint32_t i = 0; out != nullptr && i < *count; ++i) {
    std::uint32_t one = 1;
    instanceOf(physical).GetPhysicalDeviceQueueFamilyProperties2(physical, &one, &out[i]);
    describe(i, out[i].queueFamilyProperties);
    describePriorities(out[i].pNext);
  }
}

}  // namespace

void makeQueues(Device& device, PFN_vkSetDeviceLoaderData setLoaderData) {
  device.table.GetDeviceQueue(device.handle, 0, 0, &device.real);
  // It came past the loader, which marks what passes it as its own.
  setLoaderData(device.handle, device.real);
  for (const Family& family : wishes().families) {
    auto& queues = device.queues.emplace_back();
    for (std::uint32_t i = 0; i < family.queues; ++i) {
      const bool first = device.queues.size() == 1 && i == 0;
      queues.push_back(first ? nullptr : std::make_unique<Queue>(Queue{.real = device.real}));
      if (!first) setLoaderData(device.handle, queues.back().get());
    }
  }
}

PFN_vkVoidFunction queueHook(const char* name) {
  static const std::map<std::string_view, PFN_vkVoidFunction> hooks{
      {"vkQueueSubmit", hooked(&submit)},
      {"vkQueueSubmit2", hooked(&submit2)},
      {"vkQueueSubmit2KHR", hooked(&submit2)},
      {"vkQueueBindSparse", hooked(&bindSparse)},
      {"vkQueueWaitIdle", hooked(&waitIdle)},
      {"vkDeviceWaitIdle", hooked(&waitDeviceIdle)},
      {"vkGetDeviceQueue", hooked(&getQueue)},
      {"vkGetDeviceQueue2", hooked(&getQueue2)},
      {"vkCreateCommandPool", hooked(&createPool)},
      {"vkGetPhysicalDeviceQueueFamilyProperties", hooked(&getFamilies)},
      {"vkGetPhysicalDeviceQueueFamilyProperties2", hooked(&getFamilies2)},
      {"vkGetPhysicalDeviceQueueFamilyProperties2KHR", hooked(&getFamilies2)},
  };
  const auto found = hooks.find(name);
  return found == hooks.end() ? nullptr : found->second;
}

}  // namespace lull::pretended
