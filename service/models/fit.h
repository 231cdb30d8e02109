// SPDX-License-Identifier: Apache-2.0
// Whether a model fits a GPU's memory, reckoned from its header as for a worker (gguf/memory.h), with as little at once
// as a worker is content with: if this says that it fits, a worker that is granted as much starts it, unless its task
// needs more at once: embeddings of more than gguf::kLeastBatch tokens, which are computed whole, or a context or
// requests at once that were asked for. Pure.
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
