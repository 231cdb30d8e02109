// SPDX-License-Identifier: Apache-2.0
// Commands that open something: nothing between begin and end may come into another command buffer.
#include "chain.h"
#include "kernels.h"
#include "picture.h"
#include "suite.h"

namespace semantics {

namespace {

// Dispatches that the GPU skips or does as a word in a buffer says.
void conditional(Run& run) {
  run.gpu.need(VK_EXT_CONDITIONAL_RENDERING_EXTENSION_NAME);
  if (run.gpu.features().conditional.conditionalRendering == VK_FALSE) throw Skip{"no conditional rendering"};
  const auto beginCondition =
      run.gpu.function<PFN_vkCmdBeginConditionalRenderingEXT>("vkCmdBeginConditionalRenderingEXT");
  const auto endCondition = run.gpu.function<PFN_vkCmdEndConditionalRenderingEXT>("vkCmdEndConditionalRenderingEXT");
  Chain chain(run.gpu);
  const Buffer condition(run.gpu, 4, VK_BUFFER_USAGE_CONDITIONAL_RENDERING_BIT_EXT);
  condition[1] = 1;
  Recording commands(run.gpu);
  for (std::uint32_t i = 0; i < 4; ++i) {
    const VkConditionalRenderingBeginInfoEXT info{
        .sType = VK_STRUCTURE_TYPE_CONDITIONAL_RENDERING_BEGIN_INFO_EXT,
        .buffer = condition,
        .offset = (i % 2) * 4,
        .flags = i < 2 ? 0U : std::uint32_t{VK_CONDITIONAL_RENDERING_INVERTED_BIT_EXT}};
    chain.record(commands, 2, 10 + i);
    chain.expect(2, 10 + i);
    beginCondition(commands, &info);
    chain.record(commands, 3, i);
    endCondition(commands);
    if ((i % 2 == 1) == (i < 2)) chain.expect(3, i);
  }
  commands.run();
  chain.verify(run);
}

// How many samples were drawn between begin and end, with and without anything in the way.
void occlusion(Run& run) {
  Chain chain(run.gpu);
  const Picture picture(run.gpu, Picture::Way::Dynamic);
  const QueryPool queries = makeQueries(run.gpu, VK_QUERY_TYPE_OCCLUSION, 2);
  const bool precise = run.gpu.features().core.features.occlusionQueryPrecise != VK_FALSE;
  Recording commands(run.gpu);
  vkCmdResetQueryPool(commands, queries, 0, 2);
  picture.prepare(commands);
  chain.record(commands, 6, 2);
  picture.beginDrawing(commands);
  vkCmdBeginQuery(commands, queries, 0, precise ? VK_QUERY_CONTROL_PRECISE_BIT : 0);
  picture.draw(commands, 0, 2);
  vkCmdEndQuery(commands, queries, 0);
  vkCmdBeginQuery(commands, queries, 1, 0);
  vkCmdEndQuery(commands, queries, 1);
  picture.endDrawing(commands);
  chain.record(commands, 3, 4);
  picture.read(commands);
  commands.run();
  std::array<std::uint64_t, 2> samples{};
  require(vkGetQueryPoolResults(run.gpu.device(), queries, 0, 2, sizeof samples, samples.data(), 8,
                                VK_QUERY_RESULT_64_BIT | VK_QUERY_RESULT_WAIT_BIT),
          "vkGetQueryPoolResults");
  check(samples[0] > 0, "nothing was drawn");
  same(samples[1], 0, "samples of no draw");
  if (precise) run.digest.add(static_cast<std::uint32_t>(samples[0]));
  chain.expect(6, 2);
  chain.expect(3, 4);
  chain.verify(run);
  picture.verify(run);
}

// A query around a whole pass and the work before it.
void aroundEverything(Run& run) {
  if (run.gpu.features().core.features.pipelineStatisticsQuery == VK_FALSE) throw Skip{"no pipeline statistics"};
  Chain chain(run.gpu);
  const Picture picture(run.gpu, Picture::Way::Pass);
  const QueryPool queries = makeQueries(run.gpu, VK_QUERY_TYPE_PIPELINE_STATISTICS, 1,
                                        VK_QUERY_PIPELINE_STATISTIC_INPUT_ASSEMBLY_PRIMITIVES_BIT |
                                            VK_QUERY_PIPELINE_STATISTIC_COMPUTE_SHADER_INVOCATIONS_BIT);
  Recording commands(run.gpu);
  vkCmdResetQueryPool(commands, queries, 0, 1);
  picture.prepare(commands);
  vkCmdBeginQuery(commands, queries, 0, 0);
  chain.record(commands, 5, 6);
  picture.beginDrawing(commands);
  picture.draw(commands, 0, 4);
  picture.endDrawing(commands);
  chain.record(commands, 5, 7);
  vkCmdEndQuery(commands, queries, 0);
  picture.read(commands);
  commands.run();
  std::array<std::uint64_t, 2> counts{};
  require(vkGetQueryPoolResults(run.gpu.device(), queries, 0, 1, sizeof counts, counts.data(), sizeof counts,
                                VK_QUERY_RESULT_64_BIT | VK_QUERY_RESULT_WAIT_BIT),
          "vkGetQueryPoolResults");
  same(counts[0], 4, "triangles");
  same(counts[1], std::uint64_t{10} * Chain::kCount, "invocations");
  chain.expect(5, 6);
  chain.expect(5, 7);
  chain.verify(run);
  picture.verify(run);
}

constexpr Case kCases[] = {
    {"nesting.conditional", Kind::Quick, conditional},
    {"nesting.occlusion", Kind::Quick, occlusion},
    {"nesting.around_everything", Kind::Quick, aroundEverything},
};

}  // namespace

Cases nestingCases() { return kCases; }

}  // namespace semantics
