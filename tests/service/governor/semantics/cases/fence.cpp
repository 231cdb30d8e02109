// SPDX-License-Identifier: Apache-2.0
// Fences in all ways that a program may use them.
#include "chain.h"
#include "suite.h"

#include <algorithm>

namespace semantics {

namespace {

// A buffer with some work for a chain, ready to be submitted any number of times.
struct Work {
  Work(const Gpu& gpu, std::uint32_t steps) : chain(gpu), count(steps), pool(makePool(gpu)) {
    commands = allocate(gpu, pool);
    begin(commands, VK_COMMAND_BUFFER_USAGE_SIMULTANEOUS_USE_BIT);
    chain.record(commands, steps, 1);
    end(commands);
  }
  void go(const Gpu& gpu, VkFence fence) {
    submit(gpu, commands, fence);
    chain.expect(count, 1);
  }
  Chain chain;
  std::uint32_t count;
  CommandPool pool;
  VkCommandBuffer commands = VK_NULL_HANDLE;
};

void waited(Run& run) {
  Work work(run.gpu, 10);
  const Fence fence = makeFence(run.gpu);
  check(vkGetFenceStatus(run.gpu.device(), fence) == VK_NOT_READY, "a new fence is signalled");
  work.go(run.gpu, fence);
  wait(run.gpu, fence);
  check(vkGetFenceStatus(run.gpu.device(), fence) == VK_SUCCESS, "a fence is not signalled after the wait");
  wait(run.gpu, fence);  // again: it stays signalled
  work.chain.verify(run);
}

// A loop that does nothing but ask.
void polled(Run& run) {
  Work work(run.gpu, 20);
  const Fence fence = makeFence(run.gpu);
  work.go(run.gpu, fence);
  VkResult status = VK_NOT_READY;
  while (status == VK_NOT_READY) status = vkGetFenceStatus(run.gpu.device(), fence);
  require(status, "vkGetFenceStatus");
  work.chain.verify(run);
}

// Waits with a limit of nothing, again and again.
void polledByWaiting(Run& run) {
  Work work(run.gpu, 20);
  const Fence fence = makeFence(run.gpu);
  const Fence never = makeFence(run.gpu);
  check(vkWaitForFences(run.gpu.device(), 1, never.address(), VK_TRUE, 0) == VK_TIMEOUT, "no timeout");
  check(vkWaitForFences(run.gpu.device(), 1, never.address(), VK_TRUE, 2'000'000) == VK_TIMEOUT, "no timeout of 2 ms");
  work.go(run.gpu, fence);
  VkResult status = VK_TIMEOUT;
  while (status == VK_TIMEOUT) status = vkWaitForFences(run.gpu.device(), 1, fence.address(), VK_TRUE, 0);
  require(status, "vkWaitForFences");
  work.chain.verify(run);
}

void usedAgain(Run& run) {
  Work work(run.gpu, 3);
  const Fence fence = makeFence(run.gpu);
  for (int i = 0; i < 20; ++i) {
    work.go(run.gpu, fence);
    wait(run.gpu, fence);
    require(vkResetFences(run.gpu.device(), 1, fence.address()), "vkResetFences");
    check(vkGetFenceStatus(run.gpu.device(), fence) == VK_NOT_READY, "a reset fence is signalled");
  }
  work.chain.verify(run);
}

void createdSignalled(Run& run) {
  Work work(run.gpu, 5);
  const Fence fence = makeFence(run.gpu, VK_FENCE_CREATE_SIGNALED_BIT);
  check(vkGetFenceStatus(run.gpu.device(), fence) == VK_SUCCESS, "it is not signalled");
  wait(run.gpu, fence);
  require(vkResetFences(run.gpu.device(), 1, fence.address()), "vkResetFences");
  check(vkWaitForFences(run.gpu.device(), 1, fence.address(), VK_TRUE, 0) == VK_TIMEOUT, "it is still signalled");
  work.go(run.gpu, fence);
  wait(run.gpu, fence);
  work.chain.verify(run);
}

constexpr std::uint32_t kSeveral = 6;

void waitedAll(Run& run) {
  Work work(run.gpu, 4);
  std::array<Fence, kSeveral> fences;
  std::array<VkFence, kSeveral> handles{};
  for (std::uint32_t i = 0; i < kSeveral; ++i) {
    fences[i] = makeFence(run.gpu);
    handles[i] = fences[i];
    work.go(run.gpu, handles[i]);
  }
  require(vkWaitForFences(run.gpu.device(), kSeveral, handles.data(), VK_TRUE, UINT64_MAX), "vkWaitForFences");
  for (VkFence fence : handles) check(vkGetFenceStatus(run.gpu.device(), fence) == VK_SUCCESS, "one is not signalled");
  require(vkResetFences(run.gpu.device(), kSeveral, handles.data()), "vkResetFences");
  for (VkFence fence : handles) check(vkGetFenceStatus(run.gpu.device(), fence) == VK_NOT_READY, "one is not reset");
  work.chain.verify(run);
}

// The first of several, until all have come; two of the fences belong to nothing.
void waitedAny(Run& run) {
  Work work(run.gpu, 4);
  std::vector<Fence> fences;
  std::vector<VkFence> left;
  for (std::uint32_t i = 0; i < kSeveral; ++i) {
    fences.push_back(makeFence(run.gpu));
    left.push_back(fences.back());
    if (i != 1 && i != 4) work.go(run.gpu, left.back());
  }
  while (left.size() > 2) {
    require(
        vkWaitForFences(run.gpu.device(), static_cast<std::uint32_t>(left.size()), left.data(), VK_FALSE, UINT64_MAX),
        "vkWaitForFences");
    const std::size_t before = left.size();
    std::erase_if(left, [&](VkFence fence) { return vkGetFenceStatus(run.gpu.device(), fence) == VK_SUCCESS; });
    check(left.size() < before, "it returned and none is signalled");
  }
  check(left[0] == fences[1] && left[1] == fences[4], "a fence without work was signalled");
  check(vkWaitForFences(run.gpu.device(), 2, left.data(), VK_FALSE, 1'000'000) == VK_TIMEOUT, "no timeout");
  work.chain.verify(run);
}

// A fence on a submission of nothing comes when all before it is done.
void behindOthers(Run& run) {
  Work work(run.gpu, 15);
  const Fence fence = makeFence(run.gpu);
  work.go(run.gpu, VK_NULL_HANDLE);
  work.go(run.gpu, VK_NULL_HANDLE);
  require(vkQueueSubmit(run.gpu.queue(), 0, nullptr, fence), "vkQueueSubmit");
  wait(run.gpu, fence);
  work.chain.verify(run);
}

// Nothing was ever submitted with it; destroyed while others are pending.
void destroyed(Run& run) {
  Work work(run.gpu, 10);
  const Fence last = makeFence(run.gpu);
  {
    const Fence unused = makeFence(run.gpu);
    const Fence used = makeFence(run.gpu);
    work.go(run.gpu, used);
    wait(run.gpu, used);
    work.go(run.gpu, last);
  }
  // Handles may come again: a new fence is not the old one.
  const Fence fresh = makeFence(run.gpu);
  check(vkGetFenceStatus(run.gpu.device(), fresh) == VK_NOT_READY, "a new fence is signalled");
  wait(run.gpu, last);
  work.chain.verify(run);
}

constexpr Case kCases[] = {
    {"fence.waited", Kind::Quick, waited},
    {"fence.polled", Kind::Quick, polled},
    {"fence.polled_by_waiting", Kind::Quick, polledByWaiting},
    {"fence.used_again", Kind::Quick, usedAgain},
    {"fence.created_signalled", Kind::Quick, createdSignalled},
    {"fence.waited_all", Kind::Quick, waitedAll},
    {"fence.waited_any", Kind::Quick, waitedAny},
    {"fence.behind_others", Kind::Quick, behindOthers},
    {"fence.destroyed", Kind::Quick, destroyed},
};

}  // namespace

Cases fenceCases() { return kCases; }

}  // namespace semantics
