// SPDX-License-Identifier: Apache-2.0
// How far a training has come. It is replaced in one step after each segment, once the weights that it names are on the
// disk: whatever ends the worker, at most one segment is trained again, and comes out the same.
#pragma once

#include "base/result.h"
#include "lull/v1/task.pb.h"
#include "runtimes/llama/training/plan.h"

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

namespace lull::runtimes::llama::training {

struct State {
  std::string task;          // what is trained, and how: a state of another is none
  Cut cut;                   // chosen with the memory of the first life
  std::uint64_t serial = 0;  // segments done, over all epochs
  std::uint32_t epoch = 0;
  std::uint64_t segment = 0;  // of the epoch: the next one
  std::uint64_t ofEpoch = 0;  // segments there are in it
  std::uint64_t windows = 0;  // learned from
  std::uint64_t tokens = 0;   // in them
  bool measured = false;      // the held-out loss, of these weights
  // Since the last point.
  double lossSum = 0;
  std::uint64_t lossWindows = 0;
  std::vector<v1::LossPoint> points;
};

// None: there is none, or it is another's.
[[nodiscard]] std::optional<State> loadState(const std::filesystem::path& file, const std::string& task);
[[nodiscard]] Outcome save(const State& state, const std::filesystem::path& file);

}  // namespace lull::runtimes::llama::training
