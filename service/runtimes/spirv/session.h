// SPDX-License-Identifier: Apache-2.0
// Hears the service while the task runs. When the memory is wanted back and the governor holds the runner's work back,
// the session itself saves the state and ends the task: nothing is submitted for that.
#pragma once

#include "runtimes/spirv/ending.h"
#include "runtimes/spirv/job.h"

namespace lull::spirv {

class Session {
public:
  Session(Job& job, Link& link, Ending& ending) : m_job(job), m_link(link), m_ending(ending) {}
  // Until the service goes or the process ends.
  void hear();

private:
  void wantBack();
  // Ends the process where the runner cannot; returns where it can, or where the state moved meanwhile.
  void endIfHeld();
  // Returns where something went out after the first `submits` submissions.
  void endWithStateOf(std::uint64_t position, std::uint64_t submits);
  [[noreturn]] void endWithLastCheckpoint(std::uint64_t position);

  Job& m_job;
  Link& m_link;
  Ending& m_ending;
  bool m_evicting = false;
};

}  // namespace lull::spirv
