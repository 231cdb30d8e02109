// SPDX-License-Identifier: Apache-2.0
// What a model's file says, as it is kept and told.
#pragma once

#include "base/result.h"
#include "gguf/header.h"
#include "lull/v1/model.pb.h"

#include <filesystem>

namespace lull::models {

[[nodiscard]] v1::ModelHeader toMessage(const gguf::Header& header);
[[nodiscard]] Result<v1::ModelHeader> headerOf(const std::filesystem::path& file);

}  // namespace lull::models
