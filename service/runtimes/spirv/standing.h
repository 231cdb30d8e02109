// SPDX-License-Identifier: Apache-2.0
// What the worker's threads know of each other. Three threads: the session hears the service (main thread), the runner
// submits pieces, the watcher sees them end. The runner may be blocked inside vkQueueSubmit for hours while the gate
// is closed; that is why the session must be able to end the task without it.
#pragma once

#include "runtimes/spirv/pacer.h"

#include <vulkan/vulkan_core.h>

#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <deque>
#include <mutex>

namespace lull::spirv {

// A piece that the driver has.
struct Flying {
  VkFence fence = VK_NULL_HANDLE;
  std::uint64_t begin = 0;
  std::uint64_t end = 0;
  std::uint64_t submittedNs = 0;
};

struct Standing {
  explicit Standing(std::uint64_t pieceNs) : pacer(pieceNs) {}

  std::mutex mutex;
  std::condition_variable changed;
  // Guarded by the mutex:
  std::deque<Flying> flight;   // oldest first
  std::uint64_t position = 0;  // all work before it is done
  Pacer pacer;
  std::uint64_t workedNs = 0;       // GPU time of this worker's pieces
  bool submitting = false;          // the runner is inside vkQueueSubmit
  std::uint64_t submitsBefore = 0;  // GateView::submits() when it went in: unchanged while the gate holds it back
  bool running = false;             // buffers hold the state of `position` whenever nothing flies
  bool evict = false;               // the service wants the memory back

  // Whoever gets true speaks the worker's last message and ends the process; the others stop where they are.
  [[nodiscard]] bool claimEnd() { return !m_ended.exchange(true); }

private:
  std::atomic<bool> m_ended{false};
};

}  // namespace lull::spirv
