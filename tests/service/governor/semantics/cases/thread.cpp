// SPDX-License-Identifier: Apache-2.0
// Several threads, each with what is its own.
#include "chain.h"
#include "kernels.h"
#include "suite.h"

#include <exception>
#include <thread>

namespace semantics {

namespace {

// Runs `body` on so many threads; a failure of one is the case's.
template <typename Body>
void onThreads(std::uint32_t count, Body body) {
  std::vector<std::exception_ptr> failures(count);
  std::vector<std::thread> threads;
  for (std::uint32_t i = 0; i < count; ++i) {
    threads.emplace_back([&, i] {
      try {
        body(i);
      } catch (...) {
        failures[i] = std::current_exception();
      }
    });
  }
  for (auto& thread : threads) thread.join();
  for (const auto& failure : failures) {
    if (failure) std::rethrow_exception(failure);
  }
}

void ownPools(Run& run) {
  constexpr std::uint32_t kThreads = 4;
  std::vector<Chain> chains;
  for (std::uint32_t i = 0; i < kThreads; ++i) chains.emplace_back(run.gpu);
  onThreads(kThreads, [&](std::uint32_t me) {
    const CommandPool pool = makePool(run.gpu, VK_COMMAND_POOL_CREATE_RESET_COMMAND_BUFFER_BIT);
    VkCommandBuffer commands = allocate(run.gpu, pool);
    const Fence fence = makeFence(run.gpu);
    for (std::uint32_t round = 0; round < 6; ++round) {
      begin(commands, VK_COMMAND_BUFFER_USAGE_ONE_TIME_SUBMIT_BIT);
      chains[me].record(commands, 4, me * 100 + round);
      end(commands);
      submit(run.gpu, commands, fence);
      wait(run.gpu, fence);
      require(vkResetFences(run.gpu.device(), 1, fence.address()), "vkResetFences");
      chains[me].expect(4, me * 100 + round);
    }
  });
  for (auto& chain : chains) chain.verify(run);
}

// Recorded by one, submitted by another, freed by a third.
void handedOn(Run& run) {
  Chain chain(run.gpu);
  const CommandPool pool = makePool(run.gpu);
  for (std::uint32_t round = 0; round < 4; ++round) {
    VkCommandBuffer commands = VK_NULL_HANDLE;
    onThreads(1, [&](std::uint32_t) {
      commands = allocate(run.gpu, pool);
      begin(commands);
      chain.record(commands, 4, round);
    });
    onThreads(1, [&](std::uint32_t) {
      chain.step(commands, 900);  // goes on where the other left off
      barrier(commands);
      end(commands);
    });
    submitAndWait(run.gpu, commands);
    onThreads(1, [&](std::uint32_t) { vkFreeCommandBuffers(run.gpu.device(), pool, 1, &commands); });
    chain.expect(4, round);
    chain.expect(1, 900);
  }
  chain.verify(run);
}

// Others ask for one's fence and values while it goes on submitting.
void watched(Run& run) {
  Chain chain(run.gpu);
  const CommandPool pool = makePool(run.gpu);
  VkCommandBuffer commands = allocate(run.gpu, pool);
  begin(commands, VK_COMMAND_BUFFER_USAGE_SIMULTANEOUS_USE_BIT);
  chain.record(commands, 3, 1);
  end(commands);
  const Semaphore line = makeTimeline(run.gpu);
  constexpr std::uint64_t kLast = 12;
  onThreads(3, [&](std::uint32_t me) {
    if (me == 0) {
      for (std::uint64_t value = 1; value <= kLast; ++value) {
        const VkTimelineSemaphoreSubmitInfo values{.sType = VK_STRUCTURE_TYPE_TIMELINE_SEMAPHORE_SUBMIT_INFO,
                                                   .signalSemaphoreValueCount = 1,
                                                   .pSignalSemaphoreValues = &value};
        const VkSubmitInfo info{.sType = VK_STRUCTURE_TYPE_SUBMIT_INFO,
                                .pNext = &values,
                                .commandBufferCount = 1,
                                .pCommandBuffers = &commands,
                                .signalSemaphoreCount = 1,
                                .pSignalSemaphores = line.address()};
        const std::lock_guard lock(run.gpu.queueMutex());
        require(vkQueueSubmit(run.gpu.queue(), 1, &info, VK_NULL_HANDLE), "vkQueueSubmit");
      }
      return;
    }
    std::uint64_t seen = 0;
    while (seen < kLast) {
      std::uint64_t value = 0;
      require(vkGetSemaphoreCounterValue(run.gpu.device(), line, &value), "vkGetSemaphoreCounterValue");
      check(value >= seen, "the value went back");
      seen = value;
      const std::uint64_t next = seen + 1;
      if (me != 2 || seen == kLast) continue;
      const VkSemaphoreWaitInfo info{.sType = VK_STRUCTURE_TYPE_SEMAPHORE_WAIT_INFO,
                                     .semaphoreCount = 1,
                                     .pSemaphores = line.address(),
                                     .pValues = &next};
      require(vkWaitSemaphores(run.gpu.device(), &info, UINT64_MAX), "vkWaitSemaphores");
    }
  });
  run.gpu.waitIdle();
  for (std::uint64_t i = 0; i < kLast; ++i) chain.expect(3, 1);
  chain.verify(run);
}

// Pipelines come and go on one thread while others use theirs.
void pipelinesComeAndGo(Run& run) {
  std::vector<Chain> chains;
  for (std::uint32_t i = 0; i < 2; ++i) chains.emplace_back(run.gpu);
  onThreads(3, [&](std::uint32_t me) {
    for (std::uint32_t round = 0; round < 5; ++round) {
      if (me == 2) {
        const Kernel kernel(run.gpu, round % 2 == 0 ? std::span<const std::uint32_t>(kernels::kCover) : kernels::kStep,
                            2, 16);
        continue;
      }
      const CommandPool pool = makePool(run.gpu);
      VkCommandBuffer commands = allocate(run.gpu, pool);
      begin(commands);
      chains[me].record(commands, 5, round);
      end(commands);
      submitAndWait(run.gpu, commands);
      chains[me].expect(5, round);
    }
  });
  for (auto& chain : chains) chain.verify(run);
}

constexpr Case kCases[] = {
    {"thread.own_pools", Kind::Quick, ownPools},
    {"thread.handed_on", Kind::Quick, handedOn},
    {"thread.watched", Kind::Quick, watched},
    {"thread.pipelines_come_and_go", Kind::Full, pipelinesComeAndGo},
};

}  // namespace

Cases threadCases() { return kCases; }

}  // namespace semantics
