// SPDX-License-Identifier: Apache-2.0
// What went to the driver and how long it took, slice by slice, for whoever searches for the reason of a late stop. Off
// unless LULL_GOVERNOR_TRACE names a file of kTraceBytes zeroes: the governor maps it and writes round and round.
// A reader looks at it while nothing runs.
#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>

namespace lull::governor {

inline constexpr const char* kTraceVariable = "LULL_GOVERNOR_TRACE";

struct TracedSlice {
  std::uint64_t handedNs = 0;    // CLOCK_MONOTONIC, as is
  std::uint64_t doneNs = 0;      // when it was seen done
  std::uint64_t busyNs = 0;      // metered
  std::uint64_t expectedNs = 0;  // 0: not known
  // How many works it holds, and the one of them that is foretold to take longest.
  std::uint64_t longestNs = 0;  // UINT64_MAX: not known
  std::uint64_t program = 0;
  std::uint64_t units = 0;
  std::array<std::uint32_t, 3> shape{};
  std::uint32_t works = 0;
};

struct Trace {
  static constexpr std::uint64_t kSlices = 16384;
  std::atomic<std::uint64_t> written;  // so far; slice i lies at i % kSlices
  std::array<TracedSlice, kSlices> slices;
};
inline constexpr std::size_t kTraceBytes = sizeof(Trace);

}  // namespace lull::governor
