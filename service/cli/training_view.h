// SPDX-License-Identifier: Apache-2.0
// What people are told of a training: while it goes on, and when it has ended. Pure.
#pragma once

#include "lull/v1/status.pb.h"

#include <optional>
#include <string>

namespace lull::cli {

class TrainingView {
public:
  TrainingView(std::string task, std::uint32_t epochs) : m_task(std::move(task)), m_epochs(epochs) {}

  void take(const v1::Status& status);
  void take(const v1::Task& looked);  // with its losses
  // "epoch 2 of 6, 31 %, loss 0.652, held out 0.711, 3 min of GPU time left"; "epoch 2 of 6, 31 %; waits: you are
  // here".
  [[nodiscard]] std::string line() const;

private:
  std::string m_task;
  std::uint32_t m_epochs;
  v1::Task m_now;  // as last told
  bool m_byProcessor = false;
  std::string m_waits = "to be told how it stands";
  std::optional<double> m_training;
  std::optional<double> m_heldOut;
};

// "12,345 samples learned: loss 1.952 → 0.160, held out 2.011 → 0.201; 41 s of GPU time."
[[nodiscard]] std::string summaryOfTraining(const v1::Task& task);

}  // namespace lull::cli
