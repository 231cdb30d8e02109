// SPDX-License-Identifier: Apache-2.0
#include "runtimes/spirv/watcher.h"

#include <algorithm>

namespace lull::spirv {

namespace {

constexpr std::uint64_t kProgressEveryNs = 250'000'000;
// The meter may lag one piece behind at either end of a lesson: so many pieces make that an eighth.
constexpr std::uint64_t kMeteredPieces = 8;

}  // namespace

void Watcher::run() {
  for (;;) {
    const Flying piece = head();
    if (auto ended = m_job.submitter.wait(piece); !ended) m_ending.failed(ended.failure());
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
    ++standing.landed;
    standing.position = piece.end;
    standing.workedNs = m_job.gate.governed() ? m_job.gate.gpuNs() : standing.workedNs + took;
    learn(piece, took);
  }
  standing.changed.notify_all();
  if (now - m_toldNs >= kProgressEveryNs) tellProgress(now);
}

// Time in which the governor held it back says nothing about a piece: at a gate that was turned meanwhile, or for want
// of GPU time where that is rationed.
void Watcher::learn(const Flying& piece, std::uint64_t tookNs) {
  const std::uint64_t groups = piece.end - piece.begin;
  if (m_job.gate.rationed()) return learnFromMeter(groups);
  m_lesson.reset();
  if (piece.gateWord == m_job.gate.word()) m_job.standing.pacer.measured(groups, tookNs);
}

void Watcher::learnFromMeter(std::uint64_t groups) {
  const std::uint64_t ns = m_job.gate.gpuNs();
  if (m_lesson) {
    m_lesson->groups += groups;
    if (++m_lesson->pieces < kMeteredPieces) return;
    m_job.standing.pacer.measured(m_lesson->groups / kMeteredPieces, (ns - m_lesson->fromNs) / kMeteredPieces);
  }
  m_lesson = Lesson{.fromNs = ns};
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
