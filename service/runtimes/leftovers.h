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
void forgetWorker(const std::filesystem::path& pages, const std::string& session);

struct Leftover {
  std::string session;
  std::uint64_t gpuNs = 0;
};
// Ends the noted processes that still live, then reads and removes all pages.
[[nodiscard]] std::vector<Leftover> collectLeftovers(const std::filesystem::path& pages);

}  // namespace lull::runtimes
