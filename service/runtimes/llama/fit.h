// SPDX-License-Identifier: Apache-2.0
// How much context, how many requests and how many tokens at once suit the device and fit the memory that is granted.
// Pure.
#pragma once

#include "gguf/memory.h"
#include "runtimes/worker/failure.h"
#include "worker.pb.h"

namespace lull::runtimes::llama {

struct Wanted {
  std::uint32_t context = 0;   // 0 = chosen
  std::uint32_t parallel = 0;  // 0 = chosen
  std::uint32_t batch = 0;     // tokens that must be computed at once, if the context has so many
};

// TOO_BIG with both sizes in words. What was asked for is kept. Of what is left to choose that gives way first which
// costs the least speed: tokens at once, then requests at once, then context.
[[nodiscard]] worker::Attempt<gguf::Load> fit(const Wanted& wanted, const worker::v1::Llama& model,
                                              std::uint64_t memoryLimit);

// The setting that says how much of the device's memory is lent.
[[nodiscard]] const char* lendingSetting(bool onProcessor);
// What is reckoned with: what is planned, or what is enforced where that is not known. 0: neither.
[[nodiscard]] std::uint64_t memoryFor(const worker::v1::Start& start);

}  // namespace lull::runtimes::llama
