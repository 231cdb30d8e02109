// SPDX-License-Identifier: Apache-2.0
// Events and barriers between dispatches.
#include "chain.h"
#include "suite.h"

namespace semantics {

namespace {

constexpr VkMemoryBarrier kShaderToShader{.sType = VK_STRUCTURE_TYPE_MEMORY_BARRIER,
                                          .srcAccessMask = VK_ACCESS_SHADER_WRITE_BIT,
                                          .dstAccessMask = VK_ACCESS_SHADER_READ_BIT | VK_ACCESS_SHADER_WRITE_BIT};

// Orders waits, resets and the next set of one event.
void fullBarrier(VkCommandBuffer commands) {
  vkCmdPipelineBarrier(commands, VK_PIPELINE_STAGE_ALL_COMMANDS_BIT, VK_PIPELINE_STAGE_ALL_COMMANDS_BIT, 0, 0, nullptr,
                       0, nullptr, 0, nullptr);
}

void setAndWaited(Run& run) {
  Chain chain(run.gpu);
  Chain unrelated(run.gpu);
  const Event event = makeEvent(run.gpu);
  Recording commands(run.gpu);
  for (std::uint32_t i = 0; i < 10; ++i) {
    chain.prepare(commands);
    chain.step(commands, i);
    vkCmdSetEvent(commands, event, VK_PIPELINE_STAGE_COMPUTE_SHADER_BIT);
    unrelated.prepare(commands);
    unrelated.step(commands, i + 50);  // may run beside it
    vkCmdWaitEvents(commands, 1, event.address(), VK_PIPELINE_STAGE_COMPUTE_SHADER_BIT,
                    VK_PIPELINE_STAGE_COMPUTE_SHADER_BIT, 1, &kShaderToShader, 0, nullptr, 0, nullptr);
    fullBarrier(commands);
    vkCmdResetEvent(commands, event, VK_PIPELINE_STAGE_COMPUTE_SHADER_BIT);
    fullBarrier(commands);
    chain.expect(1, i);
    unrelated.expect(1, i + 50);
  }
  commands.run();
  chain.verify(run);
  unrelated.verify(run);
  same(static_cast<std::uint32_t>(vkGetEventStatus(run.gpu.device(), event)), VK_EVENT_RESET, "the event");
}

void setAndWaited2(Run& run) {
  if (run.gpu.features().v13.synchronization2 == VK_FALSE) throw Skip{"the driver has no synchronization2"};
  Chain chain(run.gpu);
  const std::array<Event, 2> events{makeEvent(run.gpu), makeEvent(run.gpu)};
  const VkMemoryBarrier2 memory{.sType = VK_STRUCTURE_TYPE_MEMORY_BARRIER_2,
                                .srcStageMask = VK_PIPELINE_STAGE_2_COMPUTE_SHADER_BIT,
                                .srcAccessMask = VK_ACCESS_2_SHADER_WRITE_BIT,
                                .dstStageMask = VK_PIPELINE_STAGE_2_COMPUTE_SHADER_BIT,
                                .dstAccessMask = VK_ACCESS_2_SHADER_READ_BIT | VK_ACCESS_2_SHADER_WRITE_BIT};
  const VkDependencyInfo dependency{
      .sType = VK_STRUCTURE_TYPE_DEPENDENCY_INFO, .memoryBarrierCount = 1, .pMemoryBarriers = &memory};
  const VkMemoryBarrier2 everything{.sType = VK_STRUCTURE_TYPE_MEMORY_BARRIER_2,
                                    .srcStageMask = VK_PIPELINE_STAGE_2_ALL_COMMANDS_BIT,
                                    .dstStageMask = VK_PIPELINE_STAGE_2_ALL_COMMANDS_BIT};
  const VkDependencyInfo full{
      .sType = VK_STRUCTURE_TYPE_DEPENDENCY_INFO, .memoryBarrierCount = 1, .pMemoryBarriers = &everything};
  Recording commands(run.gpu);
  chain.prepare(commands);
  for (std::uint32_t i = 0; i < 8; ++i) {
    const VkEvent event = events[i % 2];
    chain.step(commands, i);
    vkCmdSetEvent2(commands, event, &dependency);
    vkCmdWaitEvents2(commands, 1, &event, &dependency);
    fullBarrier(commands);
    vkCmdResetEvent2(commands, event, VK_PIPELINE_STAGE_2_COMPUTE_SHADER_BIT);
    vkCmdPipelineBarrier2(commands, &full);
    chain.expect(1, i);
  }
  commands.run();
  chain.verify(run);
}

// So many steps of the chain, behind which the event is set.
void recordSetter(VkCommandBuffer setter, const Chain& chain, VkEvent event, std::uint32_t steps, std::uint32_t add) {
  begin(setter);
  chain.record(setter, steps, add);
  vkCmdSetEvent(setter, event, VK_PIPELINE_STAGE_COMPUTE_SHADER_BIT);
  end(setter);
}

// Set in one submission, waited for in the next; then read and reset by the host.
void acrossSubmissions(Run& run) {
  Chain chain(run.gpu);
  const Event event = makeEvent(run.gpu);
  const CommandPool pool = makePool(run.gpu);
  VkCommandBuffer setter = allocate(run.gpu, pool);
  recordSetter(setter, chain, event, 5, 3);
  VkCommandBuffer waiter = allocate(run.gpu, pool);
  begin(waiter);
  vkCmdWaitEvents(waiter, 1, event.address(), VK_PIPELINE_STAGE_COMPUTE_SHADER_BIT,
                  VK_PIPELINE_STAGE_COMPUTE_SHADER_BIT, 1, &kShaderToShader, 0, nullptr, 0, nullptr);
  chain.record(waiter, 5, 4);
  end(waiter);
  for (int round = 0; round < 3; ++round) {
    submit(run.gpu, setter);
    submitAndWait(run.gpu, waiter);
    chain.expect(5, 3);
    chain.expect(5, 4);
    check(vkGetEventStatus(run.gpu.device(), event) == VK_EVENT_SET, "the event is not set");
    require(vkResetEvent(run.gpu.device(), event), "vkResetEvent");
    check(vkGetEventStatus(run.gpu.device(), event) == VK_EVENT_RESET, "the event is not reset");
  }
  chain.verify(run);
}

void setByTheHost(Run& run) {
  Chain chain(run.gpu);
  const Event event = makeEvent(run.gpu);
  require(vkSetEvent(run.gpu.device(), event), "vkSetEvent");
  Recording commands(run.gpu);
  chain.record(commands, 3, 1);
  const VkMemoryBarrier host{.sType = VK_STRUCTURE_TYPE_MEMORY_BARRIER,
                             .srcAccessMask = VK_ACCESS_HOST_WRITE_BIT,
                             .dstAccessMask = VK_ACCESS_SHADER_READ_BIT};
  vkCmdWaitEvents(commands, 1, event.address(), VK_PIPELINE_STAGE_HOST_BIT, VK_PIPELINE_STAGE_COMPUTE_SHADER_BIT, 1,
                  &host, 0, nullptr, 0, nullptr);
  chain.record(commands, 3, 2);
  commands.run();
  chain.expect(3, 1);
  chain.expect(3, 2);
  chain.verify(run);
}

// A program that asks again and again whether the GPU has come to some point.
void polled(Run& run) {
  Chain chain(run.gpu);
  const Event event = makeEvent(run.gpu);
  const CommandPool pool = makePool(run.gpu);
  VkCommandBuffer commands = allocate(run.gpu, pool);
  recordSetter(commands, chain, event, 20, 6);
  const Fence fence = makeFence(run.gpu);
  submit(run.gpu, commands, fence);
  while (vkGetEventStatus(run.gpu.device(), event) == VK_EVENT_RESET) {
  }
  wait(run.gpu, fence);
  chain.expect(20, 6);
  chain.verify(run);
}

// Between dispatches that write and read parts of one buffer.
void bufferBarriers(Run& run) {
  Chain chain(run.gpu);
  Recording commands(run.gpu);
  chain.prepare(commands);
  const VkBufferMemoryBarrier whole{.sType = VK_STRUCTURE_TYPE_BUFFER_MEMORY_BARRIER,
                                    .srcAccessMask = VK_ACCESS_SHADER_WRITE_BIT,
                                    .dstAccessMask = VK_ACCESS_SHADER_READ_BIT | VK_ACCESS_SHADER_WRITE_BIT,
                                    .srcQueueFamilyIndex = VK_QUEUE_FAMILY_IGNORED,
                                    .dstQueueFamilyIndex = VK_QUEUE_FAMILY_IGNORED,
                                    .buffer = chain.values(),
                                    .size = VK_WHOLE_SIZE};
  for (std::uint32_t i = 0; i < 12; ++i) {
    chain.step(commands, i);
    vkCmdPipelineBarrier(commands, VK_PIPELINE_STAGE_COMPUTE_SHADER_BIT, VK_PIPELINE_STAGE_COMPUTE_SHADER_BIT, 0, 0,
                         nullptr, 1, &whole, 0, nullptr);
    chain.expect(1, i);
  }
  commands.run();
  chain.verify(run);
}

constexpr Case kCases[] = {
    {"event.set_and_waited", Kind::Quick, setAndWaited},
    {"event.set_and_waited_2", Kind::Quick, setAndWaited2},
    {"event.across_submissions", Kind::Quick, acrossSubmissions},
    {"event.set_by_the_host", Kind::Quick, setByTheHost},
    {"event.polled", Kind::Quick, polled},
    {"event.buffer_barriers", Kind::Quick, bufferBarriers},
};

}  // namespace

Cases eventCases() { return kCases; }

}  // namespace semantics
