// SPDX-License-Identifier: Apache-2.0
#include "batch.h"

namespace semantics {

namespace {

constexpr VkPipelineStageFlags kCompute = VK_PIPELINE_STAGE_COMPUTE_SHADER_BIT;

}  // namespace

VkCommandBuffer recorded(const Gpu& gpu, VkCommandPool pool, const Chain& chain, std::uint32_t add) {
  VkCommandBuffer commands = allocate(gpu, pool);
  begin(commands);
  chain.record(commands, 6, add);
  end(commands);
  return commands;
}

void go(const Gpu& gpu, const Batch& batch, VkFence fence) {
  const VkTimelineSemaphoreSubmitInfo values{.sType = VK_STRUCTURE_TYPE_TIMELINE_SEMAPHORE_SUBMIT_INFO,
                                             .waitSemaphoreValueCount = batch.wait != VK_NULL_HANDLE ? 1U : 0U,
                                             .pWaitSemaphoreValues = &batch.waitValue,
                                             .signalSemaphoreValueCount = batch.signal != VK_NULL_HANDLE ? 1U : 0U,
                                             .pSignalSemaphoreValues = &batch.signalValue};
  const void* next = batch.waitValue + batch.signalValue > 0 ? &values : nullptr;
  if (batch.unheardOf != nullptr) batch.unheardOf->pNext = static_cast<const VkBaseInStructure*>(next);
  const VkSubmitInfo info{.sType = VK_STRUCTURE_TYPE_SUBMIT_INFO,
                          .pNext = batch.unheardOf != nullptr ? batch.unheardOf : next,
                          .waitSemaphoreCount = batch.wait != VK_NULL_HANDLE ? 1U : 0U,
                          .pWaitSemaphores = &batch.wait,
                          .pWaitDstStageMask = &kCompute,
                          .commandBufferCount = batch.commands != VK_NULL_HANDLE ? 1U : 0U,
                          .pCommandBuffers = &batch.commands,
                          .signalSemaphoreCount = batch.signal != VK_NULL_HANDLE ? 1U : 0U,
                          .pSignalSemaphores = &batch.signal};
  const std::lock_guard lock(gpu.queueMutex());
  const VkQueue queue = batch.queue != VK_NULL_HANDLE ? batch.queue : gpu.queue();
  require(vkQueueSubmit(queue, 1, &info, fence), "vkQueueSubmit");
}

void signalFromHost(const Gpu& gpu, VkSemaphore semaphore, std::uint64_t value) {
  const VkSemaphoreSignalInfo info{
      .sType = VK_STRUCTURE_TYPE_SEMAPHORE_SIGNAL_INFO, .semaphore = semaphore, .value = value};
  require(vkSignalSemaphore(gpu.device(), &info), "vkSignalSemaphore");
}

VkResult waitValue(const Gpu& gpu, VkSemaphore semaphore, std::uint64_t value, std::uint64_t limit) {
  const VkSemaphoreWaitInfo info{.sType = VK_STRUCTURE_TYPE_SEMAPHORE_WAIT_INFO,
                                 .semaphoreCount = 1,
                                 .pSemaphores = &semaphore,
                                 .pValues = &value};
  return vkWaitSemaphores(gpu.device(), &info, limit);
}

std::uint64_t valueOf(const Gpu& gpu, VkSemaphore semaphore) {
  std::uint64_t value = 0;
  require(vkGetSemaphoreCounterValue(gpu.device(), semaphore, &value), "vkGetSemaphoreCounterValue");
  return value;
}

}  // namespace semantics
