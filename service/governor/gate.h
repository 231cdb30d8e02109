// SPDX-License-Identifier: Apache-2.0
// The rules of the governor page, without Vulkan: when a slice may go out, and when the GPU is given back.
// One per process, whatever number of devices it opens. Thread-safe.
//
// What holds: a slice is counted in the same step that finds the gate open, and the drained acknowledgement is given in
// one step that finds the gate closed and nothing counted. So after `drained` equals the gate's word, nothing of this
// process runs on the GPU until the service opens the gate again.
#pragma once

#include "governor/pacing/bucket.h"
#include "governor/pacing/depth.h"
#include "governor/page.h"

#include <condition_variable>
#include <cstdint>
#include <mutex>

namespace lull::governor {

// What is asked for one slice. The same is told when it is done.
struct Passage {
  bool opensSubmission = false;  // the first slice of one of the program's submissions
  bool capped = true;            // false: it may wait for what we cannot see, so it must not hold others back
  std::uint64_t expectedNs = 0;  // 0: not known
};

class Gate {
public:
  // `page` outlives the gate; eventFd < 0: no event is wanted.
  Gate(Page& page, int eventFd);
  [[nodiscard]] Page& page() { return m_page; }

  enum class Verdict {
    Granted,
    Closed,
    Stale,   // the service's heart has stopped: as closed, without an acknowledgement
    Full,    // as many slices as may be are out
    Unpaid,  // more than the duty was used
  };
  struct Answer {
    Verdict verdict = Verdict::Granted;
    std::uint64_t waitNs = 0;  // Unpaid, Stale: how long it may last
    std::uint64_t turns = 0;
    std::uint64_t finishes = 0;
  };
  // Never blocks. Granted: the slice is counted, and one finish() or retract() follows.
  [[nodiscard]] Answer tryAdmit(const Passage& passage);
  // As tryAdmit(), of the gate alone, and nothing is counted: Granted, Closed or Stale.
  [[nodiscard]] Answer look();
  // Sleeps until the answer may be another, or a nudge. False: Full, and for kStallLimitNs nothing has finished, so
  // what is out may be waiting (on an event, say) for the very thing that is held back.
  [[nodiscard]] bool waitAfter(const Answer& refused);
  static constexpr std::uint64_t kStallLimitNs = 1'000'000'000;
  // Blocks until it is granted.
  void admit(const Passage& passage);

  // Done. Its GPU time is on the page before an acknowledgement can be. `gapNs`: how long the GPU had nothing to do
  // before it although it was waiting.
  struct Ran {
    std::uint64_t gpuNs = 0;
    std::uint64_t gapNs = 0;
  };
  void finish(const Passage& passage, const Ran& ran);
  // It never went out.
  void retract(const Passage& passage);

  void attachDevice();
  void detachDevice();
  void countUngoverned();

  // Open, and the service alive.
  [[nodiscard]] bool mayRun() const;
  // How long a slice should take, and whether the program's submissions are left as they are.
  [[nodiscard]] std::uint64_t targetNs() const;
  [[nodiscard]] bool leavesWhole() const;
  // For calls that a program repeats until they say yes: while nothing may run, they sleep before they say no, longer
  // each time. `restNs` is the caller's, 0 in the beginning.
  void rest(std::uint64_t& restNs);

  // Looks at the page whenever it changes: acknowledges a gate that was closed while nothing ran, wakes who waits here.
  // Returns when told to stop (and woken), or when the service's heart has stopped for longer than the page's grace.
  enum class Listened { Stopped, GraceOver };
  Listened listen(const std::atomic<bool>& stop);
  // Whoever waits here looks again.
  void nudge();

private:
  [[nodiscard]] bool heartbeatIsStale(std::uint64_t nowNs) const;
  [[nodiscard]] std::uint64_t heartbeatRecheckNs() const;
  [[nodiscard]] std::uint64_t listenNs(std::uint64_t nowNs) const;
  [[nodiscard]] bool graceIsOver(std::uint64_t nowNs) const;
  [[nodiscard]] Answer judge(const Passage& passage);
  [[nodiscard]] Answer judgeGate(std::uint64_t nowNs) const;
  enum class Cause { Stop, Attaching };
  void acknowledge(Cause cause);  // if due; m_mutex is held
  void subtract(const Passage& passage);
  void chooseDepth();
  void turned();

  Page& m_page;
  const int m_eventFd;
  std::mutex m_mutex;
  std::condition_variable m_room;    // for Full and Unpaid
  std::condition_variable m_turned;  // for everything else
  std::uint64_t m_turns = 0;
  std::uint64_t m_finishes = 0;
  std::uint32_t m_waitingForRoom = 0;
  std::uint32_t m_waitingForTurn = 0;
  std::uint64_t m_inFlight = 0;
  std::uint64_t m_uncapped = 0;  // of these
  std::uint64_t m_expectedNs = 0;
  Bucket m_bucket;
  Depth m_depth;
  bool m_parked = true;
  std::atomic<std::uint32_t> m_depthNow{1};
  std::uint32_t m_devices = 0;
};

}  // namespace lull::governor
