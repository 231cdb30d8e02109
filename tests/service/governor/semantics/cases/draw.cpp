// SPDX-License-Identifier: Apache-2.0
// Drawing among compute work: what was set before must still hold when the triangles come.
#include "chain.h"
#include "picture.h"
#include "suite.h"

namespace semantics {

namespace {

// All graphics state first, then compute work, then the drawing.
void stateThenWorkThenDraw(Run& run, Picture::Way way) {
  Chain chain(run.gpu);
  const Picture picture(run.gpu, way);
  Recording commands(run.gpu);
  picture.prepare(commands);
  chain.record(commands, 8, 3);
  picture.beginDrawing(commands);
  picture.draw(commands, 0, 2);
  vkCmdDrawIndexed(commands, 6, 1, 0, 0, 0);
  picture.endDrawing(commands);
  for (std::uint32_t i = 0; i < 4; ++i) {  // the compute side has kept its state, too
    chain.step(commands, i);
    barrier(commands);
  }
  picture.read(commands);
  commands.run();
  chain.expect(8, 3);
  for (std::uint32_t i = 0; i < 4; ++i) chain.expect(1, i);
  chain.verify(run);
  picture.verify(run);
}

void dynamicRendering(Run& run) { stateThenWorkThenDraw(run, Picture::Way::Dynamic); }
void renderPass(Run& run) { stateThenWorkThenDraw(run, Picture::Way::Pass); }

// What is drawn depends on state that changes between passes with work in between.
void changedBetweenPasses(Run& run) {
  Chain chain(run.gpu);
  const Picture picture(run.gpu, Picture::Way::Dynamic);
  Recording commands(run.gpu);
  picture.prepare(commands);
  for (std::uint32_t pass = 0; pass < 3; ++pass) {
    const VkRect2D scissor{{static_cast<std::int32_t>(pass * 4), 1}, {20, 30}};
    const std::array<float, 4> blend{1.0F, 0.2F * static_cast<float>(pass), 1.0F, 0.0F};
    vkCmdSetScissor(commands, 0, 1, &scissor);
    vkCmdSetBlendConstants(commands, blend.data());
    chain.record(commands, 3, pass);
    chain.expect(3, pass);
    picture.beginDrawing(commands);
    picture.draw(commands, 0, 4);
    picture.endDrawing(commands);
  }
  picture.read(commands);
  commands.run();
  chain.verify(run);
  picture.verify(run);
}

void indirect(Run& run) {
  Chain chain(run.gpu);
  const Picture picture(run.gpu, Picture::Way::Dynamic);
  const Buffer arguments(run.gpu, 16);
  const std::array<std::uint32_t, 10> words{6, 1, 0, 0, /* no draw */ 0, 1, 0, 0, 0, 0};
  std::copy(words.begin(), words.end(), arguments.words().begin());
  const std::array<std::uint32_t, 5> indexed{3, 1, 3, 0, 0};
  std::copy(indexed.begin(), indexed.end(), arguments.words().begin() + 8);
  Recording commands(run.gpu);
  picture.prepare(commands);
  chain.record(commands, 5, 5);
  picture.beginDrawing(commands);
  vkCmdDrawIndirect(commands, arguments, 0, 1, 16);
  vkCmdDrawIndirect(commands, arguments, 16, 1, 16);
  vkCmdDrawIndexedIndirect(commands, arguments, 32, 1, 20);
  picture.endDrawing(commands);
  picture.read(commands);
  commands.run();
  chain.expect(5, 5);
  chain.verify(run);
  picture.verify(run);
}

// The draws are in a secondary buffer that continues the pass.
void inSecondary(Run& run, Picture::Way way) {
  Chain chain(run.gpu);
  const Picture picture(run.gpu, way);
  const CommandPool pool = makePool(run.gpu);
  VkCommandBuffer inner = allocate(run.gpu, pool, VK_COMMAND_BUFFER_LEVEL_SECONDARY);
  const VkCommandBufferInheritanceRenderingInfo rendering{
      .sType = VK_STRUCTURE_TYPE_COMMAND_BUFFER_INHERITANCE_RENDERING_INFO,
      .colorAttachmentCount = 1,
      .pColorAttachmentFormats = &Image::kFormat,
      .rasterizationSamples = VK_SAMPLE_COUNT_1_BIT};
  const bool isPass = way == Picture::Way::Pass;
  const VkCommandBufferInheritanceInfo inheritance{.sType = VK_STRUCTURE_TYPE_COMMAND_BUFFER_INHERITANCE_INFO,
                                                   .pNext = isPass ? nullptr : &rendering,
                                                   .renderPass = picture.renderPass(),
                                                   .framebuffer = picture.framebuffer()};
  const VkCommandBufferBeginInfo info{.sType = VK_STRUCTURE_TYPE_COMMAND_BUFFER_BEGIN_INFO,
                                      .flags = VK_COMMAND_BUFFER_USAGE_RENDER_PASS_CONTINUE_BIT,
                                      .pInheritanceInfo = &inheritance};
  require(vkBeginCommandBuffer(inner, &info), "vkBeginCommandBuffer");
  picture.prepare(inner);
  picture.draw(inner, 0, 3);
  end(inner);
  VkCommandBuffer outer = allocate(run.gpu, pool);
  begin(outer);
  chain.record(outer, 4, 1);
  picture.beginDrawing(outer, VK_RENDERING_CONTENTS_SECONDARY_COMMAND_BUFFERS_BIT);
  vkCmdExecuteCommands(outer, 1, &inner);
  picture.endDrawing(outer);
  chain.record(outer, 4, 2);
  picture.read(outer);
  barrier(outer);
  end(outer);
  submitAndWait(run.gpu, outer);
  chain.expect(4, 1);
  chain.expect(4, 2);
  chain.verify(run);
  picture.verify(run);
}

void inSecondaryDynamic(Run& run) { inSecondary(run, Picture::Way::Dynamic); }
void inSecondaryPass(Run& run) { inSecondary(run, Picture::Way::Pass); }

constexpr Case kCases[] = {
    {"draw.dynamic_rendering", Kind::Quick, dynamicRendering},
    {"draw.render_pass", Kind::Quick, renderPass},
    {"draw.changed_between_passes", Kind::Quick, changedBetweenPasses},
    {"draw.indirect", Kind::Quick, indirect},
    {"draw.in_secondary_dynamic", Kind::Quick, inSecondaryDynamic},
    {"draw.in_secondary_pass", Kind::Quick, inSecondaryPass},
};

}  // namespace

Cases drawCases() { return kCases; }

}  // namespace semantics
