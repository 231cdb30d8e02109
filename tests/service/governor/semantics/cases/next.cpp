// SPDX-License-Identifier: Apache-2.0
// Structures in pNext chains: they keep their meaning, and unknown ones reach the driver.
#include "chain.h"
#include "suite.h"
#include "witness.h"

namespace semantics {

namespace {

// Says explicitly what is so anyway: one device, nothing protected.
void saidExplicitly(Run& run) {
  Chain chain(run.gpu);
  const CommandPool pool = makePool(run.gpu);
  VkCommandBuffer commands = allocate(run.gpu, pool);
  const VkDeviceGroupCommandBufferBeginInfo group{.sType = VK_STRUCTURE_TYPE_DEVICE_GROUP_COMMAND_BUFFER_BEGIN_INFO,
                                                  .deviceMask = 1};
  const VkCommandBufferBeginInfo beginInfo{.sType = VK_STRUCTURE_TYPE_COMMAND_BUFFER_BEGIN_INFO, .pNext = &group};
  require(vkBeginCommandBuffer(commands, &beginInfo), "vkBeginCommandBuffer");
  chain.record(commands, 12, 4);
  end(commands);
  chain.expect(12, 4);
  const std::uint32_t mask = 1;
  const VkDeviceGroupSubmitInfo device{
      .sType = VK_STRUCTURE_TYPE_DEVICE_GROUP_SUBMIT_INFO, .commandBufferCount = 1, .pCommandBufferDeviceMasks = &mask};
  const VkSubmitInfo info{
      .sType = VK_STRUCTURE_TYPE_SUBMIT_INFO, .pNext = &device, .commandBufferCount = 1, .pCommandBuffers = &commands};
  const Fence fence = makeFence(run.gpu);
  require(vkQueueSubmit(run.gpu.queue(), 1, &info, fence), "vkQueueSubmit");
  wait(run.gpu, fence);
  chain.verify(run);
}

// Timeline values that lie behind another structure of the chain, for semaphores of both kinds.
void valuesBehindOthers(Run& run) {
  Chain chain(run.gpu);
  const CommandPool pool = makePool(run.gpu);
  const Semaphore line = makeTimeline(run.gpu);
  const Semaphore link = makeSemaphore(run.gpu);
  VkCommandBuffer commands = allocate(run.gpu, pool);
  begin(commands, VK_COMMAND_BUFFER_USAGE_SIMULTANEOUS_USE_BIT);
  chain.record(commands, 7, 2);
  end(commands);
  const std::array<VkSemaphore, 2> both{line, link};
  constexpr std::array<VkPipelineStageFlags, 2> kStages{VK_PIPELINE_STAGE_COMPUTE_SHADER_BIT,
                                                        VK_PIPELINE_STAGE_COMPUTE_SHADER_BIT};
  for (std::uint64_t i = 0; i < 3; ++i) {
    const std::array<std::uint64_t, 2> waits{i, 0};
    const std::array<std::uint64_t, 2> signals{i + 1, 0};
    const std::uint32_t waitCount = i == 0 ? 1 : 2;
    const std::uint32_t signalCount = i == 2 ? 1 : 2;
    const VkTimelineSemaphoreSubmitInfo values{.sType = VK_STRUCTURE_TYPE_TIMELINE_SEMAPHORE_SUBMIT_INFO,
                                               .waitSemaphoreValueCount = waitCount,
                                               .pWaitSemaphoreValues = waits.data(),
                                               .signalSemaphoreValueCount = signalCount,
                                               .pSignalSemaphoreValues = signals.data()};
    const std::array<std::uint32_t, 2> first{};
    const std::uint32_t mask = 1;
    const VkDeviceGroupSubmitInfo device{.sType = VK_STRUCTURE_TYPE_DEVICE_GROUP_SUBMIT_INFO,
                                         .pNext = &values,
                                         .waitSemaphoreCount = waitCount,
                                         .pWaitSemaphoreDeviceIndices = first.data(),
                                         .commandBufferCount = 1,
                                         .pCommandBufferDeviceMasks = &mask,
                                         .signalSemaphoreCount = signalCount,
                                         .pSignalSemaphoreDeviceIndices = first.data()};
    const VkSubmitInfo info{.sType = VK_STRUCTURE_TYPE_SUBMIT_INFO,
                            .pNext = &device,
                            .waitSemaphoreCount = waitCount,
                            .pWaitSemaphores = both.data(),
                            .pWaitDstStageMask = kStages.data(),
                            .commandBufferCount = 1,
                            .pCommandBuffers = &commands,
                            .signalSemaphoreCount = signalCount,
                            .pSignalSemaphores = both.data()};
    require(vkQueueSubmit(run.gpu.queue(), 1, &info, VK_NULL_HANDLE), "vkQueueSubmit");
    chain.expect(7, 2);
  }
  run.gpu.waitIdle();
  std::uint64_t value = 0;
  require(vkGetSemaphoreCounterValue(run.gpu.device(), line, &value), "vkGetSemaphoreCounterValue");
  same(value, 3, "the line's value");
  chain.verify(run);
}

// A structure of which no layer but the witness in front of the driver ever heard. The program's copy is gone as soon
// as the call has returned.
void unknown(Run& run) {
  const PFN_vkVoidFunction found = vkGetDeviceProcAddr(run.gpu.device(), kWitnessFunction);
  if (found == nullptr) throw Skip{"there is no witness"};
  const auto seen = reinterpret_cast<WitnessFunction>(found);
  Chain chain(run.gpu);
  const CommandPool pool = makePool(run.gpu);
  VkCommandBuffer commands = allocate(run.gpu, pool);
  begin(commands, VK_COMMAND_BUFFER_USAGE_SIMULTANEOUS_USE_BIT);
  chain.record(commands, 7, 3);
  end(commands);
  const std::uint64_t before = seen();
  std::uint64_t wanted = before;
  for (std::uint32_t i = 1; i <= 5; ++i) {
    WitnessStructure structure{.sType = kWitnessStructure, .pNext = nullptr, .value = i};
    const VkSubmitInfo info{.sType = VK_STRUCTURE_TYPE_SUBMIT_INFO,
                            .pNext = &structure,
                            .commandBufferCount = 1,
                            .pCommandBuffers = &commands};
    require(vkQueueSubmit(run.gpu.queue(), 1, &info, VK_NULL_HANDLE), "vkQueueSubmit");
    structure.value = 1000;
    submit(run.gpu, commands);  // the usual way in between
    chain.expect(14, 3);
    wanted += i;
  }
  run.gpu.waitIdle();
  same(seen(), wanted, "what the witness saw");
  chain.verify(run);
}

constexpr Case kCases[] = {
    {"next.said_explicitly", Kind::Quick, saidExplicitly},
    {"next.values_behind_others", Kind::Quick, valuesBehindOthers},
    {"next.unknown", Kind::Quick, unknown},
};

}  // namespace

Cases nextCases() { return kCases; }

}  // namespace semantics
