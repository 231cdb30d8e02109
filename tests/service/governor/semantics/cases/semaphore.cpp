// SPDX-License-Identifier: Apache-2.0
// Binary and timeline semaphores, above all waits that are submitted before what they wait for.
//
// Mesa 22.3's emulated timelines get their value shortly after the fence of the same submission, by a thread that must
// still find them: so each case waits for the value itself, and for the idle device before a timeline is destroyed.
#include "batch.h"
#include "suite.h"

#include <thread>

namespace semantics {

namespace {

void binaryChain(Run& run) {
  Chain chain(run.gpu);
  const CommandPool pool = makePool(run.gpu);
  std::vector<Semaphore> links;
  for (std::uint32_t i = 0; i < 8; ++i) {
    links.push_back(makeSemaphore(run.gpu));
    go(run.gpu, {.commands = recorded(run.gpu, pool, chain, i),
                 .wait = i > 0 ? VkSemaphore(links[i - 1]) : VK_NULL_HANDLE,
                 .signal = links[i]});
    chain.expect(6, i);
  }
  const Fence fence = makeFence(run.gpu);
  go(run.gpu, {.wait = links.back()}, fence);
  wait(run.gpu, fence);
  chain.verify(run);
}

// One semaphore, signalled and waited for by turns.
void binaryAgain(Run& run) {
  Chain chain(run.gpu);
  const CommandPool pool = makePool(run.gpu);
  const Semaphore link = makeSemaphore(run.gpu);
  for (std::uint32_t i = 0; i < 6; ++i) {
    go(run.gpu, {.commands = recorded(run.gpu, pool, chain, i), .signal = link});
    go(run.gpu, {.commands = recorded(run.gpu, pool, chain, 50 + i), .wait = link});
    chain.expect(6, i);
    chain.expect(6, 50 + i);
  }
  run.gpu.waitIdle();
  chain.verify(run);
}

void timelineOrder(Run& run) {
  Chain chain(run.gpu);
  const CommandPool pool = makePool(run.gpu);
  const Semaphore line = makeTimeline(run.gpu, 10);
  for (std::uint32_t i = 0; i < 8; ++i) {
    go(run.gpu, {.commands = recorded(run.gpu, pool, chain, i),
                 .wait = line,
                 .waitValue = 10 + i,
                 .signal = line,
                 .signalValue = 11 + i});
    chain.expect(6, i);
  }
  require(waitValue(run.gpu, line, 18), "vkWaitSemaphores");
  same(valueOf(run.gpu, line), 18, "the line's value");
  chain.verify(run);
  run.gpu.waitIdle();
}

// The thread that submits the wait signals it only afterwards.
void signalledLater(Run& run) {
  Chain chain(run.gpu);
  const CommandPool pool = makePool(run.gpu);
  const Semaphore line = makeTimeline(run.gpu);
  const Fence fence = makeFence(run.gpu);
  go(run.gpu,
     {.commands = recorded(run.gpu, pool, chain, 3), .wait = line, .waitValue = 5, .signal = line, .signalValue = 6},
     fence);
  chain.expect(6, 3);
  check(vkGetFenceStatus(run.gpu.device(), fence) == VK_NOT_READY, "it did not wait");
  check(waitValue(run.gpu, line, 6, 1'000'000) == VK_TIMEOUT, "it did not wait for the value");
  same(chain.value(), 0, "the value before the signal");
  same(valueOf(run.gpu, line), 0, "the line before the signal");
  signalFromHost(run.gpu, line, 5);
  wait(run.gpu, fence);
  require(waitValue(run.gpu, line, 6), "vkWaitSemaphores");
  chain.verify(run);
  run.gpu.waitIdle();
}

// Several that wait, each for a later signal; the host signals one by one.
void signalledOneByOne(Run& run) {
  Chain chain(run.gpu);
  const CommandPool pool = makePool(run.gpu);
  const Semaphore line = makeTimeline(run.gpu);
  const Semaphore done = makeTimeline(run.gpu);
  for (std::uint32_t i = 0; i < 5; ++i) {
    go(run.gpu, {.commands = recorded(run.gpu, pool, chain, i),
                 .wait = line,
                 .waitValue = i + 1,
                 .signal = done,
                 .signalValue = i + 1});
  }
  for (std::uint32_t i = 0; i < 5; ++i) {
    signalFromHost(run.gpu, line, i + 1);
    require(waitValue(run.gpu, done, i + 1), "vkWaitSemaphores");
    chain.expect(6, i);
    same(chain.value(), chain.wanted(), "after signal " + std::to_string(i));
  }
  run.gpu.waitIdle();
  chain.verify(run);
}

// Another thread waits on the host, then signals: the signal that the GPU waits for depends on the GPU's first work.
void pingPong(Run& run) {
  Chain chain(run.gpu);
  const CommandPool pool = makePool(run.gpu);
  const Semaphore toHost = makeTimeline(run.gpu);
  const Semaphore toGpu = makeTimeline(run.gpu);
  constexpr std::uint32_t kRounds = 10;
  std::thread host([&] {
    for (std::uint32_t i = 1; i <= kRounds; ++i) {
      if (waitValue(run.gpu, toHost, i) != VK_SUCCESS) return;
      signalFromHost(run.gpu, toGpu, i);
    }
  });
  for (std::uint32_t i = 1; i <= kRounds; ++i) {
    go(run.gpu, {.commands = recorded(run.gpu, pool, chain, i),
                 .wait = toGpu,
                 .waitValue = i - 1,
                 .signal = toHost,
                 .signalValue = i});
    chain.expect(6, i);
  }
  host.join();
  run.gpu.waitIdle();
  same(valueOf(run.gpu, toGpu), kRounds, "the host's line");
  chain.verify(run);
}

// A fence, a wait for idle and another submission all stand behind a wait that another thread will end.
void idleBehindWait(Run& run) {
  Chain chain(run.gpu);
  const CommandPool pool = makePool(run.gpu);
  const Semaphore line = makeTimeline(run.gpu);
  go(run.gpu, {.commands = recorded(run.gpu, pool, chain, 1), .wait = line, .waitValue = 1});
  go(run.gpu, {.commands = recorded(run.gpu, pool, chain, 2)});
  std::thread host([&] { signalFromHost(run.gpu, line, 1); });
  {
    const std::lock_guard lock(run.gpu.queueMutex());
    require(vkQueueWaitIdle(run.gpu.queue()), "vkQueueWaitIdle");
  }
  host.join();
  chain.expect(6, 1);
  chain.expect(6, 2);
  chain.verify(run);
}

// The wait for any of two values; the other never comes.
void waitedAny(Run& run) {
  Chain chain(run.gpu);
  const CommandPool pool = makePool(run.gpu);
  const Semaphore comes = makeTimeline(run.gpu);
  const Semaphore never = makeTimeline(run.gpu);
  go(run.gpu, {.commands = recorded(run.gpu, pool, chain, 7), .signal = comes, .signalValue = 100});
  chain.expect(6, 7);
  const std::array<VkSemaphore, 2> both{never, comes};
  const std::array<std::uint64_t, 2> values{1, 100};
  VkSemaphoreWaitInfo info{.sType = VK_STRUCTURE_TYPE_SEMAPHORE_WAIT_INFO,
                           .flags = VK_SEMAPHORE_WAIT_ANY_BIT,
                           .semaphoreCount = 2,
                           .pSemaphores = both.data(),
                           .pValues = values.data()};
  require(vkWaitSemaphores(run.gpu.device(), &info, UINT64_MAX), "vkWaitSemaphores");
  info.flags = 0;
  check(vkWaitSemaphores(run.gpu.device(), &info, 0) == VK_TIMEOUT, "both came");
  run.gpu.waitIdle();
  chain.verify(run);
}

// A loop that does nothing but read the value.
void polled(Run& run) {
  Chain chain(run.gpu);
  const CommandPool pool = makePool(run.gpu);
  const Semaphore line = makeTimeline(run.gpu);
  go(run.gpu, {.commands = recorded(run.gpu, pool, chain, 9), .signal = line, .signalValue = 3});
  chain.expect(6, 9);
  while (valueOf(run.gpu, line) < 3) {
  }
  run.gpu.waitIdle();
  chain.verify(run);
}

constexpr Case kCases[] = {
    {"semaphore.binary_chain", Kind::Quick, binaryChain},
    {"semaphore.binary_again", Kind::Quick, binaryAgain},
    {"semaphore.timeline_order", Kind::Quick, timelineOrder},
    {"semaphore.signalled_later", Kind::Quick, signalledLater},
    {"semaphore.signalled_one_by_one", Kind::Quick, signalledOneByOne},
    {"semaphore.ping_pong", Kind::Quick, pingPong},
    {"semaphore.idle_behind_wait", Kind::Quick, idleBehindWait},
    {"semaphore.waited_any", Kind::Quick, waitedAny},
    {"semaphore.polled", Kind::Quick, polled},
};

}  // namespace

Cases semaphoreCases() { return kCases; }

}  // namespace semantics
