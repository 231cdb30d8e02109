// SPDX-License-Identifier: Apache-2.0
// Waits for tasks to end, woken by the status stream.
#pragma once

#include "cli/session.h"

#include <filesystem>
#include <functional>
#include <string>
#include <vector>

namespace lull::cli {

struct Awaited {
  std::string id;
  std::filesystem::path folder;  // for its results; empty: they stay with the service
};
// Tells each end as it comes. TaskFailed when one failed or was cancelled.
[[nodiscard]] Answer waitFor(Session& session, std::vector<Awaited> tasks);

// One task until it has ended; `changed` is called with each status that was told.
[[nodiscard]] Result<v1::Task> follow(Session& session, const std::string& id,
                                      const std::function<void(const v1::Status&)>& changed);
// "t-… is done: 3 s of GPU time, 0.1 credits earned."
[[nodiscard]] std::string endText(const v1::Task& task);

}  // namespace lull::cli
