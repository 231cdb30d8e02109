// SPDX-License-Identifier: Apache-2.0
// Spans and moments as people type them. Errors say what would have been understood.
#pragma once

#include "base/result.h"
#include "base/time.h"

#include <string>
#include <string_view>
#include <vector>

namespace lull::cli {

inline constexpr UnixMs kUntilResumed = -1;

// "30m", "1h30m", "90s", "2 h", "1d": at least 1 s, at most 366 days.
[[nodiscard]] Result<Milliseconds> parseSpan(std::string_view text);

// What follows `lull pause`: nothing (until resumed), a span, or "until" and "18:00", "18:00:30", "tomorrow",
// "tomorrow 8:00", "2026-11-23", "2026-11-23 8:00". A time of day that has passed today means tomorrow's.
// Local time by mktime, so that the day on which the clocks change is right too.
[[nodiscard]] Result<UnixMs> parsePause(const std::vector<std::string>& words, UnixMs now);

}  // namespace lull::cli
