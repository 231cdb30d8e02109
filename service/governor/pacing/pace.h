// SPDX-License-Identifier: Apache-2.0
// What the queues tell the recorders: how long a chunk may take.
#pragma once

#include <atomic>
#include <cstdint>

namespace lull::governor {

struct Pace {
  std::atomic<std::uint64_t> chunkNs{4'000'000};  // the page's slice target, shared among the slices queued at once
  std::atomic<bool> cut{true};                    // false: the program bounds its own work (Page::leaveWhole)
};

}  // namespace lull::governor
