// SPDX-License-Identifier: Apache-2.0
// What lull-llama does for its task, one kind for each kind of task. run() on the process's first thread; the rest from
// any, also while it runs.
#pragma once

#include "runtimes/worker/failure.h"
#include "worker.pb.h"

#include <functional>
#include <vector>

namespace lull::runtimes::llama {

// How a job speaks to the service, from any thread.
struct Telling {
  std::function<void()> begun;  // llama.cpp runs: to be called once, before anything is said
  std::function<void(const worker::v1::FromWorker&)> say;
  std::function<void()> changed;  // progress() is another now, or there is something to save: nobody looks by himself
};

class Job {
public:
  virtual ~Job() = default;

  // Returns when it is done; what it returns is complete and durable.
  [[nodiscard]] virtual worker::Attempt<std::vector<v1::Output>> run(const Telling& telling) = 0;

  [[nodiscard]] virtual worker::v1::Progress progress() const = 0;
  // What is done so far survives a loss of power.
  [[nodiscard]] virtual Outcome save() = 0;
  // What the service says beside Start and Evict.
  virtual void hear(const worker::v1::ToWorker& message) = 0;
};

}  // namespace lull::runtimes::llama
