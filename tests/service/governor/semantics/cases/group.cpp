// SPDX-License-Identifier: Apache-2.0
// What work groups do among themselves and with each other: shared memory, subgroups, atomics, waiting.
#include "commands.h"
#include "kernels.h"
#include "suite.h"

namespace semantics {

namespace {

void sums(Run& run, std::span<const std::uint32_t> code) {
  constexpr std::uint32_t kGroups = 96;
  const Kernel kernel(run.gpu, code, 2);
  const Buffer in(run.gpu, kGroups * 64);
  const Buffer out(run.gpu, kGroups);
  for (std::uint32_t i = 0; i < kGroups * 64; ++i) in[i] = i * 2654435761U;
  const DescriptorSet set(run.gpu, kernel.setLayout(), {in, out});
  Recording commands(run.gpu);
  bind(commands, kernel, set);
  vkCmdDispatch(commands, kGroups, 1, 1);
  commands.run();
  for (std::uint32_t group = 0; group < kGroups; ++group) {
    std::uint32_t wanted = 0;
    for (std::uint32_t i = 0; i < 64; ++i) wanted += in[group * 64 + i];
    same(out[group], wanted, "sum " + std::to_string(group));
  }
  run.digest.add(out.words());
}

void sharedMemory(Run& run) { sums(run, kernels::kReduce); }

void subgroups(Run& run) {
  VkPhysicalDeviceSubgroupProperties subgroup{.sType = VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_SUBGROUP_PROPERTIES};
  VkPhysicalDeviceProperties2 properties{.sType = VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_PROPERTIES_2, .pNext = &subgroup};
  vkGetPhysicalDeviceProperties2(run.gpu.physical(), &properties);
  if ((subgroup.supportedOperations & VK_SUBGROUP_FEATURE_ARITHMETIC_BIT) == 0) {
    throw Skip{"the driver's subgroups do no arithmetic"};
  }
  sums(run, kernels::kSubgroup);
}

void tickets(Run& run) {
  constexpr std::uint32_t kGroups = 700;
  const Kernel kernel(run.gpu, kernels::kCountUp, 1);
  const Buffer taken(run.gpu, kGroups + 1);
  const DescriptorSet set(run.gpu, kernel.setLayout(), {taken});
  Recording commands(run.gpu);
  bind(commands, kernel, set);
  vkCmdDispatch(commands, 10, 70, 1);
  commands.run();
  same(taken[0], kGroups, "tickets");
  for (std::uint32_t i = 1; i <= kGroups; ++i) same(taken[i], 1, "holders of ticket " + std::to_string(i));
  run.digest.add(taken.words());
}

void lastBlock(Run& run, const Kernel& kernel, bool told) {
  constexpr std::uint32_t kGroups = 150;
  const Buffer parts(run.gpu, kGroups + 2);
  const DescriptorSet set(run.gpu, kernel.setLayout(), {parts});
  Recording commands(run.gpu);
  bind(commands, kernel, set);
  if (told) push(commands, kernel.layout(), kGroups);
  vkCmdDispatch(commands, kGroups, 1, 1);
  commands.run();
  same(parts[0], kGroups, "groups that were done");
  same(parts[1], kGroups * (kGroups - 1) / 2 * 7 + kGroups * 3, "the last one's sum");
  run.digest.add(parts.words());
}

void lastBlockTold(Run& run) { lastBlock(run, Kernel(run.gpu, kernels::kLastBlock, 1, 4), true); }
void lastBlockCounted(Run& run) { lastBlock(run, Kernel(run.gpu, kernels::kLastBlockCounted, 1), false); }

void spin(Run& run) {
  constexpr std::uint32_t kGroups = 64;
  const Kernel kernel(run.gpu, kernels::kSpin, 1);
  const Buffer chain(run.gpu, kGroups + 2);
  const DescriptorSet set(run.gpu, kernel.setLayout(), {chain});
  Recording commands(run.gpu);
  bind(commands, kernel, set);
  vkCmdDispatch(commands, kGroups, 1, 1);
  commands.run();
  same(chain[1], 0, "groups that waited in vain");
  for (std::uint32_t i = 0; i < kGroups; ++i) same(chain[i + 2], (i + 1) * (i + 2) / 2, "sum " + std::to_string(i));
  run.digest.add(chain.words());
}

constexpr Case kCases[] = {
    {"group.shared_memory", Kind::Quick, sharedMemory},
    {"group.subgroups", Kind::Quick, subgroups},
    {"group.tickets", Kind::Quick, tickets},
    {"group.last_block_told", Kind::Quick, lastBlockTold},
    {"group.last_block_counted", Kind::Quick, lastBlockCounted},
    {"group.spin", Kind::Quick, spin},
};

}  // namespace

Cases groupCases() { return kCases; }

}  // namespace semantics
