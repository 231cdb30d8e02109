// SPDX-License-Identifier: Apache-2.0
// Semaphores and fences that others have, too; and what only tests may ask for: their signals, a lost device.
#include "fakes/pretended_gpu/pretended_gpu.h"

#include <fcntl.h>
#include <unistd.h>

#include <string_view>

namespace lull::pretended {

namespace {

// A descriptor that leads to nobody.
int descriptor() { return ::open("/dev/null", O_RDWR | O_CLOEXEC); }

// The device's mutex is held.
VkResult share(Device& device, VkSemaphore semaphore) {
  if (device.shared.contains(semaphore)) return VK_SUCCESS;
  VkSemaphoreTypeCreateInfo type{};
  type.sType = VK_STRUCTURE_TYPE_SEMAPHORE_TYPE_CREATE_INFO;
  type.semaphoreType = VK_SEMAPHORE_TYPE_TIMELINE;
  VkSemaphoreCreateInfo info{};
  info.sType = VK_STRUCTURE_TYPE_SEMAPHORE_CREATE_INFO;
  info.pNext = &type;
  return device.table.CreateSemaphore(device.handle, &info, nullptr, &device.shared[semaphore].line);
}

VKAPI_ATTR VkResult VKAPI_CALL getSemaphoreFd(VkDevice handle, const VkSemaphoreGetFdInfoKHR* info, int* fd) {
  Device& device = deviceOf(handle);
  const std::lock_guard lock(device.mutex);
  *fd = descriptor();
  return share(device, info->semaphore);
}

VKAPI_ATTR VkResult VKAPI_CALL importSemaphoreFd(VkDevice handle, const VkImportSemaphoreFdInfoKHR* info) {
  Device& device = deviceOf(handle);
  const std::lock_guard lock(device.mutex);
  ::close(info->fd);
  return share(device, info->semaphore);
}

// Its handle may come again.
VKAPI_ATTR void VKAPI_CALL destroySemaphore(VkDevice handle, VkSemaphore semaphore,
                                            const VkAllocationCallbacks* allocator) {
  Device& device = deviceOf(handle);
  const std::lock_guard lock(device.mutex);
  if (const auto shared = device.shared.extract(semaphore); !shared.empty()) {
    device.table.DestroySemaphore(handle, shared.mapped().line, nullptr);
  }
  device.table.DestroySemaphore(handle, semaphore, allocator);
}

// A copy of what is not there yet cannot be made.
VKAPI_ATTR VkResult VKAPI_CALL getFenceFd(VkDevice handle, const VkFenceGetFdInfoKHR* info, int* fd) {
  Device& device = deviceOf(handle);
  const std::lock_guard lock(device.mutex);
  const bool copied = info->handleType == VK_EXTERNAL_FENCE_HANDLE_TYPE_SYNC_FD_BIT;
  if (copied && !device.fences.contains(info->fence)) return VK_ERROR_INVALID_EXTERNAL_HANDLE;
  *fd = descriptor();
  return VK_SUCCESS;
}

// How often it was signalled or will be by what the driver has.
VKAPI_ATTR std::uint64_t VKAPI_CALL countSignals(VkDevice handle, VkSemaphore semaphore) {
  Device& device = deviceOf(handle);
  const std::lock_guard lock(device.mutex);
  return device.shared.at(semaphore).signalled;
}

VKAPI_ATTR VkResult VKAPI_CALL signal(VkDevice handle, VkSemaphore semaphore) {
  Device& device = deviceOf(handle);
  const std::lock_guard lock(device.mutex);
  Shared& shared = device.shared.at(semaphore);
  VkSemaphoreSignalInfo info{};
  info.sType = VK_STRUCTURE_TYPE_SEMAPHORE_SIGNAL_INFO;
  info.semaphore = shared.line;
  info.value = ++shared.signalled;
  return device.table.SignalSemaphore(handle, &info);
}

VKAPI_ATTR VkResult VKAPI_CALL lose(VkDevice handle) {
  Device& device = deviceOf(handle);
  const std::lock_guard lock(device.mutex);
  device.lost = true;
  return device.table.DeviceWaitIdle(handle);  // the driver's is not, and works on
}

VKAPI_ATTR VkResult VKAPI_CALL present(VkQueue queue, const VkPresentInfoKHR* info) {
  const std::vector<VkPipelineStageFlags> stages(info->waitSemaphoreCount, VK_PIPELINE_STAGE_ALL_COMMANDS_BIT);
  VkSubmitInfo wait{};
  wait.sType = VK_STRUCTURE_TYPE_SUBMIT_INFO;
  wait.waitSemaphoreCount = info->waitSemaphoreCount;
  wait.pWaitSemaphores = info->pWaitSemaphores;
  wait.pWaitDstStageMask = stages.data();
  const auto submit = reinterpret_cast<PFN_vkQueueSubmit>(queueHook("vkQueueSubmit"));
  return submit(queue, 1, &wait, VK_NULL_HANDLE);
}

// One batch with timelines in the place of what is shared.
struct Batch {
  std::vector<VkSemaphore> waits;
  std::vector<VkSemaphore> signals;
  std::vector<std::uint64_t> waitValues;
  std::vector<std::uint64_t> signalValues;
  VkTimelineSemaphoreSubmitInfo values{};
};

void rewrite(Device& device, VkSubmitInfo& info, Batch& batch) {
  constexpr auto kType = VK_STRUCTURE_TYPE_TIMELINE_SEMAPHORE_SUBMIT_INFO;
  const auto* given = findIn<VkTimelineSemaphoreSubmitInfo>(const_cast<void*>(info.pNext), kType);
  const auto replace = [&](VkSemaphore semaphore, std::uint64_t value, std::uint64_t Shared::*count, auto& list,
                           auto& values) {
    const auto shared = device.shared.find(semaphore);
    const bool ours = shared != device.shared.end();
    list.push_back(ours ? shared->second.line : semaphore);
    values.push_back(ours ? ++(shared->second.*count) : value);
  };
  for (std::uint32_t i = 0; i < info.waitSemaphoreCount; ++i) {
    const bool valued = given != nullptr && i < given->waitSemaphoreValueCount;
    replace(info.pWaitSemaphores[i], valued ? given->pWaitSemaphoreValues[i] : 0, &Shared::waited, batch.waits,
            batch.waitValues);
  }
  for (std::uint32_t i = 0; i < info.signalSemaphoreCount; ++i) {
    const bool valued = given != nullptr && i < given->signalSemaphoreValueCount;
    replace(info.pSignalSemaphores[i], valued ? given->pSignalSemaphoreValues[i] : 0, &Shared::signalled, batch.signals,
            batch.signalValues);
  }
  batch.values.sType = kType;
  batch.values.waitSemaphoreValueCount = info.waitSemaphoreCount;
  batch.values.pWaitSemaphoreValues = batch.waitValues.data();
  batch.values.signalSemaphoreValueCount = info.signalSemaphoreCount;
  batch.values.pSignalSemaphoreValues = batch.signalValues.data();
  info.pNext = &batch.values;
  info.pWaitSemaphores = batch.waits.data();
  info.pSignalSemaphores = batch.signals.data();
}

}  // namespace

VkResult submitShared(Device& device, VkQueue real, std::span<const VkSubmitInfo> infos, VkFence fence) {
  std::vector<VkSubmitInfo> changed(infos.begin(), infos.end());
  std::vector<Batch> batches(infos.size());
  for (std::size_t i = 0; i < infos.size(); ++i) rewrite(device, changed[i], batches[i]);
  if (fence != VK_NULL_HANDLE) device.fences.insert(fence);
  return device.table.QueueSubmit(real, static_cast<std::uint32_t>(changed.size()), changed.data(), fence);
}

PFN_vkVoidFunction sharingHook(const char* name) {
  static const std::map<std::string_view, PFN_vkVoidFunction> hooks{
      {"vkGetSemaphoreFdKHR", hooked(&getSemaphoreFd)},  {"vkImportSemaphoreFdKHR", hooked(&importSemaphoreFd)},
      {"vkGetFenceFdKHR", hooked(&getFenceFd)},          {"vkQueuePresentKHR", hooked(&present)},
      {"vkDestroySemaphore", hooked(&destroySemaphore)}, {"vkPretendSignalLULL", hooked(&signal)},
      {"vkPretendSignalsLULL", hooked(&countSignals)},   {"vkPretendLossLULL", hooked(&lose)},
  };
  const auto found = wishes().sharing ? hooks.find(name) : hooks.end();
  return found == hooks.end() ? nullptr : found->second;
}

}  // namespace lull::pretended
