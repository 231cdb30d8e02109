// SPDX-License-Identifier: Apache-2.0
// The life of command buffers: recorded, submitted again, reset, thrown away.
#include "chain.h"
#include "suite.h"

namespace semantics {

namespace {

void submittedAgain(Run& run) {
  Chain chain(run.gpu);
  const CommandPool pool = makePool(run.gpu);
  VkCommandBuffer commands = allocate(run.gpu, pool);
  begin(commands);
  chain.record(commands, 5, 3);
  end(commands);
  for (int i = 0; i < 25; ++i) {
    submitAndWait(run.gpu, commands);
    chain.expect(5, 3);
  }
  chain.verify(run);
}

// Pending several times at once, and several times in one submission.
void simultaneous(Run& run) {
  Chain chain(run.gpu);
  const CommandPool pool = makePool(run.gpu);
  VkCommandBuffer commands = allocate(run.gpu, pool);
  begin(commands, VK_COMMAND_BUFFER_USAGE_SIMULTANEOUS_USE_BIT);
  chain.record(commands, 4, 11);
  end(commands);
  for (int i = 0; i < 6; ++i) submit(run.gpu, commands);
  const std::array<VkCommandBuffer, 3> thrice{commands, commands, commands};
  const VkSubmitInfo info{
      .sType = VK_STRUCTURE_TYPE_SUBMIT_INFO, .commandBufferCount = 3, .pCommandBuffers = thrice.data()};
  const Fence fence = makeFence(run.gpu);
  require(vkQueueSubmit(run.gpu.queue(), 1, &info, fence), "vkQueueSubmit");
  wait(run.gpu, fence);
  chain.expect(9 * 4, 11);
  chain.verify(run);
}

void recordedAnew(Run& run) {
  Chain chain(run.gpu);
  const CommandPool pool = makePool(run.gpu, VK_COMMAND_POOL_CREATE_RESET_COMMAND_BUFFER_BIT);
  VkCommandBuffer commands = allocate(run.gpu, pool);
  for (std::uint32_t round = 0; round < 8; ++round) {
    if (round % 2 == 1) {
      require(vkResetCommandBuffer(commands, round == 3 ? VK_COMMAND_BUFFER_RESET_RELEASE_RESOURCES_BIT : 0),
              "vkResetCommandBuffer");
    }
    begin(commands, VK_COMMAND_BUFFER_USAGE_ONE_TIME_SUBMIT_BIT);
    chain.record(commands, 1 + round, round);
    end(commands);
    submitAndWait(run.gpu, commands);
    chain.expect(1 + round, round);
  }
  chain.verify(run);
}

// A recording that nobody wants: reset, or its pool is, before it has ended or been submitted.
void abandoned(Run& run) {
  Chain chain(run.gpu);
  const CommandPool pool = makePool(run.gpu, VK_COMMAND_POOL_CREATE_RESET_COMMAND_BUFFER_BIT);
  VkCommandBuffer commands = allocate(run.gpu, pool);
  begin(commands);
  chain.record(commands, 20, 1);
  require(vkResetCommandBuffer(commands, 0), "vkResetCommandBuffer");
  begin(commands);
  chain.record(commands, 20, 2);
  require(vkResetCommandPool(run.gpu.device(), pool, 0), "vkResetCommandPool");
  begin(commands);
  chain.record(commands, 20, 4);
  end(commands);
  begin(commands);  // resets it
  chain.record(commands, 7, 5);
  end(commands);
  submitAndWait(run.gpu, commands);
  chain.expect(7, 5);
  chain.verify(run);
}

void poolReset(Run& run) {
  Chain chain(run.gpu);
  const CommandPool pool = makePool(run.gpu, VK_COMMAND_POOL_CREATE_TRANSIENT_BIT);
  const std::array<VkCommandBuffer, 3> all{allocate(run.gpu, pool), allocate(run.gpu, pool), allocate(run.gpu, pool)};
  for (std::uint32_t round = 0; round < 6; ++round) {
    for (VkCommandBuffer commands : all) {
      begin(commands, VK_COMMAND_BUFFER_USAGE_ONE_TIME_SUBMIT_BIT);
      chain.record(commands, 3, round);
      end(commands);
      submitAndWait(run.gpu, commands);
      chain.expect(3, round);
    }
    require(vkResetCommandPool(run.gpu.device(), pool, round == 2 ? VK_COMMAND_POOL_RESET_RELEASE_RESOURCES_BIT : 0),
            "vkResetCommandPool");
    if (round == 3) vkTrimCommandPool(run.gpu.device(), pool, 0);
  }
  chain.verify(run);
}

void freedInAnyOrder(Run& run) {
  Chain chain(run.gpu);
  const CommandPool pool = makePool(run.gpu);
  std::array<VkCommandBuffer, 8> all{};
  const VkCommandBufferAllocateInfo info{.sType = VK_STRUCTURE_TYPE_COMMAND_BUFFER_ALLOCATE_INFO,
                                         .commandPool = pool,
                                         .level = VK_COMMAND_BUFFER_LEVEL_PRIMARY,
                                         .commandBufferCount = 8};
  for (std::uint32_t round = 0; round < 3; ++round) {
    require(vkAllocateCommandBuffers(run.gpu.device(), &info, all.data()), "vkAllocateCommandBuffers");
    for (std::uint32_t i = 0; i < 8; ++i) {
      begin(all[i]);
      chain.record(all[i], 2, i);
      if (i == 5) continue;  // freed while it is being recorded
      end(all[i]);
      if (i == 6) continue;  // freed without ever having been submitted
      submitAndWait(run.gpu, all[i]);
      chain.expect(2, i);
    }
    const std::array<VkCommandBuffer, 3> some{all[3], VK_NULL_HANDLE, all[0]};
    vkFreeCommandBuffers(run.gpu.device(), pool, 3, some.data());
    for (const std::uint32_t i : {7U, 1U, 6U, 5U, 2U, 4U}) vkFreeCommandBuffers(run.gpu.device(), pool, 1, &all[i]);
  }
  chain.verify(run);
}

void poolDestroyedWithBuffers(Run& run) {
  Chain chain(run.gpu);
  for (std::uint32_t round = 0; round < 5; ++round) {
    const CommandPool pool = makePool(run.gpu);
    VkCommandBuffer commands = allocate(run.gpu, pool);
    begin(commands);
    chain.record(commands, 4, round);
    end(commands);
    VkCommandBuffer unfinished = allocate(run.gpu, pool);
    begin(unfinished);
    chain.record(unfinished, 4, 77);
    submitAndWait(run.gpu, commands);
    chain.expect(4, round);
  }
  chain.verify(run);
}

void emptyBuffers(Run& run) {
  Chain chain(run.gpu);
  const CommandPool pool = makePool(run.gpu);
  std::array<VkCommandBuffer, 3> all{allocate(run.gpu, pool), allocate(run.gpu, pool), allocate(run.gpu, pool)};
  for (std::uint32_t i = 0; i < 3; ++i) {
    begin(all[i]);
    if (i == 1) chain.record(all[i], 6, 9);
    end(all[i]);
  }
  const VkSubmitInfo info{
      .sType = VK_STRUCTURE_TYPE_SUBMIT_INFO, .commandBufferCount = 3, .pCommandBuffers = all.data()};
  const Fence fence = makeFence(run.gpu);
  require(vkQueueSubmit(run.gpu.queue(), 1, &info, fence), "vkQueueSubmit");
  wait(run.gpu, fence);
  chain.expect(6, 9);
  chain.verify(run);
}

// Two recordings in turn, call by call.
void interleaved(Run& run) {
  Chain first(run.gpu);
  Chain second(run.gpu);
  const CommandPool pool = makePool(run.gpu);
  const std::array<VkCommandBuffer, 2> both{allocate(run.gpu, pool), allocate(run.gpu, pool)};
  begin(both[0]);
  begin(both[1]);
  first.prepare(both[0]);
  second.prepare(both[1]);
  for (std::uint32_t i = 0; i < 12; ++i) {
    first.step(both[0], i);
    second.step(both[1], 100 + i);
    barrier(both[1]);
    barrier(both[0]);
    first.expect(1, i);
    second.expect(1, 100 + i);
  }
  end(both[1]);
  end(both[0]);
  submitAndWait(run.gpu, both[1]);
  submitAndWait(run.gpu, both[0]);
  first.verify(run);
  second.verify(run);
}

// Names and labels, for those who watch with a debugger.
void labelled(Run& run) {
  if (!run.gpu.instance().isLabelling()) throw Skip{"no debug utilities"};
  const auto beginLabel = run.gpu.function<PFN_vkCmdBeginDebugUtilsLabelEXT>("vkCmdBeginDebugUtilsLabelEXT");
  const auto endLabel = run.gpu.function<PFN_vkCmdEndDebugUtilsLabelEXT>("vkCmdEndDebugUtilsLabelEXT");
  const auto insertLabel = run.gpu.function<PFN_vkCmdInsertDebugUtilsLabelEXT>("vkCmdInsertDebugUtilsLabelEXT");
  const auto nameObject = run.gpu.function<PFN_vkSetDebugUtilsObjectNameEXT>("vkSetDebugUtilsObjectNameEXT");
  const VkDebugUtilsLabelEXT label{.sType = VK_STRUCTURE_TYPE_DEBUG_UTILS_LABEL_EXT, .pLabelName = "a part"};
  Chain chain(run.gpu);
  Recording commands(run.gpu);
  const VkDebugUtilsObjectNameInfoEXT name{
      .sType = VK_STRUCTURE_TYPE_DEBUG_UTILS_OBJECT_NAME_INFO_EXT,
      .objectType = VK_OBJECT_TYPE_COMMAND_BUFFER,
      .objectHandle = reinterpret_cast<std::uint64_t>(static_cast<VkCommandBuffer>(commands)),
      .pObjectName = "labelled"};
  require(nameObject(run.gpu.device(), &name), "vkSetDebugUtilsObjectNameEXT");
  beginLabel(commands, &label);
  chain.prepare(commands);
  for (std::uint32_t i = 0; i < 6; ++i) {
    beginLabel(commands, &label);
    chain.step(commands, i);
    insertLabel(commands, &label);
    barrier(commands);
    endLabel(commands);
    chain.expect(1, i);
  }
  endLabel(commands);
  commands.run();
  chain.verify(run);
}

constexpr Case kCases[] = {
    {"recording.submitted_again", Kind::Quick, submittedAgain},
    {"recording.simultaneous", Kind::Quick, simultaneous},
    {"recording.recorded_anew", Kind::Quick, recordedAnew},
    {"recording.abandoned", Kind::Quick, abandoned},
    {"recording.pool_reset", Kind::Quick, poolReset},
    {"recording.freed_in_any_order", Kind::Quick, freedInAnyOrder},
    {"recording.pool_destroyed_with_buffers", Kind::Quick, poolDestroyedWithBuffers},
    {"recording.empty_buffers", Kind::Quick, emptyBuffers},
    {"recording.interleaved", Kind::Quick, interleaved},
    {"recording.labelled", Kind::Quick, labelled},
};

}  // namespace

Cases recordingCases() { return kCases; }

}  // namespace semantics
