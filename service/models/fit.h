// SPDX-License-Identifier: Apache-2.0
// Whether a model fits a GPU's memory, reckoned from its header: weights, the keys and values of a context (F16), and
// room to compute in. An estimate: llama.cpp's own figures differ by some percent. Pure.
#pragma once

#include "lull/v1/model.pb.h"

#include <cstdint>

namespace lull::models {

struct Need {
  std::uint64_t weights = 0;
  std::uint64_t context = 0;
  std::uint64_t computing = 0;
  [[nodiscard]] std::uint64_t sum() const;  // saturates
};
// `context`: tokens, of all requests that are answered at once.
[[nodiscard]] Need needOf(const v1::ModelHeader& header, std::uint64_t context);

// With a context of `wanted` tokens, or of what the model was made for where that is less. `memory` 0: not known.
[[nodiscard]] v1::ModelFit fitOf(const v1::ModelHeader& header, std::uint64_t memory, std::uint32_t wanted = 4096);

}  // namespace lull::models
