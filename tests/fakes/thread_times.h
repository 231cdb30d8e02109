// SPDX-License-Identifier: Apache-2.0
// What the threads of a program got from the machine over some time, as the kernel counts it: why something took long.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <map>

namespace lull::fakes {

struct Spent {
  // By all threads but the program's first, which records, computes and checks meanwhile: that holds nobody up.
  std::uint64_t ranNs = 0;
  std::uint64_t ranMostNs = 0;  // by one of them
  // Ready and without a processor: all threads.
  std::uint64_t waitedNs = 0;
  std::uint64_t waitedMostNs = 0;     // one of them
  std::uint64_t lookingNs = 0;        // before and behind what was looked at: counted in ranNs, not in waitedNs
  std::uint64_t waitedPerhapsNs = 0;  // waitedNs with all that may lie in there
  std::uint64_t stolenNs = 0;         // the machine's host ran something else; in steps of 10 ms
  std::uint64_t smallFaults = 0;
  std::uint64_t diskFaults = 0;

  // Whether what took `tookNs` would have taken `limitNs` at most with processors enough. Threads wait one after the
  // other, so the longest wait of one may not be all; and at the same time, so the sum may be too much. The sum counts
  // where all threads ran less than the limit: then one processor for all of them would have been enough.
  [[nodiscard]] bool wantsProcessor(std::uint64_t tookNs, std::uint64_t limitNs) const {
    if (ranMostNs > limitNs) return false;
    if (tookNs <= waitedMostNs + limitNs) return true;
    return ranNs <= limitNs && tookNs <= waitedNs + limitNs;
  }
};

class ThreadTimes {
public:
  // Of the program's threads and of the one that asks. 0: there is no program.
  [[nodiscard]] static ThreadTimes now(pid_t program);
  // Around something that took `tookNs`. Looking takes time too, so of each wait only what was longer than that counts.
  // Threads that have ended meanwhile are not counted.
  [[nodiscard]] Spent since(const ThreadTimes& before, std::uint64_t tookNs) const;

private:
  struct Thread {
    std::uint64_t ranNs = 0;
    std::uint64_t waitedNs = 0;
    std::uint64_t smallFaults = 0;
    std::uint64_t diskFaults = 0;
  };
  [[nodiscard]] static Thread read(pid_t program, pid_t thread);

  pid_t m_program = 0;
  std::map<pid_t, Thread> m_threads;
  std::uint64_t m_stolenNs = 0;
  std::uint64_t m_beginNs = 0;  // of the look
  std::uint64_t m_endNs = 0;
};

}  // namespace lull::fakes
