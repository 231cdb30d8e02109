// SPDX-License-Identifier: Apache-2.0
// Secondary command buffers: recorded once, executed by primary ones.
#include "chain.h"
#include "suite.h"

namespace semantics {

namespace {

// Computes for the chain in a secondary buffer of its own.
VkCommandBuffer secondary(Run& run, VkCommandPool pool, const Chain& chain, std::uint32_t add) {
  VkCommandBuffer commands = allocate(run.gpu, pool, VK_COMMAND_BUFFER_LEVEL_SECONDARY);
  beginSecondary(commands, VK_COMMAND_BUFFER_USAGE_SIMULTANEOUS_USE_BIT);
  chain.record(commands, 4, add);
  end(commands);
  return commands;
}

void executed(Run& run) {
  Chain chain(run.gpu);
  const CommandPool pool = makePool(run.gpu);
  const std::array<VkCommandBuffer, 2> inner{secondary(run, pool, chain, 5), secondary(run, pool, chain, 6)};
  VkCommandBuffer outer = allocate(run.gpu, pool);
  begin(outer, VK_COMMAND_BUFFER_USAGE_SIMULTANEOUS_USE_BIT);
  vkCmdExecuteCommands(outer, 2, inner.data());
  vkCmdExecuteCommands(outer, 1, inner.data());
  end(outer);
  submit(run.gpu, outer);
  submitAndWait(run.gpu, outer);
  for (int i = 0; i < 2; ++i) {
    chain.expect(4, 5);
    chain.expect(4, 6);
    chain.expect(4, 5);
  }
  chain.verify(run);
}

// After the secondary ones state is undefined: the primary one binds everything again.
void betweenOwnWork(Run& run) {
  Chain chain(run.gpu);
  Chain other(run.gpu);
  const CommandPool pool = makePool(run.gpu);
  VkCommandBuffer inner = secondary(run, pool, other, 8);
  VkCommandBuffer outer = allocate(run.gpu, pool);
  begin(outer);
  for (std::uint32_t i = 0; i < 4; ++i) {
    chain.record(outer, 3, i);
    chain.expect(3, i);
    vkCmdExecuteCommands(outer, 1, &inner);
    other.expect(4, 8);
  }
  chain.record(outer, 2, 9);
  chain.expect(2, 9);
  end(outer);
  submitAndWait(run.gpu, outer);
  chain.verify(run);
  other.verify(run);
}

// From another pool, recorded anew between submissions of the primary one that executes it.
void recordedAnew(Run& run) {
  Chain chain(run.gpu);
  const CommandPool innerPool = makePool(run.gpu, VK_COMMAND_POOL_CREATE_RESET_COMMAND_BUFFER_BIT);
  const CommandPool outerPool = makePool(run.gpu, VK_COMMAND_POOL_CREATE_RESET_COMMAND_BUFFER_BIT);
  VkCommandBuffer inner = allocate(run.gpu, innerPool, VK_COMMAND_BUFFER_LEVEL_SECONDARY);
  VkCommandBuffer outer = allocate(run.gpu, outerPool);
  for (std::uint32_t round = 0; round < 5; ++round) {
    beginSecondary(inner, VK_COMMAND_BUFFER_USAGE_ONE_TIME_SUBMIT_BIT);
    chain.record(inner, 2 + round, round);
    end(inner);
    begin(outer, VK_COMMAND_BUFFER_USAGE_ONE_TIME_SUBMIT_BIT);
    vkCmdExecuteCommands(outer, 1, &inner);
    end(outer);
    submitAndWait(run.gpu, outer);
    chain.expect(2 + round, round);
  }
  chain.verify(run);
}

constexpr Case kCases[] = {
    {"secondary.executed", Kind::Quick, executed},
    {"secondary.between_own_work", Kind::Quick, betweenOwnWork},
    {"secondary.recorded_anew", Kind::Quick, recordedAnew},
};

}  // namespace

Cases secondaryCases() { return kCases; }

}  // namespace semantics
