// SPDX-License-Identifier: Apache-2.0
// How much memory a training takes. Pure.
#pragma once

#include "gguf/header.h"

#include <cstdint>

namespace lull::runtimes::llama::training {

// Weights, gradients and two moments of each in F32, and what is kept of a window for the way back. Rather too much
// than too little.
[[nodiscard]] std::uint64_t memoryFor(const gguf::Header& model, std::uint32_t window);

}  // namespace lull::runtimes::llama::training
