// SPDX-License-Identifier: Apache-2.0
#include "runtimes/llama/training/memory.h"

namespace lull::runtimes::llama::training {

// Measured with the tiny model, and windows of 256 to 1024 tokens: 42 bytes for each pair of tokens, 31,000 for each
// token; this says 48 and 37,000.
std::uint64_t memoryFor(const gguf::Header& model, std::uint32_t window) {
  const std::uint64_t tokens = window;
  const auto moments = 4 * sizeof(float) * model.parameters;
  const auto attention = tokens * tokens * model.heads * model.layers * sizeof(float) * 3 / 2;
  // The feed-forward part is taken for four times as wide as the rest.
  const auto activations = tokens * model.layers * model.embedding * sizeof(float) * 32;
  const auto logits = 4 * tokens * model.vocabulary * sizeof(float);
  return moments + attention + activations + logits;
}

}  // namespace lull::runtimes::llama::training
