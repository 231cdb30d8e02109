// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "cli/download.h"

#include <filesystem>

namespace lull::cli {

// Every output of a task that is done into `folder`, which is made where it is missing; tells each file.
[[nodiscard]] Outcome saveAll(Session& session, const v1::Task& task, const std::filesystem::path& folder);
// The only output of a task that is done as this file; tells it.
[[nodiscard]] Outcome saveOnly(Session& session, const v1::Task& task, const std::filesystem::path& file,
                               Existing existing);

}  // namespace lull::cli
