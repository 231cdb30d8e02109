// SPDX-License-Identifier: Apache-2.0
// One run of llama-finetune.
#pragma once

#include "runtimes/llama/program.h"
#include "runtimes/llama/training/reading.h"
#include "runtimes/worker/failure.h"
#include "worker.pb.h"

#include <filesystem>
#include <functional>

namespace lull::runtimes::llama::training {

struct FinetuneRun {
  std::filesystem::path model;
  std::filesystem::path text;
  // Written at the very end; the model as it was when nothing is learned. Cut off where the disk is full:
  // llama-finetune then ends well all the same, and does not always come to say so.
  std::filesystem::path result;
  std::filesystem::path log;
  std::uint32_t window = 0;
  double rate = 0;
  bool learns = true;  // else it measures only
};

// `begun`: it runs.
[[nodiscard]] worker::Attempt<Losses> finetune(const worker::v1::Llama& where, const FinetuneRun& run,
                                               const std::function<void()>& begun);

}  // namespace lull::runtimes::llama::training
