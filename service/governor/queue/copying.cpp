// SPDX-License-Identifier: Apache-2.0
// What the program submits, copied: see item.h.
#include "governor/chain.h"
#include "governor/queue/item.h"

#include <algorithm>

namespace lull::governor {

namespace {

template <typename Value>
std::uint64_t valueAt(const Value* values, std::uint32_t count, std::uint32_t index) {
  return values != nullptr && index < count ? values[index] : 0;
}

Batch& beginBatch(Item& item) {
  Batch batch;
  batch.waits = item.waits.size();
  batch.parts = item.parts.size();
  batch.signals = item.signals.size();
  return item.batches.emplace_back(batch);
}

void addWait(Item& item, SemaphoreWait wait, const Copying& copying) {
  wait.need = copying.semaphores.need(wait.semaphore, wait.value);
  item.waits.push_back(std::move(wait));
}

void addSignal(Item& item, SemaphoreSignal signal, const Copying& copying) {
  signal.payload = copying.semaphores.willSignal(
      signal.semaphore, {.handed = &copying.handed, .serial = item.serial + item.batches.size()});
  item.signals.push_back(std::move(signal));
}

void addBuffer(Item& item, VkCommandBuffer commands, std::uint32_t mask, std::vector<Chunk>& scratch,
               const Copying& copying) {
  scratch.clear();
  copying.recordings.expand(commands, scratch);
  for (Chunk& chunk : scratch) item.parts.push_back({.chunk = std::move(chunk), .deviceMask = mask});
}

// Waits before signals, as they happen.
void copyBatch(Item& item, const VkSubmitInfo& info, std::vector<Chunk>& scratch, const Copying& copying) {
  const auto* timeline = inChain<VkTimelineSemaphoreSubmitInfo>(info.pNext);
  const auto* group = inChain<VkDeviceGroupSubmitInfo>(info.pNext);
  const auto* guard = inChain<VkProtectedSubmitInfo>(info.pNext);
  const auto* performance = inChain<VkPerformanceQuerySubmitInfoKHR>(info.pNext);
  Batch& batch = beginBatch(item);
  batch.timeline = timeline != nullptr;
  batch.deviceGroup = group != nullptr;
  if (guard != nullptr) batch.isProtected = guard->protectedSubmit == VK_TRUE;
  if (performance != nullptr) batch.performancePass = performance->counterPassIndex;
  const VkTimelineSemaphoreSubmitInfo values = timeline != nullptr ? *timeline : VkTimelineSemaphoreSubmitInfo{};
  const VkDeviceGroupSubmitInfo masks = group != nullptr ? *group : VkDeviceGroupSubmitInfo{};
  for (std::uint32_t i = 0; i < info.waitSemaphoreCount; ++i) {
    SemaphoreWait wait{.semaphore = info.pWaitSemaphores[i], .stages = info.pWaitDstStageMask[i], .need = {}};
    wait.value = valueAt(values.pWaitSemaphoreValues, values.waitSemaphoreValueCount, i);
    wait.deviceIndex =
        static_cast<std::uint32_t>(valueAt(masks.pWaitSemaphoreDeviceIndices, masks.waitSemaphoreCount, i));
    addWait(item, std::move(wait), copying);
  }
  for (std::uint32_t i = 0; i < info.commandBufferCount; ++i) {
    const auto mask = valueAt(masks.pCommandBufferDeviceMasks, masks.commandBufferCount, i);
    addBuffer(item, info.pCommandBuffers[i], static_cast<std::uint32_t>(mask), scratch, copying);
  }
  for (std::uint32_t i = 0; i < info.signalSemaphoreCount; ++i) {
    SemaphoreSignal signal{.semaphore = info.pSignalSemaphores[i], .payload = {}};
    signal.value = valueAt(values.pSignalSemaphoreValues, values.signalSemaphoreValueCount, i);
    signal.deviceIndex =
        static_cast<std::uint32_t>(valueAt(masks.pSignalSemaphoreDeviceIndices, masks.signalSemaphoreCount, i));
    addSignal(item, std::move(signal), copying);
  }
}

template <typename Entry>
Entry copyOf(const VkSemaphoreSubmitInfo& info) {
  Entry entry;
  entry.semaphore = info.semaphore;
  entry.value = info.value;
  entry.stages = info.stageMask;
  entry.deviceIndex = info.deviceIndex;
  return entry;
}

void copyBatch(Item& item, const VkSubmitInfo2& info, std::vector<Chunk>& scratch, const Copying& copying) {
  const auto* performance = inChain<VkPerformanceQuerySubmitInfoKHR>(info.pNext);
  Batch& batch = beginBatch(item);
  if ((info.flags & VK_SUBMIT_PROTECTED_BIT) != 0) batch.isProtected = true;
  if (performance != nullptr) batch.performancePass = performance->counterPassIndex;
  for (std::uint32_t i = 0; i < info.waitSemaphoreInfoCount; ++i) {
    addWait(item, copyOf<SemaphoreWait>(info.pWaitSemaphoreInfos[i]), copying);
  }
  for (std::uint32_t i = 0; i < info.commandBufferInfoCount; ++i) {
    const VkCommandBufferSubmitInfo& buffer = info.pCommandBufferInfos[i];
    addBuffer(item, buffer.commandBuffer, buffer.deviceMask, scratch, copying);
  }
  for (std::uint32_t i = 0; i < info.signalSemaphoreInfoCount; ++i) {
    addSignal(item, copyOf<SemaphoreSignal>(info.pSignalSemaphoreInfos[i]), copying);
  }
}

void copyBatch(Item& item, const VkBindSparseInfo& info, const Copying& copying) {
  const auto* timeline = inChain<VkTimelineSemaphoreSubmitInfo>(info.pNext);
  const auto* group = inChain<VkDeviceGroupBindSparseInfo>(info.pNext);
  Batch& batch = beginBatch(item);
  batch.timeline = timeline != nullptr;
  batch.deviceGroup = group != nullptr;
  if (group != nullptr) {
    batch.resourceDevice = group->resourceDeviceIndex;
    batch.memoryDevice = group->memoryDeviceIndex;
  }
  const VkTimelineSemaphoreSubmitInfo values = timeline != nullptr ? *timeline : VkTimelineSemaphoreSubmitInfo{};
  for (std::uint32_t i = 0; i < info.waitSemaphoreCount; ++i) {
    const auto value = valueAt(values.pWaitSemaphoreValues, values.waitSemaphoreValueCount, i);
    addWait(item, {.semaphore = info.pWaitSemaphores[i], .value = value, .need = {}}, copying);
  }
  for (std::uint32_t i = 0; i < info.signalSemaphoreCount; ++i) {
    const auto value = valueAt(values.pSignalSemaphoreValues, values.signalSemaphoreValueCount, i);
    addSignal(item, {.semaphore = info.pSignalSemaphores[i], .value = value, .payload = {}}, copying);
  }
}

template <typename Entry>
bool areBare(const Entry* entries, std::uint32_t count) {
  return std::all_of(entries, entries + count, [](const Entry& entry) { return entry.pNext == nullptr; });
}

}  // namespace

bool canCopy(std::span<const VkSubmitInfo> infos) {
  return std::all_of(infos.begin(), infos.end(), [](const VkSubmitInfo& info) {
    return hasOnly<VkTimelineSemaphoreSubmitInfo, VkDeviceGroupSubmitInfo, VkProtectedSubmitInfo,
                   VkPerformanceQuerySubmitInfoKHR>(info.pNext);
  });
}

bool canCopy(std::span<const VkSubmitInfo2> infos) {
  return std::all_of(infos.begin(), infos.end(), [](const VkSubmitInfo2& info) {
    return hasOnly<VkPerformanceQuerySubmitInfoKHR>(info.pNext) &&
           (info.flags & ~VkSubmitFlags{VK_SUBMIT_PROTECTED_BIT}) == 0 &&
           areBare(info.pWaitSemaphoreInfos, info.waitSemaphoreInfoCount) &&
           areBare(info.pCommandBufferInfos, info.commandBufferInfoCount) &&
           areBare(info.pSignalSemaphoreInfos, info.signalSemaphoreInfoCount);
  });
}

bool canCopy(std::span<const VkBindSparseInfo> infos) {
  return std::all_of(infos.begin(), infos.end(), [](const VkBindSparseInfo& info) {
    return hasOnly<VkTimelineSemaphoreSubmitInfo, VkDeviceGroupBindSparseInfo>(info.pNext);
  });
}

void copyInto(Item& item, std::span<const VkSubmitInfo> infos, const Copying& copying) {
  std::vector<Chunk> scratch;
  for (const VkSubmitInfo& info : infos) copyBatch(item, info, scratch, copying);
}

void copyInto(Item& item, std::span<const VkSubmitInfo2> infos, const Copying& copying) {
  std::vector<Chunk> scratch;
  for (const VkSubmitInfo2& info : infos) copyBatch(item, info, scratch, copying);
}

void copyInto(Item& item, std::span<const VkBindSparseInfo> infos, const Copying& copying) {
  item.binds.copy(infos);
  for (const VkBindSparseInfo& info : infos) copyBatch(item, info, copying);
}

}  // namespace lull::governor
