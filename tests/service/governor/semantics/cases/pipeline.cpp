// SPDX-License-Identifier: Apache-2.0
// Ways to make a compute pipeline, and to be rid of it.
#include "commands.h"
#include "kernels.h"
#include "suite.h"

namespace semantics {

namespace {

struct Constants {
  std::uint32_t size = 8;
  std::uint32_t factor = 3;
  VkBool32 negate = VK_FALSE;
};

void runSpecial(Run& run, const Constants& constants) {
  constexpr std::array<VkSpecializationMapEntry, 3> kEntries{
      {{0, offsetof(Constants, size), 4}, {1, offsetof(Constants, factor), 4}, {2, offsetof(Constants, negate), 4}}};
  const VkSpecializationInfo info{3, kEntries.data(), sizeof constants, &constants};
  const Kernel kernel(run.gpu, kernels::kSpecial, 1, 0, {.constants = &info});
  const std::uint32_t groups = 20;
  const Buffer out(run.gpu, groups * constants.size);
  const DescriptorSet set(run.gpu, kernel.setLayout(), {out});
  Recording commands(run.gpu);
  bind(commands, kernel, set);
  vkCmdDispatch(commands, groups, 1, 1);
  commands.run();
  for (std::uint32_t i = 0; i < out.words().size(); ++i) {
    const std::uint32_t value = i * constants.factor + constants.size;
    same(out[i], constants.negate != VK_FALSE ? ~value : value, "value " + std::to_string(i));
  }
  run.digest.add(out.words());
}

void specialised(Run& run) {
  for (const std::uint32_t size : {4U, 32U}) {
    runSpecial(run, {.size = size, .factor = size + 1, .negate = size == 32U ? VK_TRUE : VK_FALSE});
  }
}

// Steps a chain with a pipeline that was made in some way.
void useStep(Run& run, VkPipeline pipeline, VkPipelineLayout layout, VkDescriptorSetLayout setLayout) {
  constexpr std::uint32_t kCount = 640;
  const Buffer values(run.gpu, kCount);
  const DescriptorSet set(run.gpu, setLayout, {values});
  Recording commands(run.gpu);
  vkCmdBindPipeline(commands, VK_PIPELINE_BIND_POINT_COMPUTE, pipeline);
  vkCmdBindDescriptorSets(commands, VK_PIPELINE_BIND_POINT_COMPUTE, layout, 0, 1, set.address(), 0, nullptr);
  for (std::uint32_t step = 0; step < 4; ++step) {
    push(commands, layout, std::array<std::uint32_t, 2>{kCount, step + 1});
    vkCmdDispatch(commands, kCount / 64, 1, 1);
    barrier(commands);
  }
  commands.run();
  std::uint32_t wanted = 0;
  for (std::uint32_t step = 0; step < 4; ++step) wanted = wanted * 1664525U + step + 1;
  for (const std::uint32_t value : values.words()) same(value, wanted, "a value");
  run.digest.add(values.words());
}

VkComputePipelineCreateInfo pipelineInfo(VkPipelineLayout layout, VkShaderModule module) {
  return {.sType = VK_STRUCTURE_TYPE_COMPUTE_PIPELINE_CREATE_INFO,
          .stage = {.sType = VK_STRUCTURE_TYPE_PIPELINE_SHADER_STAGE_CREATE_INFO,
                    .stage = VK_SHADER_STAGE_COMPUTE_BIT,
                    .module = module,
                    .pName = "main"},
          .layout = layout,
          .basePipelineIndex = -1};
}

// The code comes with the stage; there is no module.
void inlineModule(Run& run) {
  if (run.gpu.features().library.graphicsPipelineLibrary == VK_FALSE) throw Skip{"the driver takes no inline modules"};
  const SetLayout setLayout = makeSetLayout(run.gpu, 1);
  const PipelineLayout layout = makeLayout(run.gpu, std::span(setLayout.address(), 1), 8);
  const VkShaderModuleCreateInfo code{
      .sType = VK_STRUCTURE_TYPE_SHADER_MODULE_CREATE_INFO, .codeSize = sizeof kernels::kStep, .pCode = kernels::kStep};
  auto info = pipelineInfo(layout, VK_NULL_HANDLE);
  info.stage.pNext = &code;
  VkPipeline pipeline = VK_NULL_HANDLE;
  require(vkCreateComputePipelines(run.gpu.device(), VK_NULL_HANDLE, 1, &info, nullptr, &pipeline),
          "vkCreateComputePipelines");
  const Pipeline owned(run.gpu.device(), pipeline);
  useStep(run, owned, layout, setLayout);
}

void cached(Run& run) {
  const VkDevice device = run.gpu.device();
  const SetLayout setLayout = makeSetLayout(run.gpu, 1);
  const PipelineLayout layout = makeLayout(run.gpu, std::span(setLayout.address(), 1), 8);
  std::vector<std::byte> bytes;
  for (int round = 0; round < 2; ++round) {
    const VkPipelineCacheCreateInfo info{.sType = VK_STRUCTURE_TYPE_PIPELINE_CACHE_CREATE_INFO,
                                         .initialDataSize = bytes.size(),
                                         .pInitialData = bytes.data()};
    VkPipelineCache cache = VK_NULL_HANDLE;
    require(vkCreatePipelineCache(device, &info, nullptr, &cache), "vkCreatePipelineCache");
    const Owned<VkPipelineCache, vkDestroyPipelineCache> owned(device, cache);
    const Pipeline pipeline = makePipeline(run.gpu, layout, kernels::kStep, {.cache = cache});
    useStep(run, pipeline, layout, setLayout);
    std::size_t size = 0;
    require(vkGetPipelineCacheData(device, cache, &size, nullptr), "vkGetPipelineCacheData");
    bytes.resize(size);
    require(vkGetPipelineCacheData(device, cache, &size, bytes.data()), "vkGetPipelineCacheData");
  }
}

// Several in one call; the second is made after the first, the third has the first as its base.
void severalAtOnce(Run& run) {
  const SetLayout setLayout = makeSetLayout(run.gpu, 1);
  const PipelineLayout layout = makeLayout(run.gpu, std::span(setLayout.address(), 1), 8);
  const ShaderModule module = makeModule(run.gpu, kernels::kStep);
  const ShaderModule other = makeModule(run.gpu, kernels::kBurn);
  std::array<VkComputePipelineCreateInfo, 3> infos{pipelineInfo(layout, module), pipelineInfo(layout, other),
                                                   pipelineInfo(layout, module)};
  infos[0].flags = VK_PIPELINE_CREATE_ALLOW_DERIVATIVES_BIT;
  infos[2].flags = VK_PIPELINE_CREATE_DERIVATIVE_BIT;
  infos[2].basePipelineIndex = 0;
  std::array<VkPipeline, 3> pipelines{};
  require(vkCreateComputePipelines(run.gpu.device(), VK_NULL_HANDLE, 3, infos.data(), nullptr, pipelines.data()),
          "vkCreateComputePipelines");
  const std::array<Pipeline, 3> owned{Pipeline(run.gpu.device(), pipelines[0]),
                                      Pipeline(run.gpu.device(), pipelines[1]),
                                      Pipeline(run.gpu.device(), pipelines[2])};
  useStep(run, owned[0], layout, setLayout);
  useStep(run, owned[2], layout, setLayout);
}

// A handle may come again for something else: a shader that reads the number of groups after one that does not.
void handlesComeAgain(Run& run) {
  for (std::uint32_t round = 0; round < 6; ++round) {
    const bool reads = round % 2 == 1;
    const Kernel kernel = reads ? Kernel(run.gpu, kernels::kCounts0, 1, 8) : Kernel(run.gpu, kernels::kStep, 1, 8);
    const Buffer out(run.gpu, 2048);
    const DescriptorSet set(run.gpu, kernel.setLayout(), {out});
    Recording commands(run.gpu);
    bind(commands, kernel, set);
    push(commands, kernel.layout(), std::array<std::uint32_t, 2>{2048, 17});
    vkCmdDispatch(commands, 32, 1, 1);
    commands.run();
    same(out[31], reads ? 32 : 17, "round " + std::to_string(round));
    run.digest.add(out.words());
  }
}

void withFeedback(Run& run) {
  const SetLayout setLayout = makeSetLayout(run.gpu, 1);
  const PipelineLayout layout = makeLayout(run.gpu, std::span(setLayout.address(), 1), 8);
  const ShaderModule module = makeModule(run.gpu, kernels::kStep);
  VkPipelineCreationFeedback whole{};
  VkPipelineCreationFeedback stage{};
  const VkPipelineCreationFeedbackCreateInfo feedback{.sType = VK_STRUCTURE_TYPE_PIPELINE_CREATION_FEEDBACK_CREATE_INFO,
                                                      .pPipelineCreationFeedback = &whole,
                                                      .pipelineStageCreationFeedbackCount = 1,
                                                      .pPipelineStageCreationFeedbacks = &stage};
  auto info = pipelineInfo(layout, module);
  info.pNext = &feedback;
  VkPipeline pipeline = VK_NULL_HANDLE;
  require(vkCreateComputePipelines(run.gpu.device(), VK_NULL_HANDLE, 1, &info, nullptr, &pipeline),
          "vkCreateComputePipelines");
  const Pipeline owned(run.gpu.device(), pipeline);
  check((whole.flags & VK_PIPELINE_CREATION_FEEDBACK_VALID_BIT) != 0, "no feedback came back");
  useStep(run, owned, layout, setLayout);
}

constexpr Case kCases[] = {
    {"pipeline.specialised", Kind::Quick, specialised},
    {"pipeline.inline_module", Kind::Quick, inlineModule},
    {"pipeline.cached", Kind::Full, cached},
    {"pipeline.several_at_once", Kind::Full, severalAtOnce},
    {"pipeline.handles_come_again", Kind::Quick, handlesComeAgain},
    {"pipeline.with_feedback", Kind::Full, withFeedback},
};

}  // namespace

Cases pipelineCases() { return kCases; }

}  // namespace semantics
