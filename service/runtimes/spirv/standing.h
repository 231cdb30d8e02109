// SPDX-License-Identifier: Apache-2.0
// What the worker's threads know of each other. Three threads: the session hears the service (main thread), the runner
// submits pieces, the watcher sees them end. While the gate is closed the governor holds submissions back for hours,
// and the runner waits; that is why the session must be able to end the task without it.
#pragma once

#include "runtimes/spirv/pacer.h"

#include <vulkan/vulkan_core.h>

#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <deque>
#include <mutex>

namespace lull::spirv {

// A piece that was handed over.
struct Flying {
  VkFence fence = VK_NULL_HANDLE;
  std::uint64_t begin = 0;
  std::uint64_t end = 0;
  std::uint64_t number = 0;  // of its submission
  std::uint64_t submittedNs = 0;
  std::uint32_t gateWord = 0;  // when it was handed over
};

struct Standing {
  explicit Standing(std::uint64_t pieceNs) : pacer(pieceNs) {}

  std::mutex mutex;
  std::condition_variable changed;
  // Guarded by the mutex:
  std::deque<Flying> flight;   // oldest first
  std::uint64_t position = 0;  // all work before it is done
  Pacer pacer;
  std::uint64_t workedNs = 0;  // GPU time of this worker
  std::uint64_t made = 0;      // submissions begun: those beyond GateView::submits() are held back by the governor
  std::uint64_t landed = 0;    // submissions that were seen to end
  bool running = false;        // only pieces are submitted; with all landed, the buffers hold the state of `position`
  bool evict = false;          // the service wants the memory back

  // Whoever gets true speaks the worker's last message and ends the process; the others stop where they are.
  [[nodiscard]] bool claimEnd() { return !m_ended.exchange(true); }

private:
  std::atomic<bool> m_ended{false};
};

}  // namespace lull::spirv
