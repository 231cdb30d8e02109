// SPDX-License-Identifier: Apache-2.0
// Sees the pieces end, in order: measures them, tells progress, and ends a task whose piece never does.
#pragma once

#include "runtimes/spirv/ending.h"
#include "runtimes/spirv/job.h"

#include <cstdint>
#include <optional>

namespace lull::spirv {

class Watcher {
public:
  Watcher(Job& job, Link& link, Ending& ending) : m_job(job), m_link(link), m_ending(ending) {}
  [[noreturn]] void run();

private:
  [[nodiscard]] Flying head();
  void landed(const Flying& piece);
  // What the pacer may learn from it; the mutex is held.
  void learn(const Flying& piece, std::uint64_t tookNs);
  void learnFromMeter(std::uint64_t groups);
  void tellProgress(std::uint64_t now);

  Job& m_job;
  Link& m_link;
  Ending& m_ending;
  std::uint64_t m_lastEndNs = 0;
  std::uint64_t m_toldNs = 0;
  // What the meter told over a few pieces.
  struct Lesson {
    std::uint64_t fromNs = 0;
    std::uint64_t pieces = 0;
    std::uint64_t groups = 0;
  };
  std::optional<Lesson> m_lesson;
};

}  // namespace lull::spirv
