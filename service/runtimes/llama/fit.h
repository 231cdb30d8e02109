// SPDX-License-Identifier: Apache-2.0
// How much context and how many requests at once fit the memory that is granted. Pure.
#pragma once

#include "runtimes/worker/failure.h"
#include "worker.pb.h"

namespace lull::runtimes::llama {

inline constexpr std::uint32_t kBatch = 512;  // tokens that llama.cpp computes at once unless it is told otherwise

struct Fit {
  std::uint32_t context = 0;   // tokens of one request
  std::uint32_t parallel = 0;  // requests at once
  std::uint32_t batch = 0;     // tokens computed at once
};

struct Wanted {
  std::uint32_t context = 0;     // 0 = chosen
  std::uint32_t parallel = 0;    // 0 = chosen
  std::uint32_t batch = kBatch;  // tokens that must be computed at once, if the context has so many
};

// TOO_BIG with both sizes in words. What was asked for is kept; only what is left to choose gives way.
[[nodiscard]] worker::Attempt<Fit> fit(const Wanted& wanted, const worker::v1::Llama& model, std::uint64_t memoryLimit);

}  // namespace lull::runtimes::llama
