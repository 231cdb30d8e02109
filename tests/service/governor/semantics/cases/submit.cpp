// SPDX-License-Identifier: Apache-2.0
// Forms of submission: several batches, nothing at all, the second version.
#include "chain.h"
#include "suite.h"

namespace semantics {

namespace {

constexpr VkPipelineStageFlags kCompute = VK_PIPELINE_STAGE_COMPUTE_SHADER_BIT;

VkCommandBuffer recorded(const Gpu& gpu, VkCommandPool pool, const Chain& chain, std::uint32_t add) {
  VkCommandBuffer commands = allocate(gpu, pool);
  begin(commands, VK_COMMAND_BUFFER_USAGE_SIMULTANEOUS_USE_BIT);
  chain.record(commands, 5, add);
  end(commands);
  return commands;
}

// Batches of one, two and no command buffers, tied together by semaphores within one call.
void severalBatches(Run& run) {
  Chain chain(run.gpu);
  const CommandPool pool = makePool(run.gpu);
  const std::array<VkCommandBuffer, 4> all{recorded(run.gpu, pool, chain, 1), recorded(run.gpu, pool, chain, 2),
                                           recorded(run.gpu, pool, chain, 3), recorded(run.gpu, pool, chain, 4)};
  const std::array<Semaphore, 2> links{makeSemaphore(run.gpu), makeSemaphore(run.gpu)};
  const auto batch = [&](std::uint32_t first, std::uint32_t count, const VkSemaphore* wait, const VkSemaphore* signal) {
    return VkSubmitInfo{.sType = VK_STRUCTURE_TYPE_SUBMIT_INFO,
                        .waitSemaphoreCount = wait != nullptr ? 1U : 0U,
                        .pWaitSemaphores = wait,
                        .pWaitDstStageMask = &kCompute,
                        .commandBufferCount = count,
                        .pCommandBuffers = all.data() + first,
                        .signalSemaphoreCount = signal != nullptr ? 1U : 0U,
                        .pSignalSemaphores = signal};
  };
  const std::array batches{batch(0, 1, nullptr, links[0].address()),
                           batch(1, 0, links[0].address(), links[1].address()),
                           batch(1, 2, links[1].address(), nullptr), batch(3, 1, nullptr, nullptr)};
  const Fence fence = makeFence(run.gpu);
  require(vkQueueSubmit(run.gpu.queue(), batches.size(), batches.data(), fence), "vkQueueSubmit");
  wait(run.gpu, fence);
  for (std::uint32_t i = 1; i <= 4; ++i) chain.expect(5, i);
  chain.verify(run);
}

void nothing(Run& run) {
  const Fence fence = makeFence(run.gpu);
  require(vkQueueSubmit(run.gpu.queue(), 0, nullptr, VK_NULL_HANDLE), "vkQueueSubmit");
  require(vkQueueSubmit(run.gpu.queue(), 0, nullptr, fence), "vkQueueSubmit");
  wait(run.gpu, fence);
  const VkSubmitInfo empty{.sType = VK_STRUCTURE_TYPE_SUBMIT_INFO};
  require(vkResetFences(run.gpu.device(), 1, fence.address()), "vkResetFences");
  require(vkQueueSubmit(run.gpu.queue(), 1, &empty, fence), "vkQueueSubmit");
  wait(run.gpu, fence);
  run.digest.add(1);
}

// Only semaphores: as if the queue itself passed something on.
void semaphoresOnly(Run& run) {
  Chain chain(run.gpu);
  const CommandPool pool = makePool(run.gpu);
  VkCommandBuffer first = recorded(run.gpu, pool, chain, 8);
  VkCommandBuffer second = recorded(run.gpu, pool, chain, 9);
  const std::array<Semaphore, 3> links{makeSemaphore(run.gpu), makeSemaphore(run.gpu), makeSemaphore(run.gpu)};
  const VkSubmitInfo start{.sType = VK_STRUCTURE_TYPE_SUBMIT_INFO,
                           .commandBufferCount = 1,
                           .pCommandBuffers = &first,
                           .signalSemaphoreCount = 1,
                           .pSignalSemaphores = links[0].address()};
  require(vkQueueSubmit(run.gpu.queue(), 1, &start, VK_NULL_HANDLE), "vkQueueSubmit");
  for (std::size_t i = 0; i < 2; ++i) {
    const VkSubmitInfo pass{.sType = VK_STRUCTURE_TYPE_SUBMIT_INFO,
                            .waitSemaphoreCount = 1,
                            .pWaitSemaphores = links[i].address(),
                            .pWaitDstStageMask = &kCompute,
                            .signalSemaphoreCount = 1,
                            .pSignalSemaphores = links[i + 1].address()};
    require(vkQueueSubmit(run.gpu.queue(), 1, &pass, VK_NULL_HANDLE), "vkQueueSubmit");
  }
  const VkSubmitInfo last{.sType = VK_STRUCTURE_TYPE_SUBMIT_INFO,
                          .waitSemaphoreCount = 1,
                          .pWaitSemaphores = links[2].address(),
                          .pWaitDstStageMask = &kCompute,
                          .commandBufferCount = 1,
                          .pCommandBuffers = &second};
  require(vkQueueSubmit(run.gpu.queue(), 1, &last, VK_NULL_HANDLE), "vkQueueSubmit");
  require(vkQueueWaitIdle(run.gpu.queue()), "vkQueueWaitIdle");
  chain.expect(5, 8);
  chain.expect(5, 9);
  chain.verify(run);
}

VkSemaphoreSubmitInfo at(VkSemaphore semaphore, std::uint64_t value) {
  return {.sType = VK_STRUCTURE_TYPE_SEMAPHORE_SUBMIT_INFO,
          .semaphore = semaphore,
          .value = value,
          .stageMask = VK_PIPELINE_STAGE_2_COMPUTE_SHADER_BIT};
}

// vkQueueSubmit2 with a binary and a timeline semaphore on both sides.
void secondVersion(Run& run) {
  if (run.gpu.features().v13.synchronization2 == VK_FALSE) throw Skip{"the driver has no synchronization2"};
  Chain chain(run.gpu);
  const CommandPool pool = makePool(run.gpu);
  const Semaphore line = makeTimeline(run.gpu);
  const Semaphore link = makeSemaphore(run.gpu);
  const Fence fence = makeFence(run.gpu);
  for (std::uint32_t i = 0; i < 4; ++i) {
    const std::array<VkCommandBufferSubmitInfo, 2> buffers{
        {{.sType = VK_STRUCTURE_TYPE_COMMAND_BUFFER_SUBMIT_INFO, .commandBuffer = recorded(run.gpu, pool, chain, i)},
         {.sType = VK_STRUCTURE_TYPE_COMMAND_BUFFER_SUBMIT_INFO,
          .commandBuffer = recorded(run.gpu, pool, chain, i + 10)}}};
    const std::array waits{at(line, i), at(link, 0)};
    const std::array signals{at(line, i + 1), at(link, 0)};
    const bool isLast = i == 3;
    const VkSubmitInfo2 info{.sType = VK_STRUCTURE_TYPE_SUBMIT_INFO_2,
                             .waitSemaphoreInfoCount = i == 0 ? 1U : 2U,
                             .pWaitSemaphoreInfos = waits.data(),
                             .commandBufferInfoCount = 2,
                             .pCommandBufferInfos = buffers.data(),
                             .signalSemaphoreInfoCount = isLast ? 1U : 2U,
                             .pSignalSemaphoreInfos = signals.data()};
    require(vkQueueSubmit2(run.gpu.queue(), 1, &info, isLast ? VkFence(fence) : VK_NULL_HANDLE), "vkQueueSubmit2");
    chain.expect(5, i);
    chain.expect(5, i + 10);
  }
  wait(run.gpu, fence);
  run.gpu.waitIdle();  // see semaphore.cpp
  std::uint64_t value = 0;
  require(vkGetSemaphoreCounterValue(run.gpu.device(), line, &value), "vkGetSemaphoreCounterValue");
  same(value, 4, "the line's value");
  chain.verify(run);
}

// Everything goes through what vkGetDeviceProcAddr gives, as in programs with a loader of their own.
void withoutTheLoader(Run& run) {
  const Gpu& gpu = run.gpu;
  Chain chain(gpu);
  const CommandPool pool = makePool(gpu);
  VkCommandBuffer commands = allocate(gpu, pool);
  const VkCommandBufferBeginInfo beginInfo{.sType = VK_STRUCTURE_TYPE_COMMAND_BUFFER_BEGIN_INFO};
  require(gpu.function<PFN_vkBeginCommandBuffer>("vkBeginCommandBuffer")(commands, &beginInfo), "begin");
  chain.prepare(commands);
  const auto pushConstants = gpu.function<PFN_vkCmdPushConstants>("vkCmdPushConstants");
  const auto dispatch = gpu.function<PFN_vkCmdDispatch>("vkCmdDispatch");
  for (std::uint32_t i = 0; i < 9; ++i) {
    const std::array<std::uint32_t, 2> words{Chain::kCount, i};
    pushConstants(commands, chain.kernel().layout(), VK_SHADER_STAGE_COMPUTE_BIT, 0, 8, words.data());
    dispatch(commands, Chain::kCount / 64, 1, 1);
    barrier(commands);
    chain.expect(1, i);
  }
  require(gpu.function<PFN_vkEndCommandBuffer>("vkEndCommandBuffer")(commands), "end");
  const VkSubmitInfo info{
      .sType = VK_STRUCTURE_TYPE_SUBMIT_INFO, .commandBufferCount = 1, .pCommandBuffers = &commands};
  require(gpu.function<PFN_vkQueueSubmit>("vkQueueSubmit")(gpu.queue(), 1, &info, VK_NULL_HANDLE), "submit");
  require(gpu.function<PFN_vkDeviceWaitIdle>("vkDeviceWaitIdle")(gpu.device()), "idle");
  chain.verify(run);
  check(vkGetDeviceProcAddr(gpu.device(), "vkCmdNoSuchCommandLULL") == nullptr, "a command that nobody has");
}

// The queue is asked for anew; what is in flight is waited for by the device only.
void idleDevice(Run& run) {
  Chain chain(run.gpu);
  const CommandPool pool = makePool(run.gpu);
  VkCommandBuffer commands = recorded(run.gpu, pool, chain, 2);
  for (int i = 0; i < 10; ++i) {
    VkQueue queue = VK_NULL_HANDLE;
    const VkDeviceQueueInfo2 which{.sType = VK_STRUCTURE_TYPE_DEVICE_QUEUE_INFO_2,
                                   .queueFamilyIndex = run.gpu.family()};
    vkGetDeviceQueue2(run.gpu.device(), &which, &queue);
    check(queue == run.gpu.queue(), "another queue");
    submit(run.gpu, commands);
    chain.expect(5, 2);
    if (i % 3 == 0) run.gpu.waitIdle();
    if (i % 3 == 0) same(chain.value(), chain.wanted(), "after idle");
  }
  run.gpu.waitIdle();
  run.gpu.waitIdle();
  chain.verify(run);
}

constexpr Case kCases[] = {
    {"submit.several_batches", Kind::Quick, severalBatches},      {"submit.nothing", Kind::Quick, nothing},
    {"submit.semaphores_only", Kind::Quick, semaphoresOnly},      {"submit.second_version", Kind::Quick, secondVersion},
    {"submit.without_the_loader", Kind::Quick, withoutTheLoader}, {"submit.idle_device", Kind::Quick, idleDevice},
};

}  // namespace

Cases submitCases() { return kCases; }

}  // namespace semantics
