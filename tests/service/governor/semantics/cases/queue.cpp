// SPDX-License-Identifier: Apache-2.0
// Several queues of one device: each has its own order, semaphores tie them.
#include "chain.h"
#include "suite.h"

#include <algorithm>

namespace semantics {

namespace {

constexpr VkPipelineStageFlags kAll = VK_PIPELINE_STAGE_ALL_COMMANDS_BIT;

// The first queue with these flags and none of the others, other than `not`.
const Gpu::Queue& find(const Gpu& gpu, VkQueueFlags with, VkQueueFlags without, VkQueue other = VK_NULL_HANDLE) {
  const auto found = std::find_if(gpu.queues().begin(), gpu.queues().end(), [&](const Gpu::Queue& queue) {
    return (queue.flags & with) == with && (queue.flags & without) == 0 && queue.handle != other;
  });
  if (found == gpu.queues().end()) throw Skip{"the driver has no such queue"};
  return *found;
}

struct Batch {
  VkQueue queue = VK_NULL_HANDLE;
  VkCommandBuffer commands = VK_NULL_HANDLE;
  VkSemaphore wait = VK_NULL_HANDLE;
  VkSemaphore signal = VK_NULL_HANDLE;
};

void go(const Batch& batch, VkFence fence = VK_NULL_HANDLE) {
  const VkSubmitInfo info{.sType = VK_STRUCTURE_TYPE_SUBMIT_INFO,
                          .waitSemaphoreCount = batch.wait != VK_NULL_HANDLE ? 1U : 0U,
                          .pWaitSemaphores = &batch.wait,
                          .pWaitDstStageMask = &kAll,
                          .commandBufferCount = batch.commands != VK_NULL_HANDLE ? 1U : 0U,
                          .pCommandBuffers = &batch.commands,
                          .signalSemaphoreCount = batch.signal != VK_NULL_HANDLE ? 1U : 0U,
                          .pSignalSemaphores = &batch.signal};
  require(vkQueueSubmit(batch.queue, 1, &info, fence), "vkQueueSubmit");
}

// Two queues of one family, by turns.
void byTurns(Run& run) {
  const Gpu gpu(run.gpu.instance(), Gpu::Ask::AllQueues);
  const Gpu::Queue& first = find(gpu, VK_QUEUE_COMPUTE_BIT, 0);
  const Gpu::Queue& second = find(gpu, first.flags, 0, first.handle);
  if (first.family != second.family) throw Skip{"the driver has one queue in each family"};
  Chain chain(gpu);
  const CommandPool pool = makePoolOf(gpu, first.family);
  std::vector<Semaphore> links;
  for (std::uint32_t i = 0; i < 8; ++i) {
    VkCommandBuffer commands = allocate(gpu, pool);
    begin(commands);
    chain.record(commands, 4, i);
    end(commands);
    links.push_back(makeSemaphore(gpu));
    go({.queue = i % 2 == 0 ? first.handle : second.handle,
        .commands = commands,
        .wait = i > 0 ? VkSemaphore(links[i - 1]) : VK_NULL_HANDLE,
        .signal = links[i]});
    chain.expect(4, i);
  }
  const Fence fence = makeFence(gpu);
  go({.queue = first.handle, .wait = links.back()}, fence);
  wait(gpu, fence);
  chain.verify(run);
  gpu.waitIdle();
}

// Hands a buffer from one family to another: the same barrier on both sides.
void handOver(VkCommandBuffer commands, VkBuffer buffer, std::uint32_t from, std::uint32_t to) {
  const VkBufferMemoryBarrier change{.sType = VK_STRUCTURE_TYPE_BUFFER_MEMORY_BARRIER,
                                     .srcAccessMask = VK_ACCESS_MEMORY_WRITE_BIT,
                                     .dstAccessMask = VK_ACCESS_MEMORY_READ_BIT | VK_ACCESS_MEMORY_WRITE_BIT,
                                     .srcQueueFamilyIndex = from,
                                     .dstQueueFamilyIndex = to,
                                     .buffer = buffer,
                                     .size = VK_WHOLE_SIZE};
  vkCmdPipelineBarrier(commands, kAll, kAll, 0, 0, nullptr, 1, &change, 0, nullptr);
}

// One queue computes, one that only transfers copies the results away.
void transferAside(Run& run) {
  const Gpu gpu(run.gpu.instance(), Gpu::Ask::AllQueues);
  const Gpu::Queue& computing = find(gpu, VK_QUEUE_COMPUTE_BIT, 0);
  const Gpu::Queue& moving = find(gpu, VK_QUEUE_TRANSFER_BIT, VK_QUEUE_COMPUTE_BIT | VK_QUEUE_GRAPHICS_BIT);
  Chain chain(gpu);
  const Buffer copies(gpu, std::size_t{Chain::kCount} * 4);
  const CommandPool computePool = makePoolOf(gpu, computing.family);
  const CommandPool movePool = makePoolOf(gpu, moving.family);
  std::vector<Semaphore> links;
  const auto link = [&] { return VkSemaphore(links.emplace_back(makeSemaphore(gpu))); };
  VkSemaphore last = VK_NULL_HANDLE;
  for (std::uint32_t i = 0; i < 4; ++i) {
    VkCommandBuffer compute = allocate(gpu, computePool);
    begin(compute);
    if (i > 0) handOver(compute, chain.values(), moving.family, computing.family);
    chain.record(compute, 3, i);
    handOver(compute, chain.values(), computing.family, moving.family);
    end(compute);
    const VkSemaphore computed = link();
    go({.queue = computing.handle, .commands = compute, .wait = last, .signal = computed});
    VkCommandBuffer move = allocate(gpu, movePool);
    begin(move);
    handOver(move, chain.values(), computing.family, moving.family);
    const VkBufferCopy region{0, VkDeviceSize{i} * Chain::kCount * 4, Chain::kCount * 4};
    vkCmdCopyBuffer(move, chain.values(), copies, 1, &region);
    handOver(move, chain.values(), moving.family, computing.family);
    end(move);
    last = link();
    go({.queue = moving.handle, .commands = move, .wait = computed, .signal = last});
  }
  const Fence fence = makeFence(gpu);
  go({.queue = computing.handle, .wait = last}, fence);
  wait(gpu, fence);
  for (std::uint32_t i = 0; i < 4; ++i) {
    chain.expect(3, i);
    same(copies[i * Chain::kCount + 5], chain.wanted(), "copy " + std::to_string(i));
  }
  chain.verify(run);
  run.digest.add(copies.words());
  gpu.waitIdle();
}

// All queues at once, none knows of another; each has its own fence.
void allAtOnce(Run& run) {
  const Gpu gpu(run.gpu.instance(), Gpu::Ask::AllQueues);
  if (gpu.queues().size() < 2) throw Skip{"the driver has one queue"};
  std::vector<Chain> chains;
  std::vector<CommandPool> pools;
  std::vector<Fence> fences;
  std::vector<VkFence> handles;
  for (const auto& queue : gpu.queues()) {
    if ((queue.flags & VK_QUEUE_COMPUTE_BIT) == 0) continue;
    Chain& chain = chains.emplace_back(gpu);
    pools.push_back(makePoolOf(gpu, queue.family));
    VkCommandBuffer commands = allocate(gpu, pools.back());
    begin(commands, VK_COMMAND_BUFFER_USAGE_SIMULTANEOUS_USE_BIT);
    chain.record(commands, 6, 5);
    end(commands);
    fences.push_back(makeFence(gpu));
    handles.push_back(fences.back());
    for (int i = 0; i < 4; ++i)
      go({.queue = queue.handle, .commands = commands}, i == 3 ? handles.back() : VK_NULL_HANDLE);
    chain.expect(24, 5);
  }
  require(
      vkWaitForFences(gpu.device(), static_cast<std::uint32_t>(handles.size()), handles.data(), VK_TRUE, UINT64_MAX),
      "vkWaitForFences");
  for (auto& chain : chains) chain.verify(run);
}

constexpr Case kCases[] = {
    {"queue.by_turns", Kind::Full, byTurns},
    {"queue.transfer_aside", Kind::Full, transferAside},
    {"queue.all_at_once", Kind::Full, allAtOnce},
};

}  // namespace

Cases queueCases() { return kCases; }

}  // namespace semantics
