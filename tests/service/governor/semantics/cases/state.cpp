// SPDX-License-Identifier: Apache-2.0
// State that was recorded once and must hold for every later dispatch: pipelines and descriptor sets.
#include "commands.h"
#include "kernels.h"
#include "suite.h"

namespace semantics {

namespace {

constexpr std::uint32_t kSlots = 24;

// Four sets of one buffer each, for sets.comp.
struct FourSets {
  explicit FourSets(const Gpu& gpu)
      : setLayout(makeSetLayout(gpu, 1)),
        layout(makeLayout(gpu, std::array<VkDescriptorSetLayout, 4>{setLayout, setLayout, setLayout, setLayout}, 4)),
        pipeline(makePipeline(gpu, layout, kernels::kSets)),
        a(gpu, kSlots),
        b(gpu, kSlots),
        c(gpu, kSlots),
        other(gpu, kSlots),
        out(gpu, kSlots),
        sets{DescriptorSet(gpu, setLayout, {a}), DescriptorSet(gpu, setLayout, {b}), DescriptorSet(gpu, setLayout, {c}),
             DescriptorSet(gpu, setLayout, {out}), DescriptorSet(gpu, setLayout, {other})} {
    for (std::uint32_t i = 0; i < kSlots; ++i) {
      a[i] = i + 1;
      b[i] = 10 * i + 2;
      c[i] = 100 * i + 3;
      other[i] = 5000 + i;
    }
  }
  void bindSet(VkCommandBuffer commands, std::uint32_t number, std::uint32_t which) const {
    vkCmdBindDescriptorSets(commands, VK_PIPELINE_BIND_POINT_COMPUTE, layout, number, 1, sets[which].address(), 0,
                            nullptr);
  }
  void dispatch(VkCommandBuffer commands, std::uint32_t slot) const {
    push(commands, layout, slot);
    vkCmdDispatch(commands, 1, 1, 1);
    barrier(commands);
  }
  SetLayout setLayout;
  PipelineLayout layout;
  Pipeline pipeline;
  Buffer a, b, c, other, out;
  std::array<DescriptorSet, 5> sets;
};

void pipelineKept(Run& run) {
  const Kernel kernel(run.gpu, kernels::kStep, 1, 8);
  const Buffer values(run.gpu, 64);
  const DescriptorSet set(run.gpu, kernel.setLayout(), {values});
  Recording commands(run.gpu);
  bind(commands, kernel, set);
  std::uint32_t wanted = 0;
  for (std::uint32_t i = 0; i < 40; ++i) {
    push(commands, kernel.layout(), std::array<std::uint32_t, 2>{64, i});
    vkCmdDispatch(commands, 1, 1, 1);
    barrier(commands);
    wanted = wanted * 1664525U + i;
  }
  commands.run();
  for (const std::uint32_t value : values.words()) same(value, wanted, "a value");
  run.digest.add(values.words());
}

void setsInAnyOrder(Run& run) {
  const FourSets four(run.gpu);
  Recording commands(run.gpu);
  for (const std::uint32_t number : {3U, 0U, 2U, 1U}) four.bindSet(commands, number, number);
  vkCmdBindPipeline(commands, VK_PIPELINE_BIND_POINT_COMPUTE, four.pipeline);
  for (std::uint32_t slot = 0; slot < kSlots; ++slot) {
    // Each in turn is exchanged for another and back again; the rest stays.
    if (slot % 4 == 1) four.bindSet(commands, slot % 3, 4);
    if (slot % 4 == 3) four.bindSet(commands, (slot - 2) % 3, (slot - 2) % 3);
    four.dispatch(commands, slot);
  }
  commands.run();
  for (std::uint32_t i = 0; i < kSlots; ++i) {
    std::array<std::uint32_t, 3> in{four.a[i], four.b[i], four.c[i]};
    const std::uint32_t turned = i - i % 4 + 1;
    if (i % 4 == 1 || i % 4 == 2) in[turned % 3] = four.other[i];
    same(four.out[i], in[0] * 3 + in[1] * 5 + in[2] * 7, "slot " + std::to_string(i));
  }
  run.digest.add(four.out.words());
}

void setsTogether(Run& run) {
  const FourSets four(run.gpu);
  Recording commands(run.gpu);
  vkCmdBindPipeline(commands, VK_PIPELINE_BIND_POINT_COMPUTE, four.pipeline);
  const std::array<VkDescriptorSet, 4> all{four.sets[0], four.sets[1], four.sets[2], four.sets[3]};
  const std::array<VkDescriptorSet, 2> swapped{four.sets[2], four.sets[1]};
  for (std::uint32_t slot = 0; slot < kSlots; ++slot) {
    const bool isAll = slot % 6 == 0;
    const bool isSwapped = slot % 6 == 3;
    if (isAll || isSwapped) {
      vkCmdBindDescriptorSets(commands, VK_PIPELINE_BIND_POINT_COMPUTE, four.layout, isAll ? 0 : 1, isAll ? 4 : 2,
                              isAll ? all.data() : swapped.data(), 0, nullptr);
    }
    four.dispatch(commands, slot);
  }
  commands.run();
  for (std::uint32_t i = 0; i < kSlots; ++i) {
    const bool swap = i % 6 >= 3;
    const std::uint32_t middle = swap ? four.c[i] * 5 + four.b[i] * 7 : four.b[i] * 5 + four.c[i] * 7;
    same(four.out[i], four.a[i] * 3 + middle, "slot " + std::to_string(i));
  }
  run.digest.add(four.out.words());
}

// Binding with a layout that differs from set 1 on leaves set 0 and disturbs the rest.
void otherLayouts(Run& run) {
  const Gpu& gpu = run.gpu;
  const SetLayout storage = makeSetLayout(gpu, 1);
  const SetLayout uniform = makeSetLayout(gpu, 1, VK_DESCRIPTOR_TYPE_UNIFORM_BUFFER);
  const PipelineLayout first = makeLayout(gpu, std::array<VkDescriptorSetLayout, 2>{storage, storage}, 4);
  const PipelineLayout second = makeLayout(gpu, std::array<VkDescriptorSetLayout, 2>{storage, uniform}, 4);
  const Pipeline withStorage = makePipeline(gpu, first, kernels::kStoragePair);
  const Pipeline withUniform = makePipeline(gpu, second, kernels::kUniformPair);
  const Buffer out(gpu, kSlots);
  const Buffer in(gpu, 4);
  for (std::uint32_t i = 0; i < 4; ++i) in[i] = 7 * i + 1;
  const DescriptorSet outSet(gpu, storage, {out});
  const DescriptorSet storageSet(gpu, storage, {in});
  const DescriptorSet uniformSet(gpu, uniform, {in}, VK_DESCRIPTOR_TYPE_UNIFORM_BUFFER);
  Recording commands(gpu);
  const auto bindOne = [&](VkPipelineLayout layout, std::uint32_t number, const DescriptorSet& set) {
    vkCmdBindDescriptorSets(commands, VK_PIPELINE_BIND_POINT_COMPUTE, layout, number, 1, set.address(), 0, nullptr);
  };
  bindOne(first, 0, outSet);
  bool isFirst = false;
  for (std::uint32_t slot = 0; slot < kSlots; ++slot) {
    if (slot % 3 == 0) {
      isFirst = !isFirst;
      vkCmdBindPipeline(commands, VK_PIPELINE_BIND_POINT_COMPUTE, isFirst ? withStorage : withUniform);
      bindOne(isFirst ? first : second, 1, isFirst ? storageSet : uniformSet);
    }
    push(commands, isFirst ? first : second, slot);
    vkCmdDispatch(commands, 1, 1, 1);
    barrier(commands);
  }
  commands.run();
  for (std::uint32_t i = 0; i < kSlots; ++i) {
    same(out[i], in[i % 4] + ((i / 3) % 2 == 0 ? 1000 : 2000), "slot " + std::to_string(i));
  }
  run.digest.add(out.words());
}

// Sets for the next pipeline are bound before the pipeline, between dispatches of the other.
void boundAhead(Run& run) {
  const FourSets four(run.gpu);
  const Kernel step(run.gpu, kernels::kStep, 1, 8);
  const Buffer values(run.gpu, 64);
  const DescriptorSet stepSet(run.gpu, step.setLayout(), {values});
  Recording commands(run.gpu);
  for (std::uint32_t slot = 0; slot < kSlots; ++slot) {
    bind(commands, step, stepSet);
    push(commands, step.layout(), std::array<std::uint32_t, 2>{64, slot});
    vkCmdDispatch(commands, 1, 1, 1);
    barrier(commands);
    for (const std::uint32_t number : {0U, 1U, 2U, 3U}) four.bindSet(commands, number, number);
    vkCmdBindPipeline(commands, VK_PIPELINE_BIND_POINT_COMPUTE, four.pipeline);
    four.dispatch(commands, slot);
  }
  commands.run();
  for (std::uint32_t i = 0; i < kSlots; ++i) {
    same(four.out[i], four.a[i] * 3 + four.b[i] * 5 + four.c[i] * 7, "slot " + std::to_string(i));
  }
  run.digest.add(four.out.words());
  run.digest.add(values.words());
}

void dynamicOffsets(Run& run) {
  const Gpu& gpu = run.gpu;
  const SetLayout setLayout = makeSetLayout(gpu, 2, VK_DESCRIPTOR_TYPE_STORAGE_BUFFER_DYNAMIC);
  const PipelineLayout layout = makeLayout(gpu, std::span(setLayout.address(), 1), 4);
  const Pipeline pipeline = makePipeline(gpu, layout, kernels::kDynamic);
  constexpr std::uint32_t kStride = 64;  // words: 256 bytes suit every driver
  const Buffer in(gpu, kStride * 4);
  const Buffer out(gpu, kStride * 4);
  for (std::uint32_t i = 0; i < in.words().size(); ++i) in[i] = i;
  const DescriptorSet set(gpu, setLayout, {in, out}, VK_DESCRIPTOR_TYPE_STORAGE_BUFFER_DYNAMIC, 16);
  Recording commands(gpu);
  vkCmdBindPipeline(commands, VK_PIPELINE_BIND_POINT_COMPUTE, pipeline);
  for (std::uint32_t i = 0; i < 16; ++i) {
    if (i % 4 == 0) {
      const std::array<std::uint32_t, 2> offsets{(i / 4) * kStride * 4, (3 - i / 4) * kStride * 4};
      vkCmdBindDescriptorSets(commands, VK_PIPELINE_BIND_POINT_COMPUTE, layout, 0, 1, set.address(), 2, offsets.data());
    }
    push(commands, layout, i % 4);
    vkCmdDispatch(commands, 1, 1, 1);
    barrier(commands);
  }
  commands.run();
  for (std::uint32_t i = 0; i < 16; ++i) {
    same(out[(3 - i / 4) * kStride + i % 4], in[(i / 4) * kStride + i % 4] * 2 + 1, "value " + std::to_string(i));
  }
  run.digest.add(out.words());
}

constexpr Case kCases[] = {
    {"state.pipeline_kept", Kind::Quick, pipelineKept}, {"state.sets_in_any_order", Kind::Quick, setsInAnyOrder},
    {"state.sets_together", Kind::Quick, setsTogether}, {"state.other_layouts", Kind::Quick, otherLayouts},
    {"state.bound_ahead", Kind::Quick, boundAhead},     {"state.dynamic_offsets", Kind::Quick, dynamicOffsets},
};

}  // namespace

Cases stateCases() { return kCases; }

}  // namespace semantics
