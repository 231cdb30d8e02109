// SPDX-License-Identifier: Apache-2.0
// What computing with a model takes of a device's memory: one reckoning for what owners are shown and for what a worker
// is started with. An estimate: llama.cpp's own figures differ by some percent. Pure.
#pragma once

#include <cstdint>
#include <string>

namespace lull::gguf {

struct Memory {
  std::uint64_t weights = 0;
  std::uint64_t cachePerToken = 0;  // of context: keys and values
  std::uint64_t workPerToken = 0;   // of those that are computed at once
  std::uint64_t driver = 0;         // whatever is computed
};

struct Load {
  std::uint32_t context = 0;   // tokens of one request
  std::uint32_t parallel = 1;  // requests at once
  std::uint32_t batch = 0;     // tokens computed at once, of all requests: llama.cpp's ubatch
};

inline constexpr std::uint32_t kUsualContext = 4096;  // enough for most requests, small enough for small GPUs
// What is given up first where memory is short, and how far: see runtimes/llama/fit.h.
inline constexpr std::uint32_t kLeastContext = 512;
// As fast within 3 % as 512 (RESULTS.md); one tile of ggml's products.
inline constexpr std::uint32_t kLeastBatch = 128;

// Saturates.
[[nodiscard]] std::uint64_t bytesFor(const Memory& memory, const Load& load);

[[nodiscard]] std::string sizeText(std::uint64_t bytes);  // "812 MB", "5.2 GB"

}  // namespace lull::gguf
