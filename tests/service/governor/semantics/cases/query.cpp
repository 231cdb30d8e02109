// SPDX-License-Identifier: Apache-2.0
// Time stamps and other queries around dispatches.
#include "chain.h"
#include "suite.h"

namespace semantics {

namespace {

constexpr std::uint32_t kStamps = 9;

void needStamps(Run& run) {
  if (run.gpu.timestampBits() == 0) throw Skip{"the queue has no time stamps"};
}

// Steps with a stamp before each and one behind the last.
void stamped(VkCommandBuffer commands, Chain& chain, VkQueryPool queries) {
  vkCmdResetQueryPool(commands, queries, 0, kStamps);
  chain.prepare(commands);
  for (std::uint32_t i = 0; i < kStamps; ++i) {
    vkCmdWriteTimestamp(commands, VK_PIPELINE_STAGE_COMPUTE_SHADER_BIT, queries, i);
    if (i + 1 == kStamps) break;
    chain.step(commands, i);
    chain.expect(1, i);
    barrier(commands);
  }
}

void verifyStamps(std::span<const std::uint64_t> stamps) {
  for (std::size_t i = 1; i < stamps.size(); ++i) check(stamps[i] >= stamps[i - 1], "time goes backwards");
  check(stamps.back() > stamps.front(), "time stands still");
}

void timestamps(Run& run) {
  needStamps(run);
  Chain chain(run.gpu);
  const QueryPool queries = makeQueries(run.gpu, VK_QUERY_TYPE_TIMESTAMP, kStamps);
  Recording commands(run.gpu);
  stamped(commands, chain, queries);
  commands.run();
  std::array<std::uint64_t, kStamps> stamps{};
  require(vkGetQueryPoolResults(run.gpu.device(), queries, 0, kStamps, sizeof stamps, stamps.data(), 8,
                                VK_QUERY_RESULT_64_BIT),
          "vkGetQueryPoolResults");
  verifyStamps(stamps);
  chain.verify(run);
}

// The host waits for the results and for nothing else.
void waitedFor(Run& run) {
  needStamps(run);
  Chain chain(run.gpu);
  const QueryPool queries = makeQueries(run.gpu, VK_QUERY_TYPE_TIMESTAMP, kStamps);
  vkResetQueryPool(run.gpu.device(), queries, 0, kStamps);
  const CommandPool pool = makePool(run.gpu);
  VkCommandBuffer commands = allocate(run.gpu, pool);
  begin(commands);
  chain.prepare(commands);
  for (std::uint32_t i = 0; i < kStamps; ++i) {
    vkCmdWriteTimestamp(commands, VK_PIPELINE_STAGE_COMPUTE_SHADER_BIT, queries, i);
    chain.step(commands, i);
    chain.expect(1, i);
    barrier(commands);
  }
  end(commands);
  submit(run.gpu, commands);
  std::array<std::uint64_t, kStamps> stamps{};
  require(vkGetQueryPoolResults(run.gpu.device(), queries, 0, kStamps, sizeof stamps, stamps.data(), 8,
                                VK_QUERY_RESULT_64_BIT | VK_QUERY_RESULT_WAIT_BIT),
          "vkGetQueryPoolResults");
  verifyStamps(stamps);
  run.gpu.waitIdle();
  chain.verify(run);
}

// The host asks until they are there.
void askedFor(Run& run) {
  needStamps(run);
  Chain chain(run.gpu);
  const QueryPool queries = makeQueries(run.gpu, VK_QUERY_TYPE_TIMESTAMP, 1);
  vkResetQueryPool(run.gpu.device(), queries, 0, 1);
  const CommandPool pool = makePool(run.gpu);
  VkCommandBuffer commands = allocate(run.gpu, pool);
  begin(commands);
  chain.record(commands, 10, 2);
  vkCmdWriteTimestamp(commands, VK_PIPELINE_STAGE_BOTTOM_OF_PIPE_BIT, queries, 0);
  end(commands);
  const Fence fence = makeFence(run.gpu);
  submit(run.gpu, commands, fence);
  std::array<std::uint64_t, 2> result{};
  VkResult answer = VK_NOT_READY;
  while (answer == VK_NOT_READY || result[1] == 0) {
    answer = vkGetQueryPoolResults(run.gpu.device(), queries, 0, 1, sizeof result, result.data(), sizeof result,
                                   VK_QUERY_RESULT_64_BIT | VK_QUERY_RESULT_WITH_AVAILABILITY_BIT);
    check(answer == VK_SUCCESS || answer == VK_NOT_READY, "vkGetQueryPoolResults failed");
  }
  check(result[0] != 0, "no time stamp");
  wait(run.gpu, fence);
  chain.expect(10, 2);
  chain.verify(run);
}

void copied(Run& run) {
  needStamps(run);
  Chain chain(run.gpu);
  const QueryPool queries = makeQueries(run.gpu, VK_QUERY_TYPE_TIMESTAMP, kStamps);
  const Buffer results(run.gpu, kStamps * 2);
  Recording commands(run.gpu);
  stamped(commands, chain, queries);
  vkCmdCopyQueryPoolResults(commands, queries, 0, kStamps, results, 0, 8,
                            VK_QUERY_RESULT_64_BIT | VK_QUERY_RESULT_WAIT_BIT);
  commands.run();
  std::array<std::uint64_t, kStamps> stamps{};
  for (std::uint32_t i = 0; i < kStamps; ++i) {
    stamps[i] = results[i * 2] | (std::uint64_t{results[i * 2 + 1]} << 32);
  }
  verifyStamps(stamps);
  chain.verify(run);
}

// How many invocations there were between begin and end: none may be lost to another command buffer.
void statistics(Run& run) {
  if (run.gpu.features().core.features.pipelineStatisticsQuery == VK_FALSE) throw Skip{"no pipeline statistics"};
  Chain chain(run.gpu);
  const QueryPool queries = makeQueries(run.gpu, VK_QUERY_TYPE_PIPELINE_STATISTICS, 2,
                                        VK_QUERY_PIPELINE_STATISTIC_COMPUTE_SHADER_INVOCATIONS_BIT);
  Recording commands(run.gpu);
  vkCmdResetQueryPool(commands, queries, 0, 2);
  chain.prepare(commands);
  for (std::uint32_t query = 0; query < 2; ++query) {
    chain.record(commands, 2, 40);  // outside
    vkCmdBeginQuery(commands, queries, query, 0);
    chain.record(commands, 5 + query, query);
    vkCmdEndQuery(commands, queries, query);
    chain.expect(2, 40);
    chain.expect(5 + query, query);
  }
  commands.run();
  std::array<std::uint64_t, 2> counts{};
  require(vkGetQueryPoolResults(run.gpu.device(), queries, 0, 2, sizeof counts, counts.data(), 8,
                                VK_QUERY_RESULT_64_BIT | VK_QUERY_RESULT_WAIT_BIT),
          "vkGetQueryPoolResults");
  for (std::uint32_t query = 0; query < 2; ++query) {
    same(counts[query], std::uint64_t{5 + query} * Chain::kCount, "invocations of query " + std::to_string(query));
  }
  chain.verify(run);
}

constexpr Case kCases[] = {
    {"query.timestamps", Kind::Quick, timestamps}, {"query.waited_for", Kind::Quick, waitedFor},
    {"query.asked_for", Kind::Quick, askedFor},    {"query.copied", Kind::Quick, copied},
    {"query.statistics", Kind::Quick, statistics},
};

}  // namespace

Cases queryCases() { return kCases; }

}  // namespace semantics
