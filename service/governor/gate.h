// SPDX-License-Identifier: Apache-2.0
// The rules of the governor page, without Vulkan: when a submission may go out, and when the GPU is given back.
// One per process, whatever number of devices it opens. Thread-safe.
//
// What holds: a submission is counted in the same step that finds the gate open, and the drained acknowledgement
// is given in one step that finds the gate closed and nothing counted. So after `drained` equals the gate's word,
// nothing of this process runs on the GPU until the service opens the gate again.
#pragma once

#include "governor/page.h"

#include <condition_variable>
#include <cstdint>
#include <mutex>

namespace lull::governor {

// Whether a submission waits on semaphores, so that its end may depend on one that comes later.
enum class Waits { Nothing, Semaphores };

class Gate {
public:
  // `page` outlives the gate; eventFd < 0: no event is wanted.
  Gate(Page& page, int eventFd);
  [[nodiscard]] Page& page() { return m_page; }

  // Blocks until one more submission may go out and counts it. Each is followed by one finish().
  void admit(Waits waits);
  // A submission is done (or never went out). Its GPU time is on the page before an acknowledgement can be.
  void finish(Waits waits, std::uint64_t gpuNs);

  // Gives the acknowledgement if it is due.
  void acknowledgeIfIdle();

  void attachDevice();
  void detachDevice();
  void countUngoverned();

  // Acknowledges a gate that was closed while nothing ran; sleeps in between. Returns only when told to stop.
  void listen(const std::atomic<bool>& stop);

private:
  [[nodiscard]] bool heartbeatIsStale() const;
  void acknowledge();  // if due; m_mutex is held
  void waitForRoom(std::unique_lock<std::mutex>& lock);

  Page& m_page;
  const int m_eventFd;
  std::mutex m_mutex;
  std::condition_variable m_finished;
  std::uint64_t m_inFlight = 0;
  std::uint64_t m_waiting = 0;  // of these, the ones that wait on semaphores
  bool m_stalled = false;       // a waiting submission held the cap for kStallLimit: let the next one through
  std::uint32_t m_devices = 0;
};

}  // namespace lull::governor
