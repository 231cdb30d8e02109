// SPDX-License-Identifier: Apache-2.0
// Waits for tasks to end, woken by the status stream.
#pragma once

#include "cli/session.h"

#include <filesystem>
#include <string>
#include <vector>

namespace lull::cli {

struct Awaited {
  std::string id;
  std::filesystem::path folder;  // for its results; empty: they stay with the service
};
// Tells each end as it comes. TaskFailed when one failed or was cancelled.
[[nodiscard]] Answer waitFor(Session& session, std::vector<Awaited> tasks);

}  // namespace lull::cli
