// SPDX-License-Identifier: Apache-2.0
// Waiting on a word of memory that another process changes.
#pragma once

#include <atomic>
#include <cstdint>

namespace lull::governor {

inline constexpr std::uint64_t kForever = UINT64_MAX;

[[nodiscard]] std::uint64_t monotonicNs();
// Sleeps while `word` holds `expected`, at most `limitNs`. May return early; the caller checks again.
void futexWait(const std::atomic<std::uint32_t>& word, std::uint32_t expected, std::uint64_t limitNs = kForever);

}  // namespace lull::governor
