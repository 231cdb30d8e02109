// SPDX-License-Identifier: Apache-2.0
// Opens and closes the gate of a page at random, and holds that each closing is acknowledged.
#pragma once

#include "fakes/service_page.h"
#include "fakes/thread_times.h"
#include "fakes/trace_file.h"

#include <sys/types.h>

#include <atomic>
#include <chrono>
#include <cstdint>
#include <functional>
#include <string>
#include <thread>
#include <vector>

namespace lull::semantics {

class Toggler {
public:
  struct Park {
    std::uint64_t stopNs = 0;     // from the gate's change to the acknowledgement
    std::string during;           // what the program was at
    fakes::Spent spent;           // by the program and by who closed the gate
    bool busy = false;            // something was in flight when the gate was closed
    governor::TracedSlice last;   // of what was with the driver meanwhile; doneNs 0: nothing, or there is no trace
    std::uint64_t changedNs = 0;  // when the gate was closed
  };
  // Asked around each closing, from another thread.
  struct Watch {
    const fakes::TraceFile* trace = nullptr;
    std::function<std::string()> during = [] { return std::string(); };
    std::function<pid_t()> program = [] { return pid_t{0}; };  // 0: not known
  };
  struct Limits {
    std::chrono::microseconds longestOpen{15'000};
    std::chrono::microseconds longestClosed{8'000};
    unsigned seed = 1;
  };
  Toggler(fakes::ServicePage& page, const Limits& limits);
  Toggler(fakes::ServicePage& page, const Limits& limits, Watch watch);
  // Leaves the gate open.
  ~Toggler();
  Toggler(const Toggler&) = delete;
  Toggler& operator=(const Toggler&) = delete;

  // What happened so far, when it has stopped.
  const std::vector<Park>& stop();
  [[nodiscard]] std::uint64_t unacknowledged() const { return m_unacknowledged; }

private:
  void run();
  [[nodiscard]] bool drained(std::uint32_t word);
  fakes::ServicePage& m_page;
  const Limits m_limits;
  const Watch m_watch;
  std::atomic<bool> m_stop{false};
  std::atomic<std::uint64_t> m_unacknowledged{0};
  std::vector<Park> m_parks;
  std::thread m_thread;
};

}  // namespace lull::semantics
