// SPDX-License-Identifier: Apache-2.0
#include "runtimes/spirv/watcher.h"

#include <algorithm>

namespace lull::spirv {

namespace {

constexpr std::uint64_t kProgressEveryNs = 250'000'000;

}  // namespace

void Watcher::run() {
  for (;;) {
    const Flying piece = head();
    // The one before it has ended and the driver has it: from now on it has the GPU to itself.
    if (auto ended = m_job.submitter.wait(piece.fence); !ended) m_ending.failed(ended.failure());
    const VkResult reset = vkResetFences(m_job.gpu.device, 1, &piece.fence);
    if (reset != VK_SUCCESS) m_ending.failed(fromVulkan(reset, "vkResetFences"));
    landed(piece);
  }
}

Flying Watcher::head() {
  Standing& standing = m_job.standing;
  std::unique_lock lock(standing.mutex);
  standing.changed.wait(lock, [&] { return !standing.flight.empty(); });
  return standing.flight.front();
}

void Watcher::landed(const Flying& piece) {
  Standing& standing = m_job.standing;
  const std::uint64_t now = monotonicNs();
  const std::uint64_t begin = std::max(piece.submittedNs, m_lastEndNs);
  const std::uint64_t took = now > begin ? now - begin : 0;
  m_lastEndNs = now;
  {
    const std::lock_guard lock(standing.mutex);
    standing.flight.pop_front();
    standing.position = piece.end;
    standing.pacer.measured(piece.end - piece.begin, took);
    standing.workedNs += took;
  }
  standing.changed.notify_all();
  if (now - m_toldNs >= kProgressEveryNs) tellProgress(now);
}

void Watcher::tellProgress(std::uint64_t now) {
  m_toldNs = now;
  worker::v1::FromWorker message;
  {
    const std::lock_guard lock(m_job.standing.mutex);
    const std::uint64_t position = m_job.standing.position;
    const auto left = static_cast<double>(m_job.work.total() - position);
    message.mutable_progress()->set_progress(m_job.progressAt(position));
    message.mutable_progress()->set_seconds_left(left * m_job.standing.pacer.nsPerGroup() / 1e9);
  }
  m_link.send(message);
}

}  // namespace lull::spirv
