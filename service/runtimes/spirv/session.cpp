// SPDX-License-Identifier: Apache-2.0
#include "runtimes/spirv/session.h"

#include "base/log.h"

namespace lull::spirv {

namespace {

// How often to look whether the runner is held, while evicting only.
constexpr int kLookMs = 5;

}  // namespace

void Session::hear() {
  for (;;) {
    const auto message = m_link.receiveWithin(m_evicting ? kLookMs : -1);
    if (!message) {
      log::info("the worker ends: {}", message.error().text());
      return;
    }
    if (message.value() && message.value()->has_evict()) wantBack();
    if (m_evicting) endIfHeld();
  }
}

void Session::wantBack() {
  m_evicting = true;
  {
    const std::lock_guard lock(m_job.standing.mutex);
    m_job.standing.evict = true;
  }
  m_job.standing.changed.notify_all();
}

// Why the saved state is whole: `submits` grows before a submission reaches the driver. Nothing flies when the reading
// begins, and if `submits` is the same when it has ended, nothing went out meanwhile, so the buffers were still.
void Session::endIfHeld() {
  const std::uint64_t submits = m_job.gate.submits();
  std::uint64_t position = 0;
  bool running = false;
  {
    const std::lock_guard lock(m_job.standing.mutex);
    const bool held = m_job.standing.submitting && m_job.standing.flight.empty();
    if (!held || !m_job.gate.holds() || !m_job.gate.idle()) return;
    // The runner may be inside vkQueueSubmit although its piece has gone through, and even ended: the state is then
    // beyond `position`.
    if (submits != m_job.standing.submitsBefore) return;
    position = m_job.standing.position;
    running = m_job.standing.running;
  }
  if (!m_job.buffers->inPlace() || !running) {
    if (m_job.gate.submits() == submits && m_job.gate.holds()) endWithLastCheckpoint();
    return;
  }
  const std::lock_guard saving(m_job.saving);  // free: in place, the runner does not submit while it saves
  Checkpoint& checkpoint = *m_job.checkpoint;
  if (position == checkpoint.kept().value_or(0)) m_ending.evicted(m_job.progressAt(position), "");
  auto saved = checkpoint.write(position);
  if (!saved) {
    m_ending.evicted(m_job.progressAt(checkpoint.kept().value_or(0)),
                     saved.failure().message() + " (" + saved.failure().technical() + ")");
  }
  if (m_job.gate.submits() != submits) {
    checkpoint.discard();
    return;
  }
  if (saved = checkpoint.keep(); saved) m_ending.evicted(m_job.progressAt(position), "");
  m_ending.evicted(m_job.progressAt(checkpoint.kept().value_or(0)), saved.failure().message());
}

void Session::endWithLastCheckpoint() {
  const double progress = m_job.progressAt(m_job.checkpoint->kept().value_or(0));
  const bool lost = m_job.standing.position > m_job.checkpoint->kept().value_or(0);
  m_ending.evicted(progress, lost ? "the state could not be read from the GPU while its gate is closed; the work since "
                                    "the last checkpoint will be done again"
                                  : "");
}

}  // namespace lull::spirv
