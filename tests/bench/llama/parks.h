// SPDX-License-Identifier: Apache-2.0
// llama-bench under a gate that is closed again and again, and why it took as long as it did.
#pragma once

#include "bench/llama/workload.h"
#include "fakes/trace_file.h"

#include <chrono>
#include <random>

namespace lull::bench {

inline constexpr std::uint64_t kFrameNs = 16'700'000;
inline constexpr double kFrameMs = static_cast<double>(kFrameNs) / 1e6;

struct Stop {
  double ms = 0;                  // from the closed gate until all work was done
  double sinceStartS = 0;         // of the program's life
  bool starved = false;           // with processors enough it would have been within a frame
  bool busy = false;              // something was in flight when the gate was closed
  governor::TracedSlice longest;  // of what was in flight; busyNs 0: none was
};

// What held a stop that took longer than a frame.
//   first use    nothing like it had been measured: the driver compiles, and nobody can stop that
//   indivisible  it was foretold to take as long, and could not be split further
//   processor    foretold to be short; without the wait for a processor it would have been within
//   longer       it took longer than foretold
//   unknown      none of these
[[nodiscard]] const char* reasonOf(const Stop& stop);

class Parks {
public:
  Parks(const Workload& work, bool sliced);
  // Until the first use of each of its shaders is over.
  void warmUp(std::chrono::milliseconds time);
  // Open for a random while, then closed.
  [[nodiscard]] Stop park();
  [[nodiscard]] const governor::Page& page() { return m_page.page(); }

private:
  [[nodiscard]] llama::Launch launch(const Workload& work, bool sliced);
  [[nodiscard]] governor::TracedSlice longestAt(std::uint64_t ns) const;
  void living();

  fakes::ServicePage m_page;
  fakes::TraceFile m_trace;
  std::mt19937 m_random{1};
  llama::Program m_program;
  std::chrono::steady_clock::time_point m_begin;
};

}  // namespace lull::bench
