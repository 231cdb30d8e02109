// SPDX-License-Identifier: Apache-2.0
// Ends a program that was given something to compute and stands still (a GPU that never answers, threads that wait for
// one another): nobody else would, since what is parked may take hours. Its end is then told as any other; what waited
// for the GPU has lost it. Not seen: one that goes round and round on the processor, which looks like computing.
#pragma once

#include "runtimes/llama/own_page.h"
#include "runtimes/llama/program.h"

#include <chrono>
#include <condition_variable>
#include <mutex>
#include <thread>

namespace lull::runtimes::llama {

class Vigil {
public:
  // For longer than any piece of work takes; a program that crawls gets on.
  static constexpr std::chrono::milliseconds kLongest = std::chrono::minutes(10);

  // Lasts as long as this object, which the program must outlive.
  explicit Vigil(Program& program, std::chrono::milliseconds longest = kLongest);

private:
  struct Done {
    std::uint64_t gpuNs = 0;
    std::uint64_t slices = 0;
    std::chrono::nanoseconds processor{0};
  };
  [[nodiscard]] Done done() const;
  [[nodiscard]] bool waitsForGpu(const Done& now) const;
  [[nodiscard]] bool gotOn(const Done& before, const Done& now) const;
  void watch(const std::stop_token& stop);

  Program& m_program;
  const std::chrono::milliseconds m_longest;
  const OwnPage m_page;
  const std::uint64_t m_slicesBefore;  // other programs' of this worker, which may have ended with some under way
  std::mutex m_mutex;
  std::condition_variable_any m_wake;
  std::jthread m_thread;  // the last: it uses the others
};

}  // namespace lull::runtimes::llama
