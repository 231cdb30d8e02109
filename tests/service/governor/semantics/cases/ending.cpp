// SPDX-License-Identifier: Apache-2.0
// Ways to leave: each of these has a process of its own.
#include "chain.h"
#include "kernels.h"
#include "suite.h"

#include <unistd.h>

#include <atomic>
#include <cstdlib>
#include <memory>
#include <thread>

namespace semantics {

namespace {

// Submits work for some tens of milliseconds and does not wait for it. What it needs is never destroyed.
struct Pending {
  explicit Pending(const Gpu& gpu)
      : kernel(gpu, kernels::kBurn, 1, 4),
        out(gpu, 64 * 64),
        set(gpu, kernel.setLayout(), {out}),
        pool(makePool(gpu)),
        commands(allocate(gpu, pool)) {
    begin(commands, VK_COMMAND_BUFFER_USAGE_SIMULTANEOUS_USE_BIT);
    bind(commands, kernel, set);
    push(commands, kernel.layout(), 20'000U);
    for (int i = 0; i < 4; ++i) {
      vkCmdDispatch(commands, 64, 1, 1);
      barrier(commands);
    }
    end(commands);
  }
  Kernel kernel;
  Buffer out;
  DescriptorSet set;
  CommandPool pool;
  VkCommandBuffer commands;
};

void orderly(Run& run) {
  Chain chain(run.gpu);
  Recording commands(run.gpu);
  chain.record(commands, 10, 1);
  commands.run();
  chain.expect(10, 1);
  chain.verify(run);
  announceEnd(run, 0);
}

[[noreturn]] void leave(Run& run, int status) {
  announceEnd(run, status);
  std::exit(status);
}

// exit() after the work is done; nothing is destroyed.
void withoutDestroying(Run& run) {
  auto* chain = new Chain(run.gpu);
  auto* commands = new Recording(run.gpu);
  chain->record(*commands, 10, 1);
  commands->run();
  chain->expect(10, 1);
  chain->verify(run);
  leave(run, 3);
}

void whilePending(Run& run) {
  auto* pending = new Pending(run.gpu);
  submit(run.gpu, pending->commands);
  leave(run, 4);
}

void whilePendingAtOnce(Run& run) {
  auto* pending = new Pending(run.gpu);
  submit(run.gpu, pending->commands);
  announceEnd(run, 5);
  ::_exit(5);
}

void quickly(Run& run) {
  auto* pending = new Pending(run.gpu);
  submit(run.gpu, pending->commands);
  announceEnd(run, 6);
  std::quick_exit(6);
}

// Another thread goes on submitting while this one leaves.
void whileSubmitting(Run& run) {
  auto* pending = new Pending(run.gpu);
  auto* first = new Fence(makeFence(run.gpu));
  submit(run.gpu, pending->commands, *first);
  std::thread([&run, pending] {
    for (;;) submit(run.gpu, pending->commands);
  }).detach();
  wait(run.gpu, *first);
  announceEnd(run, 7);
  ::_exit(7);
}

// Another thread waits for a fence that never comes.
void whileWaiting(Run& run) {
  auto* fence = new Fence(makeFence(run.gpu));
  std::atomic<bool> begun{false};
  std::thread([&, fence] {
    begun = true;
    begun.notify_one();
    wait(run.gpu, *fence);
  }).detach();
  begun.wait(false);
  auto* pending = new Pending(run.gpu);
  submit(run.gpu, pending->commands);
  leave(run, 8);
}

// Work that waits for a value which nobody will ever signal.
void whileWorkWaits(Run& run) {
  auto* chain = new Chain(run.gpu);
  auto* pool = new CommandPool(makePool(run.gpu));
  auto* line = new Semaphore(makeTimeline(run.gpu));
  VkCommandBuffer commands = allocate(run.gpu, *pool);
  begin(commands);
  chain->record(commands, 5, 1);
  end(commands);
  const std::uint64_t never = 7;
  const VkPipelineStageFlags stage = VK_PIPELINE_STAGE_COMPUTE_SHADER_BIT;
  const VkTimelineSemaphoreSubmitInfo values{.sType = VK_STRUCTURE_TYPE_TIMELINE_SEMAPHORE_SUBMIT_INFO,
                                             .waitSemaphoreValueCount = 1,
                                             .pWaitSemaphoreValues = &never};
  const VkSubmitInfo info{.sType = VK_STRUCTURE_TYPE_SUBMIT_INFO,
                          .pNext = &values,
                          .waitSemaphoreCount = 1,
                          .pWaitSemaphores = line->address(),
                          .pWaitDstStageMask = &stage,
                          .commandBufferCount = 1,
                          .pCommandBuffers = &commands};
  require(vkQueueSubmit(run.gpu.queue(), 1, &info, VK_NULL_HANDLE), "vkQueueSubmit");
  leave(run, 9);
}

// Objects with static life destroy device and instance when main has long returned, as in many C++ programs.
struct Late {
  Instance instance;
  Gpu gpu{instance};
};
std::unique_ptr<Late>& late() {
  static std::unique_ptr<Late> held;
  return held;
}

void afterMain(Run& run) {
  late() = std::make_unique<Late>();
  const Gpu& gpu = late()->gpu;
  Chain chain(gpu);
  Recording commands(gpu);
  chain.record(commands, 10, 2);
  commands.run();
  chain.expect(10, 2);
  chain.verify(run);
  announceEnd(run, 0);
}

constexpr Case kCases[] = {
    {"ending.orderly", Kind::Ending, orderly},
    {"ending.without_destroying", Kind::Ending, withoutDestroying},
    {"ending.while_pending", Kind::Ending, whilePending},
    {"ending.while_pending_at_once", Kind::Ending, whilePendingAtOnce},
    {"ending.quickly", Kind::Ending, quickly},
    {"ending.while_submitting", Kind::Ending, whileSubmitting},
    {"ending.while_waiting", Kind::Ending, whileWaiting},
    {"ending.while_work_waits", Kind::Ending, whileWorkWaits},
    {"ending.after_main", Kind::Ending, afterMain},
};

}  // namespace

Cases endingCases() { return kCases; }

}  // namespace semantics
