// SPDX-License-Identifier: Apache-2.0
// What a crashed predecessor left of its workers: processes, and pages with the GPU time they had metered.
#pragma once

#include "base/result.h"

#include <sys/types.h>

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

namespace lull::runtimes {

// Notes beside a session's page which process has it, so that a successor can find exactly that one: a pid alone may
// have been given to somebody else, so the start time is noted too.
[[nodiscard]] Outcome noteWorker(const std::filesystem::path& pages, const std::string& session, pid_t pid);
// Removes page and note of a session whose figures are recorded and whose process has ended.
void forgetWorker(const std::filesystem::path& pages, const std::string& session);

struct Leftover {
  std::string session;
  std::uint64_t gpuNs = 0;
  std::uint64_t cpuNs = 0;
};
// Ends the noted processes that still live, and reads their pages. What was read is removed by forgetWorker() once it
// is recorded. Other files in the folder are left alone.
[[nodiscard]] std::vector<Leftover> collectLeftovers(const std::filesystem::path& pages);

}  // namespace lull::runtimes
