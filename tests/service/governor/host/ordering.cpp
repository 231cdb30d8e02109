// SPDX-License-Identifier: Apache-2.0
// Work that waits: for other work, for the program, or with the program waiting for it.
#include "service/governor/host/host.h"

namespace host {

namespace {

// One group of work on a queue, which may wait for one value and signal another (0: none). Binary semaphores have no
// values: any but 0 will do.
struct Ordered {
  VkQueue queue = VK_NULL_HANDLE;
  VkSemaphore semaphore = VK_NULL_HANDLE;
  std::uint64_t waits = 0;
  std::uint64_t signals = 0;
  std::uint32_t turns = 1;
};

VkFence submitOrdered(Host& h, const Ordered& ordered) {
  const VkTimelineSemaphoreSubmitInfo values{.sType = VK_STRUCTURE_TYPE_TIMELINE_SEMAPHORE_SUBMIT_INFO,
                                             .waitSemaphoreValueCount = ordered.waits != 0 ? 1U : 0U,
                                             .pWaitSemaphoreValues = &ordered.waits,
                                             .signalSemaphoreValueCount = ordered.signals != 0 ? 1U : 0U,
                                             .pSignalSemaphoreValues = &ordered.signals};
  VkCommandBuffer commands = record(h, 1, ordered.turns);
  const VkPipelineStageFlags stage = VK_PIPELINE_STAGE_COMPUTE_SHADER_BIT;
  const VkSubmitInfo info{.sType = VK_STRUCTURE_TYPE_SUBMIT_INFO,
                          .pNext = &values,
                          .waitSemaphoreCount = values.waitSemaphoreValueCount,
                          .pWaitSemaphores = &ordered.semaphore,
                          .pWaitDstStageMask = &stage,
                          .commandBufferCount = 1,
                          .pCommandBuffers = &commands,
                          .signalSemaphoreCount = values.signalSemaphoreValueCount,
                          .pSignalSemaphores = &ordered.semaphore};
  VkFence fence = newFence(h);
  require(vkQueueSubmit(ordered.queue, 1, &info, fence), "vkQueueSubmit");
  return fence;
}

void signal(Host& h, VkSemaphore semaphore, std::uint64_t value) {
  const VkSemaphoreSignalInfo info{
      .sType = VK_STRUCTURE_TYPE_SEMAPHORE_SIGNAL_INFO, .semaphore = semaphore, .value = value};
  require(vkSignalSemaphore(h.gpu.device(), &info), "vkSignalSemaphore");
}

VkSemaphore theTimeline(Host& h) {
  if (h.timeline == VK_NULL_HANDLE) h.timeline = makeTimeline(h.gpu);
  return h.timeline;
}

// Work on the second queue that waits for work on the first, submitted before or after it, so many times over.
std::string cross(Host& h, std::uint64_t rounds, std::uint32_t turns) {
  VkSemaphore line = theTimeline(h);
  VkQueue first = h.gpu.queues()[0].handle;
  VkQueue second = h.gpu.queues()[1].handle;
  for (std::uint64_t i = 0; i < rounds; ++i) {
    const std::uint64_t value = ++h.told;
    const Ordered waiting{.queue = second, .semaphore = line, .waits = value, .turns = turns};
    const Ordered signalling{.queue = first, .semaphore = line, .signals = value, .turns = turns};
    submitOrdered(h, i % 2 == 0 ? waiting : signalling);
    submitOrdered(h, i % 2 == 0 ? signalling : waiting);
    VkSemaphore binary = h.semaphores.emplace_back(makeSemaphore(h.gpu));
    submitOrdered(h, {.queue = first, .semaphore = binary, .signals = 1, .turns = turns});
    submitOrdered(h, {.queue = second, .semaphore = binary, .waits = 1, .turns = turns});
  }
  return "ok";
}

// Work that waits for a value which the program signals when it is told to.
std::string hold(Host& h, std::uint64_t, std::uint32_t) {
  VkSemaphore line = theTimeline(h);
  submitOrdered(h, {.queue = h.gpu.queue(), .semaphore = line, .waits = ++h.told});
  return "ok";
}

std::string letGo(Host& h, std::uint64_t, std::uint32_t) {
  signal(h, h.timeline, h.told);
  return "ok";
}

// Waits for a query's result while the work behind it waits for what this thread does only then.
std::string stamp(Host& h, std::uint64_t a, std::uint32_t b) {
  VkQueryPool queries = h.queries.emplace_back(makeQueries(h.gpu, VK_QUERY_TYPE_TIMESTAMP, 1));
  VkCommandBuffer commands = allocate(h.gpu, h.pool);
  begin(commands);
  vkCmdResetQueryPool(commands, queries, 0, 1);
  vkCmdWriteTimestamp(commands, VK_PIPELINE_STAGE_BOTTOM_OF_PIPE_BIT, queries, 0);
  end(commands);
  submit(h.gpu, commands, newFence(h));
  hold(h, a, b);
  std::uint64_t ticks = 0;
  require(vkGetQueryPoolResults(h.gpu.device(), queries, 0, 1, sizeof ticks, &ticks, sizeof ticks,
                                VK_QUERY_RESULT_64_BIT | VK_QUERY_RESULT_WAIT_BIT),
          "vkGetQueryPoolResults");
  letGo(h, a, b);
  return ticks != 0 ? "stamped" : "no stamp";
}

// Work that waits for a value which this thread signals only after the submission has returned; then a second one
// behind it. Says whether the work had the patience, and the semaphore its final value.
std::string timeline(Host& h, std::uint64_t, std::uint32_t) {
  VkSemaphore line = h.semaphores.emplace_back(makeTimeline(h.gpu));
  h.gpu.waitIdle();
  const std::uint32_t before = h.counts[0];
  const std::uint64_t done = 2;
  VkFence fence = submitOrdered(h, {.queue = h.gpu.queue(), .semaphore = line, .waits = 1, .signals = done});
  work(h, 1, 1);  // with a cap of one this would wait for ever for the one before it
  const bool early = vkGetFenceStatus(h.gpu.device(), fence) == VK_SUCCESS || h.counts[0] != before;
  signal(h, line, 1);
  const VkSemaphoreWaitInfo info{
      .sType = VK_STRUCTURE_TYPE_SEMAPHORE_WAIT_INFO, .semaphoreCount = 1, .pSemaphores = &line, .pValues = &done};
  require(vkWaitSemaphores(h.gpu.device(), &info, 10'000'000'000), "vkWaitSemaphores");
  std::uint64_t value = 0;
  vkGetSemaphoreCounterValue(h.gpu.device(), line, &value);
  return std::string(early ? "early " : "patient ") + std::to_string(value);
}

}  // namespace

std::span<const Verb> orderingVerbs() {
  static constexpr Verb kVerbs[] = {
      {"cross", cross}, {"hold", hold}, {"let", letGo}, {"stamp", stamp}, {"timeline", timeline},
  };
  return kVerbs;
}

}  // namespace host
