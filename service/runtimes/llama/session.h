// SPDX-License-Identifier: Apache-2.0
// The conversation with the service while a job runs: progress, checkpoints, the wish to have the GPU back, and the
// last word, which is said once, by whichever thread comes first; then the process is over and its programs with it.
// hear() and tell() have a thread each.
#pragma once

#include "runtimes/llama/job.h"
#include "runtimes/worker/link.h"

#include <chrono>
#include <condition_variable>
#include <mutex>
#include <string>

namespace lull::runtimes::llama {

class Session {
public:
  // `job`: nullptr where there is nothing to tell but the last word.
  Session(worker::Link& link, Job* job, std::uint32_t checkpointEveryS);

  // Until the service is gone or wants the GPU back; ends the process.
  [[noreturn]] void hear();
  // Tells what changed, at most some times a second, and saves it now and then; sleeps while nothing changes.
  [[noreturn]] void tell();
  [[nodiscard]] Telling telling();
  [[noreturn]] void finished(const std::vector<v1::Output>& outputs);
  [[noreturn]] void failed(const worker::Failure& failure);

private:
  [[noreturn]] void evict();
  void started();
  void changed();
  void tellProgress();
  void checkpoint();
  void say(const worker::v1::FromWorker& message);
  [[noreturn]] void sayLast(const worker::v1::FromWorker& message);
  worker::Link& m_link;
  Job* const m_job;
  const std::chrono::seconds m_checkpointEvery;
  std::string m_told;  // the last progress
  std::mutex m_mutex;
  std::condition_variable m_wake;
  bool m_changed = false;  // under m_mutex
  std::mutex m_last;
};

}  // namespace lull::runtimes::llama
