// SPDX-License-Identifier: Apache-2.0
// Push constants: each dispatch sees what was pushed last, word by word.
#include "commands.h"
#include "kernels.h"
#include "suite.h"

namespace semantics {

namespace {

constexpr std::uint32_t kWords = 16;

// What the host believes is pushed, beside the commands that push it.
class Pushes {
public:
  Pushes(const Gpu& gpu, std::uint32_t slots)
      : m_kernel(gpu, kernels::kPushes, 1, kWords * 4),
        m_out(gpu, slots * kWords),
        m_set(gpu, m_kernel.setLayout(), {m_out}),
        m_commands(gpu) {
    bind(m_commands, m_kernel, m_set);
  }
  void write(VkPipelineLayout layout, std::uint32_t first, std::uint32_t count, VkShaderStageFlags stages) {
    for (std::uint32_t i = first; i < first + count; ++i) m_words[i] = m_next++;
    vkCmdPushConstants(m_commands, layout, stages, first * 4, count * 4, &m_words[first]);
  }
  void write(std::uint32_t first, std::uint32_t count) {
    write(m_kernel.layout(), first, count, VK_SHADER_STAGE_COMPUTE_BIT);
  }
  void dispatch(VkPipelineLayout layout) {
    m_words[0] = m_slot++;
    push(m_commands, layout, m_words[0]);
    vkCmdDispatch(m_commands, 1, 1, 1);
    barrier(m_commands);
    m_wanted.insert(m_wanted.end(), m_words.begin(), m_words.end());
  }
  void dispatch() { dispatch(m_kernel.layout()); }
  void finish(Run& run) {
    m_commands.run();
    for (std::size_t i = 0; i < m_wanted.size(); ++i) same(m_out[i], m_wanted[i], "word " + std::to_string(i));
    run.digest.add(m_out.words());
  }
  [[nodiscard]] const Kernel& kernel() const { return m_kernel; }
  [[nodiscard]] VkDescriptorSet set() const { return m_set; }
  [[nodiscard]] VkCommandBuffer commands() const { return m_commands; }

private:
  Kernel m_kernel;
  Buffer m_out;
  DescriptorSet m_set;
  Recording m_commands;
  std::array<std::uint32_t, kWords> m_words{};
  std::vector<std::uint32_t> m_wanted;
  std::uint32_t m_next = 1000;
  std::uint32_t m_slot = 0;
};

void partly(Run& run) {
  Pushes pushes(run.gpu, 15);
  pushes.write(0, kWords);
  for (std::uint32_t word = 1; word < kWords; ++word) {
    pushes.write(word, 1);
    pushes.dispatch();
  }
  pushes.finish(run);
}

void overlapping(Run& run) {
  Pushes pushes(run.gpu, 40);
  pushes.write(0, kWords);
  for (std::uint32_t i = 0; i < 40; ++i) {
    pushes.write((i * 5) % 11, 1 + i % 5);
    if (i % 3 == 0) pushes.write((i * 7) % 13, 1 + i % 3);
    pushes.dispatch();
  }
  pushes.finish(run);
}

// Before the pipeline, and before any set: in whatever order a program likes.
void beforeThePipeline(Run& run) {
  const Kernel kernel(run.gpu, kernels::kPushes, 1, kWords * 4);
  const Buffer out(run.gpu, kWords * 2);
  const DescriptorSet set(run.gpu, kernel.setLayout(), {out});
  Recording commands(run.gpu);
  std::array<std::uint32_t, kWords> words{};
  for (std::uint32_t i = 1; i < kWords; ++i) words[i] = 50 + i;
  push(commands, kernel.layout(), words);
  bind(commands, kernel, set);
  vkCmdDispatch(commands, 1, 1, 1);
  barrier(commands);
  push(commands, kernel.layout(), 1U);
  vkCmdDispatch(commands, 1, 1, 1);
  commands.run();
  for (std::uint32_t i = 1; i < kWords; ++i) same(out[i], 50 + i, "word");
  for (std::uint32_t i = 1; i < kWords; ++i) same(out[kWords + i], 50 + i, "word of the second");
  run.digest.add(out.words());
}

// Layouts with equal ranges and other sets: what is pushed with one is seen with the other.
void acrossLayouts(Run& run) {
  Pushes pushes(run.gpu, 30);
  const SetLayout wider = makeSetLayout(run.gpu, 3);
  const PipelineLayout other = makeLayout(run.gpu, std::span(wider.address(), 1), kWords * 4);
  pushes.write(other, 0, kWords, VK_SHADER_STAGE_COMPUTE_BIT);
  for (std::uint32_t i = 0; i < 30; ++i) {
    const bool viaOther = i % 2 == 0;
    pushes.write(viaOther ? other : pushes.kernel().layout(), 1 + (i * 3) % 12, 2 + i % 2, VK_SHADER_STAGE_COMPUTE_BIT);
    pushes.dispatch(viaOther ? pushes.kernel().layout() : VkPipelineLayout(other));
  }
  pushes.finish(run);
}

// More changes of state than anyone would want to remember one by one.
void veryMany(Run& run) {
  Pushes pushes(run.gpu, 6);
  const SetLayout wider = makeSetLayout(run.gpu, 3);
  const PipelineLayout other = makeLayout(run.gpu, std::span(wider.address(), 1), kWords * 4);
  for (std::uint32_t round = 0; round < 6; ++round) {
    for (std::uint32_t i = 0; i < 400; ++i) {
      const std::uint32_t first = (i * 7) % kWords;
      pushes.write(i % 2 == 0 ? other : pushes.kernel().layout(), first, 1 + i % (kWords - first),
                   VK_SHADER_STAGE_COMPUTE_BIT);
    }
    pushes.write(0, kWords);
    pushes.dispatch();
  }
  pushes.finish(run);
}

// Ranges of two stages that overlap: a push names all stages whose range holds the bytes.
void forTwoStages(Run& run) {
  const Gpu& gpu = run.gpu;
  const SetLayout setLayout = makeSetLayout(gpu, 1);
  const std::array<VkPushConstantRange, 2> ranges{
      {{VK_SHADER_STAGE_COMPUTE_BIT, 0, kWords * 4}, {VK_SHADER_STAGE_VERTEX_BIT, 0, kWords * 2}}};
  const PipelineLayout layout = makeLayout(gpu, std::span(setLayout.address(), 1), ranges);
  const Pipeline pipeline = makePipeline(gpu, layout, kernels::kPushes);
  const Buffer out(gpu, kWords * 8);
  const DescriptorSet set(gpu, setLayout, {out});
  Recording commands(gpu);
  vkCmdBindPipeline(commands, VK_PIPELINE_BIND_POINT_COMPUTE, pipeline);
  vkCmdBindDescriptorSets(commands, VK_PIPELINE_BIND_POINT_COMPUTE, layout, 0, 1, set.address(), 0, nullptr);
  std::array<std::uint32_t, kWords> words{};
  for (std::uint32_t slot = 0; slot < 8; ++slot) {
    for (std::uint32_t i = 0; i < kWords; ++i) {
      if (slot == 0 || i % 8 == slot) words[i] = slot * 100 + i;
    }
    words[0] = slot;
    vkCmdPushConstants(commands, layout, VK_SHADER_STAGE_COMPUTE_BIT | VK_SHADER_STAGE_VERTEX_BIT, 0, kWords * 2,
                       words.data());
    if (slot % 2 == 0) {
      vkCmdPushConstants(commands, layout, VK_SHADER_STAGE_COMPUTE_BIT, kWords * 2, kWords * 2, &words[kWords / 2]);
    }
    vkCmdDispatch(commands, 1, 1, 1);
    barrier(commands);
  }
  commands.run();
  for (std::uint32_t slot = 0; slot < 8; ++slot) same(out[slot * kWords], slot, "the slot");
  same(out[7 * kWords + 7], 707, "pushed for both");
  same(out[7 * kWords + 15], 15, "left from the first time");
  run.digest.add(out.words());
}

constexpr Case kCases[] = {
    {"push.partly", Kind::Quick, partly},
    {"push.overlapping", Kind::Quick, overlapping},
    {"push.before_the_pipeline", Kind::Quick, beforeThePipeline},
    {"push.across_layouts", Kind::Quick, acrossLayouts},
    {"push.very_many", Kind::Full, veryMany},
    {"push.for_two_stages", Kind::Quick, forTwoStages},
};

}  // namespace

Cases pushCases() { return kCases; }

}  // namespace semantics
