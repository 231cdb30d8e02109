// SPDX-License-Identifier: Apache-2.0
// Whether a model fits a GPU's memory, reckoned from its header as for a worker (gguf/memory.h), with as little at once
// as a worker is content with: if this says that it fits, it is started. Pure.
#pragma once

#include "gguf/memory.h"
#include "lull/v1/model.pb.h"

#include <cstdint>

namespace lull::models {

[[nodiscard]] gguf::Memory memoryOf(const v1::ModelHeader& header);

// With a context of `wanted` tokens, or of what the model was made for where that is less; halved where that is too
// much. `memory` 0: not known.
[[nodiscard]] v1::ModelFit fitOf(const v1::ModelHeader& header, std::uint64_t memory,
                                 std::uint32_t wanted = gguf::kUsualContext);

}  // namespace lull::models
