// SPDX-License-Identifier: Apache-2.0
// Ways to give a shader its resources beyond plain sets.
#include "chain.h"
#include "kernels.h"
#include "suite.h"

namespace semantics {

namespace {

// Steps one buffer, then another, in turn; `give` makes a buffer the one that the next dispatch works on.
template <typename Give>
void takeTurns(Run& run, VkPipeline pipeline, VkPipelineLayout layout, Give give) {
  constexpr std::uint32_t kCount = 128;
  const std::array<Buffer, 2> both{Buffer(run.gpu, kCount), Buffer(run.gpu, kCount)};
  std::array<std::uint32_t, 2> wanted{};
  Recording commands(run.gpu);
  vkCmdBindPipeline(commands, VK_PIPELINE_BIND_POINT_COMPUTE, pipeline);
  for (std::uint32_t i = 0; i < 12; ++i) {
    const std::uint32_t which = (i / 3) % 2;
    if (i % 3 == 0) give(commands, both[which]);
    push(commands, layout, std::array<std::uint32_t, 2>{kCount, i});
    vkCmdDispatch(commands, kCount / 64, 1, 1);
    barrier(commands);
    wanted[which] = wanted[which] * 1664525U + i;
  }
  commands.run();
  for (std::uint32_t which = 0; which < 2; ++which) {
    for (const std::uint32_t value : both[which].words()) same(value, wanted[which], "a value");
    run.digest.add(both[which].words());
  }
}

struct PushLayouts {
  explicit PushLayouts(const Gpu& gpu)
      : set(makeSetLayout(gpu, 1, VK_DESCRIPTOR_TYPE_STORAGE_BUFFER,
                          VK_DESCRIPTOR_SET_LAYOUT_CREATE_PUSH_DESCRIPTOR_BIT_KHR)),
        layout(makeLayout(gpu, std::span(set.address(), 1), 8)),
        pipeline(makePipeline(gpu, layout, kernels::kStep)) {}
  SetLayout set;
  PipelineLayout layout;
  Pipeline pipeline;
};

void pushed(Run& run) {
  run.gpu.need(VK_KHR_PUSH_DESCRIPTOR_EXTENSION_NAME);
  const auto pushSet = run.gpu.function<PFN_vkCmdPushDescriptorSetKHR>("vkCmdPushDescriptorSetKHR");
  const PushLayouts layouts(run.gpu);
  takeTurns(run, layouts.pipeline, layouts.layout, [&](VkCommandBuffer commands, const Buffer& buffer) {
    const VkDescriptorBufferInfo info{buffer, 0, VK_WHOLE_SIZE};
    const VkWriteDescriptorSet write{.sType = VK_STRUCTURE_TYPE_WRITE_DESCRIPTOR_SET,
                                     .descriptorCount = 1,
                                     .descriptorType = VK_DESCRIPTOR_TYPE_STORAGE_BUFFER,
                                     .pBufferInfo = &info};
    pushSet(commands, VK_PIPELINE_BIND_POINT_COMPUTE, layouts.layout, 0, 1, &write);
  });
}

using Template = Owned<VkDescriptorUpdateTemplate, vkDestroyDescriptorUpdateTemplate>;

Template makeTemplate(Run& run, VkDescriptorUpdateTemplateType type, VkDescriptorSetLayout set,
                      VkPipelineLayout layout) {
  const VkDescriptorUpdateTemplateEntry entry{
      .descriptorCount = 1, .descriptorType = VK_DESCRIPTOR_TYPE_STORAGE_BUFFER, .offset = 16};
  const VkDescriptorUpdateTemplateCreateInfo info{.sType = VK_STRUCTURE_TYPE_DESCRIPTOR_UPDATE_TEMPLATE_CREATE_INFO,
                                                  .descriptorUpdateEntryCount = 1,
                                                  .pDescriptorUpdateEntries = &entry,
                                                  .templateType = type,
                                                  .descriptorSetLayout = set,
                                                  .pipelineBindPoint = VK_PIPELINE_BIND_POINT_COMPUTE,
                                                  .pipelineLayout = layout};
  VkDescriptorUpdateTemplate made = VK_NULL_HANDLE;
  require(vkCreateDescriptorUpdateTemplate(run.gpu.device(), &info, nullptr, &made),
          "vkCreateDescriptorUpdateTemplate");
  return {run.gpu.device(), made};
}

// A template says where in the program's own structure a descriptor lies.
struct Placed {
  std::array<std::byte, 16> something{};
  VkDescriptorBufferInfo info;
};

void pushedByTemplate(Run& run) {
  run.gpu.need(VK_KHR_PUSH_DESCRIPTOR_EXTENSION_NAME);
  const auto pushSet =
      run.gpu.function<PFN_vkCmdPushDescriptorSetWithTemplateKHR>("vkCmdPushDescriptorSetWithTemplateKHR");
  const PushLayouts layouts(run.gpu);
  const Template made =
      makeTemplate(run, VK_DESCRIPTOR_UPDATE_TEMPLATE_TYPE_PUSH_DESCRIPTORS_KHR, VK_NULL_HANDLE, layouts.layout);
  takeTurns(run, layouts.pipeline, layouts.layout, [&](VkCommandBuffer commands, const Buffer& buffer) {
    const Placed placed{.info = {buffer, 0, VK_WHOLE_SIZE}};
    pushSet(commands, made, layouts.layout, 0, &placed);
  });
}

void byTemplate(Run& run) {
  const Kernel kernel(run.gpu, kernels::kStep, 1, 8);
  const Template made =
      makeTemplate(run, VK_DESCRIPTOR_UPDATE_TEMPLATE_TYPE_DESCRIPTOR_SET, kernel.setLayout(), VK_NULL_HANDLE);
  std::vector<DescriptorSet> sets;  // in use until the commands have run
  takeTurns(run, kernel.pipeline(), kernel.layout(), [&](VkCommandBuffer commands, const Buffer& buffer) {
    sets.emplace_back(run.gpu, kernel.setLayout(),
                      std::array{VkDescriptorPoolSize{VK_DESCRIPTOR_TYPE_STORAGE_BUFFER, 1}});
    const Placed placed{.info = {buffer, 0, VK_WHOLE_SIZE}};
    vkUpdateDescriptorSetWithTemplate(run.gpu.device(), sets.back(), made, &placed);
    bind(commands, kernel, sets.back());
  });
}

// An array of descriptors that is written after the set was bound.
void indexed(Run& run) {
  const auto& features = run.gpu.features().v12;
  if (features.runtimeDescriptorArray == VK_FALSE || features.shaderStorageBufferArrayNonUniformIndexing == VK_FALSE ||
      features.descriptorBindingStorageBufferUpdateAfterBind == VK_FALSE) {
    throw Skip{"the driver has no descriptor indexing"};
  }
  constexpr std::uint32_t kInputs = 8;
  const Gpu& gpu = run.gpu;
  const std::array<VkDescriptorBindingFlags, 2> flags{0, VK_DESCRIPTOR_BINDING_UPDATE_AFTER_BIND_BIT};
  const VkDescriptorSetLayoutBindingFlagsCreateInfo flagsInfo{
      .sType = VK_STRUCTURE_TYPE_DESCRIPTOR_SET_LAYOUT_BINDING_FLAGS_CREATE_INFO,
      .bindingCount = 2,
      .pBindingFlags = flags.data()};
  constexpr auto kType = VK_DESCRIPTOR_TYPE_STORAGE_BUFFER;
  const std::array<VkDescriptorSetLayoutBinding, 2> bindings{
      {{0, kType, 1, VK_SHADER_STAGE_COMPUTE_BIT, nullptr}, {1, kType, kInputs, VK_SHADER_STAGE_COMPUTE_BIT, nullptr}}};
  const VkDescriptorSetLayoutCreateInfo info{.sType = VK_STRUCTURE_TYPE_DESCRIPTOR_SET_LAYOUT_CREATE_INFO,
                                             .pNext = &flagsInfo,
                                             .flags = VK_DESCRIPTOR_SET_LAYOUT_CREATE_UPDATE_AFTER_BIND_POOL_BIT,
                                             .bindingCount = 2,
                                             .pBindings = bindings.data()};
  VkDescriptorSetLayout made = VK_NULL_HANDLE;
  require(vkCreateDescriptorSetLayout(gpu.device(), &info, nullptr, &made), "vkCreateDescriptorSetLayout");
  const SetLayout setLayout(gpu.device(), made);
  const PipelineLayout layout = makeLayout(gpu, std::span(setLayout.address(), 1));
  const Pipeline pipeline = makePipeline(gpu, layout, kernels::kIndexing);
  const DescriptorSet set(gpu, setLayout, std::array{VkDescriptorPoolSize{kType, kInputs + 1}},
                          VK_DESCRIPTOR_POOL_CREATE_UPDATE_AFTER_BIND_BIT);
  const Buffer out(gpu, kInputs);
  std::vector<Buffer> inputs;
  const auto write = [&](std::uint32_t binding, std::uint32_t element, VkBuffer buffer) {
    const VkDescriptorBufferInfo bufferInfo{buffer, 0, VK_WHOLE_SIZE};
    const VkWriteDescriptorSet one{.sType = VK_STRUCTURE_TYPE_WRITE_DESCRIPTOR_SET,
                                   .dstSet = set,
                                   .dstBinding = binding,
                                   .dstArrayElement = element,
                                   .descriptorCount = 1,
                                   .descriptorType = kType,
                                   .pBufferInfo = &bufferInfo};
    vkUpdateDescriptorSets(gpu.device(), 1, &one, 0, nullptr);
  };
  write(0, 0, out);
  Recording commands(gpu);
  vkCmdBindPipeline(commands, VK_PIPELINE_BIND_POINT_COMPUTE, pipeline);
  vkCmdBindDescriptorSets(commands, VK_PIPELINE_BIND_POINT_COMPUTE, layout, 0, 1, set.address(), 0, nullptr);
  vkCmdDispatch(commands, 1, 1, 1);
  for (std::uint32_t i = 0; i < kInputs; ++i) {
    inputs.emplace_back(gpu, 4)[0] = 10 + i;
    write(1, i, inputs.back());
  }
  commands.run();
  for (std::uint32_t i = 0; i < kInputs; ++i) same(out[i], 2 * (10 + i), "value " + std::to_string(i));
  run.digest.add(out.words());
}

VkDeviceAddress addressOf(Run& run, VkBuffer buffer) {
  const VkBufferDeviceAddressInfo info{.sType = VK_STRUCTURE_TYPE_BUFFER_DEVICE_ADDRESS_INFO, .buffer = buffer};
  return vkGetBufferDeviceAddress(run.gpu.device(), &info);
}

void byAddress(Run& run) {
  if (run.gpu.features().v12.bufferDeviceAddress == VK_FALSE) throw Skip{"the driver gives no buffer addresses"};
  const PipelineLayout layout = makeLayout(run.gpu, {}, 16);
  const Pipeline pipeline = makePipeline(run.gpu, layout, kernels::kAddress);
  constexpr auto kUsage = VK_BUFFER_USAGE_SHADER_DEVICE_ADDRESS_BIT;
  const std::array<Buffer, 3> buffers{Buffer(run.gpu, 256, kUsage), Buffer(run.gpu, 256, kUsage),
                                      Buffer(run.gpu, 256, kUsage)};
  for (std::uint32_t i = 0; i < 256; ++i) buffers[0][i] = i;
  Recording commands(run.gpu);
  vkCmdBindPipeline(commands, VK_PIPELINE_BIND_POINT_COMPUTE, pipeline);
  for (std::uint32_t i = 0; i < 2; ++i) {
    push(commands, layout, std::array{addressOf(run, buffers[i]), addressOf(run, buffers[i + 1])});
    vkCmdDispatch(commands, 4, 1, 1);
    barrier(commands);
  }
  commands.run();
  for (std::uint32_t i = 0; i < 256; ++i) same(buffers[2][i], (i * 3 + 1) * 3 + 1, "value " + std::to_string(i));
  run.digest.add(buffers[2].words());
}

// Constants that lie in the set itself.
void inlineBlock(Run& run) {
  if (run.gpu.features().v13.inlineUniformBlock == VK_FALSE) throw Skip{"the driver has no inline uniform blocks"};
  const Gpu& gpu = run.gpu;
  constexpr auto kBlock = VK_DESCRIPTOR_TYPE_INLINE_UNIFORM_BLOCK;
  const std::array<VkDescriptorSetLayoutBinding, 2> bindings{
      {{0, VK_DESCRIPTOR_TYPE_STORAGE_BUFFER, 1, VK_SHADER_STAGE_COMPUTE_BIT, nullptr},
       {1, kBlock, 32, VK_SHADER_STAGE_COMPUTE_BIT, nullptr}}};
  const VkDescriptorSetLayoutCreateInfo info{
      .sType = VK_STRUCTURE_TYPE_DESCRIPTOR_SET_LAYOUT_CREATE_INFO, .bindingCount = 2, .pBindings = bindings.data()};
  VkDescriptorSetLayout made = VK_NULL_HANDLE;
  require(vkCreateDescriptorSetLayout(gpu.device(), &info, nullptr, &made), "vkCreateDescriptorSetLayout");
  const SetLayout setLayout(gpu.device(), made);
  const PipelineLayout layout = makeLayout(gpu, std::span(setLayout.address(), 1));
  const Pipeline pipeline = makePipeline(gpu, layout, kernels::kBlock);
  const VkDescriptorPoolInlineUniformBlockCreateInfo most{
      .sType = VK_STRUCTURE_TYPE_DESCRIPTOR_POOL_INLINE_UNIFORM_BLOCK_CREATE_INFO, .maxInlineUniformBlockBindings = 1};
  const DescriptorSet set(
      gpu, setLayout,
      std::array{VkDescriptorPoolSize{VK_DESCRIPTOR_TYPE_STORAGE_BUFFER, 1}, VkDescriptorPoolSize{kBlock, 32}}, 0,
      &most);
  const Buffer out(gpu, 8);
  const std::array<std::uint32_t, 8> words{1, 2, 3, 5, 8, 13, 21, 34};
  const VkDescriptorBufferInfo outInfo{out, 0, VK_WHOLE_SIZE};
  const VkWriteDescriptorSetInlineUniformBlock data{
      .sType = VK_STRUCTURE_TYPE_WRITE_DESCRIPTOR_SET_INLINE_UNIFORM_BLOCK,
      .dataSize = sizeof words,
      .pData = words.data()};
  const std::array<VkWriteDescriptorSet, 2> writes{{{.sType = VK_STRUCTURE_TYPE_WRITE_DESCRIPTOR_SET,
                                                     .dstSet = set,
                                                     .descriptorCount = 1,
                                                     .descriptorType = VK_DESCRIPTOR_TYPE_STORAGE_BUFFER,
                                                     .pBufferInfo = &outInfo},
                                                    {.sType = VK_STRUCTURE_TYPE_WRITE_DESCRIPTOR_SET,
                                                     .pNext = &data,
                                                     .dstSet = set,
                                                     .dstBinding = 1,
                                                     .descriptorCount = sizeof words,
                                                     .descriptorType = kBlock}}};
  vkUpdateDescriptorSets(gpu.device(), 2, writes.data(), 0, nullptr);
  Recording commands(gpu);
  vkCmdBindPipeline(commands, VK_PIPELINE_BIND_POINT_COMPUTE, pipeline);
  vkCmdBindDescriptorSets(commands, VK_PIPELINE_BIND_POINT_COMPUTE, layout, 0, 1, set.address(), 0, nullptr);
  vkCmdDispatch(commands, 1, 1, 1);
  commands.run();
  for (std::uint32_t i = 0; i < 8; ++i) same(out[i], words[i] + 5, "value " + std::to_string(i));
  run.digest.add(out.words());
}

constexpr Case kCases[] = {
    {"descriptor.pushed", Kind::Quick, pushed},
    {"descriptor.pushed_by_template", Kind::Quick, pushedByTemplate},
    {"descriptor.by_template", Kind::Quick, byTemplate},
    {"descriptor.indexed", Kind::Quick, indexed},
    {"descriptor.by_address", Kind::Quick, byAddress},
    {"descriptor.inline_block", Kind::Quick, inlineBlock},
};

}  // namespace

Cases descriptorCases() { return kCases; }

}  // namespace semantics
