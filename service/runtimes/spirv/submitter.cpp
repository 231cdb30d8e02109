// SPDX-License-Identifier: Apache-2.0
#include "runtimes/spirv/submitter.h"

#include <ctime>
#include <optional>

namespace lull::spirv {

namespace {

// How often, within the limit, to look whether work that has not ended is on the GPU at all.
constexpr std::uint64_t kLooks = 4;

}  // namespace

std::uint64_t monotonicNs() {
  timespec now{};
  ::clock_gettime(CLOCK_MONOTONIC, &now);
  return static_cast<std::uint64_t>(now.tv_sec) * 1'000'000'000U + static_cast<std::uint64_t>(now.tv_nsec);
}

Step Submitter::send(VkCommandBuffer commands, Flying piece) {
  piece.gateWord = m_gate.word();
  const auto number = submit(commands, piece.fence);
  if (!number) return number.failure();
  piece.number = *number;
  piece.submittedNs = monotonicNs();
  {
    const std::lock_guard lock(m_standing.mutex);
    m_standing.flight.push_back(piece);
  }
  m_standing.changed.notify_all();
  return Done{};
}

Step Submitter::wait(const Flying& piece) const { return waitFor(piece.number, piece.fence); }

Step Submitter::runToEnd(VkCommandBuffer commands, VkFence fence) {
  const auto number = submit(commands, fence);
  if (!number) return number.failure();
  if (auto ended = waitFor(*number, fence); !ended) return ended;
  {
    const std::lock_guard lock(m_standing.mutex);
    ++m_standing.landed;
  }
  const VkResult reset = vkResetFences(m_gpu.device, 1, &fence);
  if (reset != VK_SUCCESS) return fromVulkan(reset, "vkResetFences");
  return Done{};
}

Attempt<std::uint64_t> Submitter::submit(VkCommandBuffer commands, VkFence fence) {
  std::uint64_t number = 0;
  {
    const std::lock_guard lock(m_standing.mutex);
    number = ++m_standing.made;
  }
  VkSubmitInfo info{};
  info.sType = VK_STRUCTURE_TYPE_SUBMIT_INFO;
  info.commandBufferCount = 1;
  info.pCommandBuffers = &commands;
  const VkResult result = vkQueueSubmit(m_gpu.queue, 1, &info, fence);
  if (result != VK_SUCCESS) return fromVulkan(result, "vkQueueSubmit");
  return number;
}

// The fence of work that is held back is pending for as long as the gate is closed: only the time since it was seen to
// have gone out counts. (All before it has ended, so from then on it has the GPU to itself.)
Step Submitter::waitFor(std::uint64_t number, VkFence fence) const {
  std::optional<std::uint64_t> outSince;
  for (;;) {
    const VkResult result = vkWaitForFences(m_gpu.device, 1, &fence, VK_TRUE, m_limitNs / kLooks);
    if (result == VK_SUCCESS) return Done{};
    if (result != VK_TIMEOUT) return fromVulkan(result, "vkWaitForFences");
    if (m_gate.governed() && m_gate.submits() < number) continue;
    const std::uint64_t now = monotonicNs();
    if (!outSince) outSince = now;
    if (now - *outSince >= m_limitNs) break;
  }
  return failure(Failure::KIND_TIMED_OUT, "A piece of this task's GPU work did not end in time, so it was stopped.",
                 "no end after " + std::to_string(m_limitNs / 1'000'000'000) + " s (gpu.piece_limit)");
}

}  // namespace lull::spirv
