// SPDX-License-Identifier: Apache-2.0
#include "picture.h"

#include "kernels.h"

#include <bit>

namespace semantics {

namespace {

constexpr auto kSource = VK_IMAGE_LAYOUT_TRANSFER_SRC_OPTIMAL;
constexpr auto kTarget = VK_IMAGE_LAYOUT_COLOR_ATTACHMENT_OPTIMAL;
constexpr VkClearValue kBackground{.color = {.float32 = {0.0F, 0.0F, 1.0F, 1.0F}}};

struct Vertex {
  std::array<float, 2> position;
  std::array<float, 4> color;
};

// Four triangles, the last two over the first.
constexpr std::array<Vertex, 12> kVertices{{{{-0.9F, -0.9F}, {1, 0, 0, 1}},
                                            {{0.8F, -0.7F}, {1, 0, 0, 1}},
                                            {{-0.3F, 0.9F}, {1, 0, 0, 1}},
                                            {{0.1F, 0.1F}, {0, 1, 0, 1}},
                                            {{0.9F, 0.2F}, {0, 1, 0, 1}},
                                            {{0.4F, 0.95F}, {0, 1, 0, 1}},
                                            {{-0.5F, -0.5F}, {1, 1, 0, 1}},
                                            {{0.5F, -0.5F}, {1, 1, 0, 1}},
                                            {{0.0F, 0.5F}, {1, 1, 0, 1}},
                                            {{-1.0F, 0.2F}, {1, 1, 1, 1}},
                                            {{-0.2F, 0.3F}, {1, 1, 1, 1}},
                                            {{-0.7F, 1.0F}, {1, 1, 1, 1}}}};

SetLayout tintLayout(const Gpu& gpu) {
  const VkDescriptorSetLayoutBinding binding{.descriptorType = VK_DESCRIPTOR_TYPE_UNIFORM_BUFFER,
                                             .descriptorCount = 1,
                                             .stageFlags = VK_SHADER_STAGE_FRAGMENT_BIT};
  const VkDescriptorSetLayoutCreateInfo info{
      .sType = VK_STRUCTURE_TYPE_DESCRIPTOR_SET_LAYOUT_CREATE_INFO, .bindingCount = 1, .pBindings = &binding};
  VkDescriptorSetLayout layout = VK_NULL_HANDLE;
  require(vkCreateDescriptorSetLayout(gpu.device(), &info, nullptr, &layout), "vkCreateDescriptorSetLayout");
  return {gpu.device(), layout};
}

PipelineLayout shiftLayout(const Gpu& gpu, const SetLayout& set) {
  const VkPushConstantRange range{VK_SHADER_STAGE_VERTEX_BIT, 0, 8};
  return makeLayout(gpu, std::span(set.address(), 1), std::span(&range, 1));
}

}  // namespace

Picture::Picture(const Gpu& gpu, Way way)
    : m_image(gpu, kSize, VK_IMAGE_USAGE_COLOR_ATTACHMENT_BIT | VK_IMAGE_USAGE_TRANSFER_SRC_BIT),
      m_texels(gpu, kTexels),
      m_vertices(gpu, sizeof kVertices / 4, VK_BUFFER_USAGE_VERTEX_BUFFER_BIT),
      m_indices(gpu, 12, VK_BUFFER_USAGE_INDEX_BUFFER_BIT),
      m_tint(gpu, 4),
      m_setLayout(tintLayout(gpu)),
      m_layout(shiftLayout(gpu, m_setLayout)),
      m_set(gpu, m_setLayout, {m_tint}, VK_DESCRIPTOR_TYPE_UNIFORM_BUFFER) {
  const auto words = std::bit_cast<std::array<std::uint32_t, sizeof kVertices / 4>>(kVertices);
  std::copy(words.begin(), words.end(), m_vertices.words().begin());
  for (std::uint32_t i = 0; i < 12; ++i) m_indices[i] = 11 - i;
  for (std::uint32_t i = 0; i < 4; ++i) m_tint[i] = std::bit_cast<std::uint32_t>(1.0F);
  if (way == Way::Pass) makeRenderPass(gpu);
  makePipeline(gpu);
}

void Picture::makeRenderPass(const Gpu& gpu) {
  const VkAttachmentDescription color{.format = Image::kFormat,
                                      .samples = VK_SAMPLE_COUNT_1_BIT,
                                      .loadOp = VK_ATTACHMENT_LOAD_OP_CLEAR,
                                      .storeOp = VK_ATTACHMENT_STORE_OP_STORE,
                                      .stencilLoadOp = VK_ATTACHMENT_LOAD_OP_DONT_CARE,
                                      .stencilStoreOp = VK_ATTACHMENT_STORE_OP_DONT_CARE,
                                      .initialLayout = kTarget,
                                      .finalLayout = kTarget};
  const VkAttachmentReference reference{0, kTarget};
  const VkSubpassDescription subpass{
      .pipelineBindPoint = VK_PIPELINE_BIND_POINT_GRAPHICS, .colorAttachmentCount = 1, .pColorAttachments = &reference};
  const VkRenderPassCreateInfo info{.sType = VK_STRUCTURE_TYPE_RENDER_PASS_CREATE_INFO,
                                    .attachmentCount = 1,
                                    .pAttachments = &color,
                                    .subpassCount = 1,
                                    .pSubpasses = &subpass};
  VkRenderPass pass = VK_NULL_HANDLE;
  require(vkCreateRenderPass(gpu.device(), &info, nullptr, &pass), "vkCreateRenderPass");
  m_renderPass = {gpu.device(), pass};
  const VkImageView view = m_image.view();
  const VkFramebufferCreateInfo frame{.sType = VK_STRUCTURE_TYPE_FRAMEBUFFER_CREATE_INFO,
                                      .renderPass = pass,
                                      .attachmentCount = 1,
                                      .pAttachments = &view,
                                      .width = kSize.width,
                                      .height = kSize.height,
                                      .layers = 1};
  VkFramebuffer framebuffer = VK_NULL_HANDLE;
  require(vkCreateFramebuffer(gpu.device(), &frame, nullptr, &framebuffer), "vkCreateFramebuffer");
  m_framebuffer = {gpu.device(), framebuffer};
}

void Picture::makePipeline(const Gpu& gpu) {
  const ShaderModule vertex = makeModule(gpu, kernels::kShapeVert);
  const ShaderModule fragment = makeModule(gpu, kernels::kShapeFrag);
  const auto stage = [](VkShaderStageFlagBits which, VkShaderModule module) {
    return VkPipelineShaderStageCreateInfo{.sType = VK_STRUCTURE_TYPE_PIPELINE_SHADER_STAGE_CREATE_INFO,
                                           .stage = which,
                                           .module = module,
                                           .pName = "main"};
  };
  const std::array stages{stage(VK_SHADER_STAGE_VERTEX_BIT, vertex), stage(VK_SHADER_STAGE_FRAGMENT_BIT, fragment)};
  const VkVertexInputBindingDescription binding{0, sizeof(Vertex), VK_VERTEX_INPUT_RATE_VERTEX};
  const std::array<VkVertexInputAttributeDescription, 2> attributes{
      {{0, 0, VK_FORMAT_R32G32_SFLOAT, 0}, {1, 0, VK_FORMAT_R32G32B32A32_SFLOAT, 8}}};
  const VkPipelineVertexInputStateCreateInfo input{.sType = VK_STRUCTURE_TYPE_PIPELINE_VERTEX_INPUT_STATE_CREATE_INFO,
                                                   .vertexBindingDescriptionCount = 1,
                                                   .pVertexBindingDescriptions = &binding,
                                                   .vertexAttributeDescriptionCount = 2,
                                                   .pVertexAttributeDescriptions = attributes.data()};
  const VkPipelineInputAssemblyStateCreateInfo assembly{
      .sType = VK_STRUCTURE_TYPE_PIPELINE_INPUT_ASSEMBLY_STATE_CREATE_INFO,
      .topology = VK_PRIMITIVE_TOPOLOGY_TRIANGLE_LIST};
  const VkPipelineViewportStateCreateInfo viewport{
      .sType = VK_STRUCTURE_TYPE_PIPELINE_VIEWPORT_STATE_CREATE_INFO, .viewportCount = 1, .scissorCount = 1};
  const VkPipelineRasterizationStateCreateInfo raster{
      .sType = VK_STRUCTURE_TYPE_PIPELINE_RASTERIZATION_STATE_CREATE_INFO, .lineWidth = 1};
  const VkPipelineMultisampleStateCreateInfo samples{.sType = VK_STRUCTURE_TYPE_PIPELINE_MULTISAMPLE_STATE_CREATE_INFO,
                                                     .rasterizationSamples = VK_SAMPLE_COUNT_1_BIT};
  // Colours are multiplied by the blend constants, which are dynamic state.
  const VkPipelineColorBlendAttachmentState blend{.blendEnable = VK_TRUE,
                                                  .srcColorBlendFactor = VK_BLEND_FACTOR_CONSTANT_COLOR,
                                                  .dstColorBlendFactor = VK_BLEND_FACTOR_ZERO,
                                                  .srcAlphaBlendFactor = VK_BLEND_FACTOR_ONE,
                                                  .dstAlphaBlendFactor = VK_BLEND_FACTOR_ZERO,
                                                  .colorWriteMask = 0xf};
  const VkPipelineColorBlendStateCreateInfo blending{
      .sType = VK_STRUCTURE_TYPE_PIPELINE_COLOR_BLEND_STATE_CREATE_INFO, .attachmentCount = 1, .pAttachments = &blend};
  constexpr std::array kDynamic{VK_DYNAMIC_STATE_VIEWPORT, VK_DYNAMIC_STATE_SCISSOR, VK_DYNAMIC_STATE_BLEND_CONSTANTS,
                                VK_DYNAMIC_STATE_CULL_MODE};
  const VkPipelineDynamicStateCreateInfo dynamic{.sType = VK_STRUCTURE_TYPE_PIPELINE_DYNAMIC_STATE_CREATE_INFO,
                                                 .dynamicStateCount = kDynamic.size(),
                                                 .pDynamicStates = kDynamic.data()};
  const VkPipelineRenderingCreateInfo rendering{.sType = VK_STRUCTURE_TYPE_PIPELINE_RENDERING_CREATE_INFO,
                                                .colorAttachmentCount = 1,
                                                .pColorAttachmentFormats = &Image::kFormat};
  const VkGraphicsPipelineCreateInfo info{.sType = VK_STRUCTURE_TYPE_GRAPHICS_PIPELINE_CREATE_INFO,
                                          .pNext = m_renderPass == VK_NULL_HANDLE ? &rendering : nullptr,
                                          .stageCount = 2,
                                          .pStages = stages.data(),
                                          .pVertexInputState = &input,
                                          .pInputAssemblyState = &assembly,
                                          .pViewportState = &viewport,
                                          .pRasterizationState = &raster,
                                          .pMultisampleState = &samples,
                                          .pColorBlendState = &blending,
                                          .pDynamicState = &dynamic,
                                          .layout = m_layout,
                                          .renderPass = m_renderPass};
  VkPipeline pipeline = VK_NULL_HANDLE;
  require(vkCreateGraphicsPipelines(gpu.device(), VK_NULL_HANDLE, 1, &info, nullptr, &pipeline),
          "vkCreateGraphicsPipelines");
  m_pipeline = {gpu.device(), pipeline};
}

void Picture::prepare(VkCommandBuffer commands) const {
  constexpr VkViewport kViewport{0, 0, kSize.width, kSize.height, 0, 1};
  constexpr VkRect2D kScissor{{2, 3}, {kSize.width - 5, kSize.height - 4}};
  constexpr std::array<float, 4> kBlend{1.0F, 0.6F, 0.4F, 0.0F};
  constexpr std::array<float, 2> kShift{0.0625F, -0.03125F};
  const VkDeviceSize start = 0;
  vkCmdSetViewport(commands, 0, 1, &kViewport);
  vkCmdSetScissor(commands, 0, 1, &kScissor);
  vkCmdSetBlendConstants(commands, kBlend.data());
  vkCmdSetCullMode(commands, VK_CULL_MODE_NONE);
  vkCmdBindVertexBuffers(commands, 0, 1, m_vertices.address(), &start);
  vkCmdBindIndexBuffer(commands, m_indices, 0, VK_INDEX_TYPE_UINT32);
  vkCmdBindDescriptorSets(commands, VK_PIPELINE_BIND_POINT_GRAPHICS, m_layout, 0, 1, m_set.address(), 0, nullptr);
  vkCmdPushConstants(commands, m_layout, VK_SHADER_STAGE_VERTEX_BIT, 0, 8, kShift.data());
  vkCmdBindPipeline(commands, VK_PIPELINE_BIND_POINT_GRAPHICS, m_pipeline);
}

void Picture::beginDrawing(VkCommandBuffer commands, VkRenderingFlags flags) const {
  imageBarrier(commands, m_image, VK_IMAGE_LAYOUT_UNDEFINED, kTarget);
  if (m_renderPass != VK_NULL_HANDLE) {
    const VkRenderPassBeginInfo info{.sType = VK_STRUCTURE_TYPE_RENDER_PASS_BEGIN_INFO,
                                     .renderPass = m_renderPass,
                                     .framebuffer = m_framebuffer,
                                     .renderArea = {{0, 0}, kSize},
                                     .clearValueCount = 1,
                                     .pClearValues = &kBackground};
    const bool inner = (flags & VK_RENDERING_CONTENTS_SECONDARY_COMMAND_BUFFERS_BIT) != 0;
    vkCmdBeginRenderPass(commands, &info,
                         inner ? VK_SUBPASS_CONTENTS_SECONDARY_COMMAND_BUFFERS : VK_SUBPASS_CONTENTS_INLINE);
    return;
  }
  const VkRenderingAttachmentInfo color{.sType = VK_STRUCTURE_TYPE_RENDERING_ATTACHMENT_INFO,
                                        .imageView = m_image.view(),
                                        .imageLayout = kTarget,
                                        .loadOp = VK_ATTACHMENT_LOAD_OP_CLEAR,
                                        .storeOp = VK_ATTACHMENT_STORE_OP_STORE,
                                        .clearValue = kBackground};
  const VkRenderingInfo info{.sType = VK_STRUCTURE_TYPE_RENDERING_INFO,
                             .flags = flags,
                             .renderArea = {{0, 0}, kSize},
                             .layerCount = 1,
                             .colorAttachmentCount = 1,
                             .pColorAttachments = &color};
  vkCmdBeginRendering(commands, &info);
}

void Picture::endDrawing(VkCommandBuffer commands) const {
  if (m_renderPass != VK_NULL_HANDLE) {
    vkCmdEndRenderPass(commands);
  } else {
    vkCmdEndRendering(commands);
  }
}

void Picture::draw(VkCommandBuffer commands, std::uint32_t first, std::uint32_t triangles) const {
  vkCmdDraw(commands, triangles * 3, 1, first * 3, 0);
}

void Picture::read(VkCommandBuffer commands) const {
  constexpr VkBufferImageCopy kAll{.imageSubresource = Image::kLayer, .imageExtent = {kSize.width, kSize.height, 1}};
  imageBarrier(commands, m_image, kTarget, kSource);
  vkCmdCopyImageToBuffer(commands, m_image, kSource, m_texels, 1, &kAll);
}

void Picture::verify(Run& run) const {
  std::uint32_t drawn = 0;
  for (const std::uint32_t texel : m_texels.words()) drawn += texel != 0xffff0000 ? 1 : 0;
  check(drawn > kTexels / 10 && drawn < kTexels * 9 / 10, std::to_string(drawn) + " texels were drawn");
  run.digest.add(m_texels.words());
}

}  // namespace semantics
