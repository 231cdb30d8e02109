// SPDX-License-Identifier: Apache-2.0
#include "runtimes/spirv/submitter.h"

#include <ctime>

namespace lull::spirv {

std::uint64_t monotonicNs() {
  timespec now{};
  ::clock_gettime(CLOCK_MONOTONIC, &now);
  return static_cast<std::uint64_t>(now.tv_sec) * 1'000'000'000U + static_cast<std::uint64_t>(now.tv_nsec);
}

Step Submitter::submit(VkCommandBuffer commands, VkFence fence, const Flying* piece) {
  {
    const std::lock_guard lock(m_standing.mutex);
    m_standing.submitting = true;
    m_standing.submitsBefore = m_gate.submits();
  }
  VkSubmitInfo info{};
  info.sType = VK_STRUCTURE_TYPE_SUBMIT_INFO;
  info.commandBufferCount = 1;
  info.pCommandBuffers = &commands;
  const VkResult result = vkQueueSubmit(m_gpu.queue, 1, &info, fence);
  {
    const std::lock_guard lock(m_standing.mutex);
    m_standing.submitting = false;
    if (result == VK_SUCCESS && piece != nullptr) {
      m_standing.flight.push_back(*piece);
      m_standing.flight.back().submittedNs = monotonicNs();
    }
  }
  m_standing.changed.notify_all();
  if (result != VK_SUCCESS) return fromVulkan(result, "vkQueueSubmit");
  return Done{};
}

Step Submitter::wait(VkFence fence) const {
  const VkResult result = vkWaitForFences(m_gpu.device, 1, &fence, VK_TRUE, m_limitNs);
  if (result == VK_SUCCESS) return Done{};
  if (result != VK_TIMEOUT) return fromVulkan(result, "vkWaitForFences");
  return failure(Failure::KIND_TIMED_OUT, "A piece of this task's GPU work did not end in time, so it was stopped.",
                 "no end after " + std::to_string(m_limitNs / 1'000'000'000) + " s (tasks.piece_limit)");
}

}  // namespace lull::spirv
