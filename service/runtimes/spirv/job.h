// SPDX-License-Identifier: Apache-2.0
// A task that has been checked, on an open device, ready to run.
#pragma once

#include "runtimes/spirv/blobs.h"
#include "runtimes/spirv/checkpoint.h"
#include "runtimes/spirv/gate_view.h"
#include "runtimes/spirv/kernel.h"
#include "runtimes/spirv/standing.h"
#include "worker.pb.h"

#include <memory>
#include <mutex>
#include <optional>
#include <vector>

namespace lull::spirv {

struct Job {
  explicit Job(worker::v1::Start order);

  worker::v1::Start start;
  GateView gate;
  Gpu gpu;
  Work work;
  std::vector<std::vector<std::uint32_t>> orders;
  Standing standing;
  Submitter submitter;
  std::unique_ptr<Buffers> buffers;
  std::optional<Kernel> kernel;
  std::optional<Checkpoint> checkpoint;
  std::mutex saving;  // held while a checkpoint is written and put in place, by runner or session

  [[nodiscard]] double progressAt(std::uint64_t position) const {
    return static_cast<double>(position) / static_cast<double>(work.total());
  }
};

// Everything up to the first submission.
[[nodiscard]] Attempt<std::unique_ptr<Job>> prepare(worker::v1::Start order);

}  // namespace lull::spirv
