// SPDX-License-Identifier: Apache-2.0
// Which work groups run, and what they are told about themselves.
#include "commands.h"
#include "kernels.h"
#include "suite.h"

namespace semantics {

namespace {

std::uint32_t mixed(std::uint32_t value) { return value ^ (value >> 15); }

// What cover.comp adds up for one work group.
std::uint32_t coverSum(Groups group) {
  std::uint32_t sum = 0;
  for (std::uint32_t i = 0; i < 16; ++i) {
    const Groups global{group.x * 4 + i % 4, group.y * 2 + (i / 4) % 2, group.z * 2 + i / 8};
    sum += mixed(global.x * 2654435761U + global.y * 40503U + global.z * 2246822519U + i);
  }
  return sum;
}

// Work groups of `extent`, and what is expected of each: run once or left out.
class Cover {
public:
  Cover(const Gpu& gpu, Groups extent, VkPipelineCreateFlags flags = 0)
      : m_extent(extent),
        m_kernel(gpu, kernels::kCover, 2, 12, {.flags = flags}),
        m_counts(gpu, std::size_t{extent.x} * extent.y * extent.z + 1),
        m_sums(gpu, std::size_t{extent.x} * extent.y * extent.z),
        m_set(gpu, m_kernel.setLayout(), {m_counts, m_sums}) {}
  void prepare(VkCommandBuffer commands) const {
    bind(commands, m_kernel, m_set);
    push(commands, m_kernel.layout(), m_extent);
  }
  // Each group within [base, base + count) ran `times`, the others never.
  void verify(Run& run, Groups base, Groups count, std::uint32_t times = 1) const {
    same(m_counts[m_counts.words().size() - 1], 0, "groups outside");
    for (std::uint32_t at = 0; at < m_sums.words().size(); ++at) {
      const Groups group{at % m_extent.x, (at / m_extent.x) % m_extent.y, at / m_extent.x / m_extent.y};
      const bool inside = group.x - base.x < count.x && group.y - base.y < count.y && group.z - base.z < count.z;
      same(m_counts[at], inside ? times : 0, "runs of group " + std::to_string(at));
      same(m_sums[at], inside ? times * coverSum(group) : 0, "sum of group " + std::to_string(at));
    }
    run.digest.add(m_sums.words());
  }

private:
  Groups m_extent;
  Kernel m_kernel;
  Buffer m_counts;
  Buffer m_sums;
  DescriptorSet m_set;
};

void coverAll(Run& run, Groups groups) {
  const Cover cover(run.gpu, groups);
  Recording commands(run.gpu);
  cover.prepare(commands);
  vkCmdDispatch(commands, groups.x, groups.y, groups.z);
  commands.run();
  cover.verify(run, {0, 0, 0}, groups);
}

void longX(Run& run) { coverAll(run, {2048, 1, 1}); }
void longY(Run& run) { coverAll(run, {1, 1531, 1}); }
void longZ(Run& run) { coverAll(run, {1, 1, 1024}); }
void allAxes(Run& run) { coverAll(run, {13, 11, 17}); }
void oneGroup(Run& run) { coverAll(run, {1, 1, 1}); }

void longest(Run& run) {
  const auto& limits = run.gpu.properties().limits;
  coverAll(run, {std::min(limits.maxComputeWorkGroupCount[0], 65535U), 1, 1});
}

// Eighty steps, each of which needs the one before.
void chain(Run& run) {
  const Kernel kernel(run.gpu, kernels::kStep, 1, 8);
  constexpr std::uint32_t kCount = 1000;
  const Buffer values(run.gpu, kCount);
  for (std::uint32_t i = 0; i < kCount; ++i) values[i] = i;
  const DescriptorSet set(run.gpu, kernel.setLayout(), {values});
  Recording commands(run.gpu);
  bind(commands, kernel, set);
  for (std::uint32_t step = 0; step < 80; ++step) {
    push(commands, kernel.layout(), std::array<std::uint32_t, 2>{kCount, step * 3});
    vkCmdDispatch(commands, (kCount + 63) / 64, 1, 1);
    barrier(commands);
  }
  commands.run();
  for (std::uint32_t i = 0; i < kCount; ++i) {
    std::uint32_t wanted = i;
    for (std::uint32_t step = 0; step < 80; ++step) wanted = wanted * 1664525U + step * 3;
    same(values[i], wanted, "value " + std::to_string(i));
  }
  run.digest.add(values.words());
}

// AXES 0..2: one component; 3: all; 4: one that only the GPU knows.
void readsCount(Run& run, std::span<const std::uint32_t> code, std::uint32_t axes) {
  constexpr Groups kGroups{12, 7, 5};
  constexpr std::array<std::uint32_t, 3> kSizes{kGroups.x, kGroups.y, kGroups.z};
  const Kernel kernel(run.gpu, code, 1, 8);
  const Buffer seen(run.gpu, std::size_t{kGroups.x} * kGroups.y * kGroups.z);
  const DescriptorSet set(run.gpu, kernel.setLayout(), {seen});
  Recording commands(run.gpu);
  bind(commands, kernel, set);
  push(commands, kernel.layout(), std::array<std::uint32_t, 2>{kGroups.x, kGroups.y});
  vkCmdDispatch(commands, kGroups.x, kGroups.y, kGroups.z);
  commands.run();
  for (std::uint32_t at = 0; at < seen.words().size(); ++at) {
    std::uint32_t wanted = kGroups.x * 10000 + kGroups.y * 100 + kGroups.z;
    if (axes < 3) wanted = kSizes[axes];
    if (axes == 4) wanted = kSizes[at % 3];
    same(seen[at], wanted, "seen by group " + std::to_string(at));
  }
  run.digest.add(seen.words());
}

void readsX(Run& run) { readsCount(run, kernels::kCounts0, 0); }
void readsY(Run& run) { readsCount(run, kernels::kCounts1, 1); }
void readsZ(Run& run) { readsCount(run, kernels::kCounts2, 2); }
void readsAll(Run& run) { readsCount(run, kernels::kCounts3, 3); }
void readsAny(Run& run) { readsCount(run, kernels::kCounts4, 4); }

void withBase(Run& run) {
  const Cover cover(run.gpu, {20, 9, 8}, VK_PIPELINE_CREATE_DISPATCH_BASE_BIT);
  Recording commands(run.gpu);
  cover.prepare(commands);
  vkCmdDispatchBase(commands, 3, 2, 1, 15, 6, 5);
  commands.run();
  cover.verify(run, {3, 2, 1}, {15, 6, 5});
}

// A dispatch put together from parts by the program itself.
void inParts(Run& run) {
  const Cover cover(run.gpu, {16, 8, 4}, VK_PIPELINE_CREATE_DISPATCH_BASE_BIT);
  Recording commands(run.gpu);
  cover.prepare(commands);
  for (std::uint32_t x = 0; x < 16; x += 4) {
    vkCmdDispatchBase(commands, x, 0, 0, 4, 5, 4);
    vkCmdDispatchBase(commands, x, 5, 0, 4, 3, 4);
  }
  commands.run();
  cover.verify(run, {0, 0, 0}, {16, 8, 4});
}

void indirect(Run& run) {
  const Cover cover(run.gpu, {9, 10, 11});
  const Buffer sizes(run.gpu, 16);
  sizes[4] = 9;
  sizes[5] = 10;
  sizes[6] = 11;
  Recording commands(run.gpu);
  cover.prepare(commands);
  vkCmdDispatchIndirect(commands, sizes, 16);
  commands.run();
  cover.verify(run, {0, 0, 0}, {9, 10, 11});
}

// The size comes from the dispatch before it.
void indirectFromGpu(Run& run) {
  const Cover cover(run.gpu, {6, 7, 8});
  const Kernel writer(run.gpu, kernels::kArguments, 1, 12);
  const Buffer sizes(run.gpu, 16);
  const DescriptorSet set(run.gpu, writer.setLayout(), {sizes});
  Recording commands(run.gpu);
  bind(commands, writer, set);
  push(commands, writer.layout(), Groups{6, 7, 8});
  vkCmdDispatch(commands, 1, 1, 1);
  barrier(commands);
  cover.prepare(commands);
  vkCmdDispatchIndirect(commands, sizes, 16);
  commands.run();
  cover.verify(run, {0, 0, 0}, {6, 7, 8});
}

void nothing(Run& run) {
  const Cover cover(run.gpu, {4, 4, 4}, VK_PIPELINE_CREATE_DISPATCH_BASE_BIT);
  const Buffer sizes(run.gpu, 4);
  Recording commands(run.gpu);
  cover.prepare(commands);
  vkCmdDispatch(commands, 0, 1, 1);
  vkCmdDispatch(commands, 4, 0, 4);
  vkCmdDispatch(commands, 4, 4, 0);
  vkCmdDispatch(commands, 0, 0, 0);
  vkCmdDispatchBase(commands, 2, 2, 2, 0, 1, 1);
  vkCmdDispatchIndirect(commands, sizes, 0);
  commands.run();
  cover.verify(run, {0, 0, 0}, {0, 0, 0});
}

void withoutWork(Run& run) {
  Recording commands(run.gpu);
  commands.run();
  run.digest.add(1);
}

constexpr Case kCases[] = {
    {"dispatch.long_x", Kind::Quick, longX},
    {"dispatch.long_y", Kind::Quick, longY},
    {"dispatch.long_z", Kind::Quick, longZ},
    {"dispatch.all_axes", Kind::Quick, allAxes},
    {"dispatch.one_group", Kind::Quick, oneGroup},
    {"dispatch.longest", Kind::Full, longest},
    {"dispatch.chain", Kind::Quick, chain},
    {"dispatch.reads_count_x", Kind::Quick, readsX},
    {"dispatch.reads_count_y", Kind::Quick, readsY},
    {"dispatch.reads_count_z", Kind::Quick, readsZ},
    {"dispatch.reads_count_all", Kind::Quick, readsAll},
    {"dispatch.reads_count_any", Kind::Quick, readsAny},
    {"dispatch.with_base", Kind::Quick, withBase},
    {"dispatch.in_parts", Kind::Quick, inParts},
    {"dispatch.indirect", Kind::Quick, indirect},
    {"dispatch.indirect_from_gpu", Kind::Quick, indirectFromGpu},
    {"dispatch.nothing", Kind::Quick, nothing},
    {"dispatch.without_work", Kind::Quick, withoutWork},
};

}  // namespace

Cases dispatchCases() { return kCases; }

}  // namespace semantics
