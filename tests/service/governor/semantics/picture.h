// SPDX-License-Identifier: Apache-2.0
// A graphics pipeline that draws triangles of one colour each into an image, in dynamic rendering or a render pass.
#pragma once

#include "commands.h"

namespace semantics {

using RenderPass = Owned<VkRenderPass, vkDestroyRenderPass>;
using Framebuffer = Owned<VkFramebuffer, vkDestroyFramebuffer>;

class Picture {
public:
  static constexpr VkExtent2D kSize{32, 32};
  static constexpr std::uint32_t kTexels = kSize.width * kSize.height;
  enum class Way { Dynamic, Pass };
  Picture(const Gpu& gpu, Way way);

  // All state that a draw needs: pipeline, sets, vertices, viewport, scissor, blend constants. No image yet.
  void prepare(VkCommandBuffer commands) const;
  // Into the image, from its undefined state; ends with it ready to be read by copies.
  void beginDrawing(VkCommandBuffer commands, VkRenderingFlags flags = 0) const;
  void endDrawing(VkCommandBuffer commands) const;
  void draw(VkCommandBuffer commands, std::uint32_t first, std::uint32_t triangles) const;
  void read(VkCommandBuffer commands) const;  // after endDrawing
  void verify(Run& run) const;                // something was drawn, and not everywhere

  [[nodiscard]] const Buffer& texels() const { return m_texels; }
  [[nodiscard]] const Buffer& indices() const { return m_indices; }
  [[nodiscard]] VkPipelineLayout layout() const { return m_layout; }
  [[nodiscard]] VkRenderPass renderPass() const { return m_renderPass; }
  [[nodiscard]] VkFramebuffer framebuffer() const { return m_framebuffer; }

private:
  void makeRenderPass(const Gpu& gpu);
  void makePipeline(const Gpu& gpu);
  Image m_image;
  Buffer m_texels;
  Buffer m_vertices;
  Buffer m_indices;
  Buffer m_tint;
  RenderPass m_renderPass;
  Framebuffer m_framebuffer;
  SetLayout m_setLayout;
  PipelineLayout m_layout;
  Pipeline m_pipeline;
  DescriptorSet m_set;
};

}  // namespace semantics
