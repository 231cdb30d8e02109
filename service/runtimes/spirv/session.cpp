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

// Held: something was handed over, has not gone out, and the gate holds. If everything that did go out was also seen to
// end, the buffers are still.
void Session::endIfHeld() {
  const std::uint64_t submits = m_job.gate.submits();  // read first: see endWithStateOf
  std::uint64_t position = 0;
  bool running = false;
  {
    const std::lock_guard lock(m_job.standing.mutex);
    if (m_job.standing.made == submits || m_job.standing.landed != submits || !m_job.gate.holds()) return;
    position = m_job.standing.position;
    running = m_job.standing.running;
  }
  if (!m_job.buffers->inPlace()) endWithLastCheckpoint(position);
  if (running) endWithStateOf(position, submits);
}

// Why the saved state is whole: `submits` grows before a submission reaches the driver. Nothing was on the GPU when the
// reading began; if `submits` is the same when it has ended, nothing went out meanwhile, so the buffers were still.
void Session::endWithStateOf(std::uint64_t position, std::uint64_t submits) {
  const std::lock_guard saving(m_job.saving);  // the gate may open, and the runner then saves and leaves by itself
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

void Session::endWithLastCheckpoint(std::uint64_t position) {
  const std::uint64_t kept = m_job.checkpoint->kept().value_or(0);
  m_ending.evicted(m_job.progressAt(kept),
                   position > kept
                       ? "the state could not be read from the GPU while its gate is closed; the work since "
                         "the last checkpoint will be done again"
                       : "");
}

}  // namespace lull::spirv
