// SPDX-License-Identifier: Apache-2.0
// Quantities as people read them. Pure; independent of the locale.
#pragma once

#include "base/time.h"
#include "lull/v1/task.pb.h"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace lull::cli {

[[nodiscard]] std::string bytes(std::uint64_t count);                         // "1.2 GB": decimal units
[[nodiscard]] std::string celsius(double degrees);                            // "84 °C"
[[nodiscard]] std::string milliseconds(double ms);                            // "3.1 ms", "1.2 s"
[[nodiscard]] std::string span(std::int64_t seconds);                         // "12 min", "2 h 5 min", "3 d 4 h"
[[nodiscard]] std::string gpuTime(std::uint64_t ns);                          // "3.1 ms", "12.3 s", "2 h 5 min"
[[nodiscard]] std::string credits(std::int64_t microCredits);                 // "0.42 credits"
[[nodiscard]] std::string energy(std::uint64_t microJoules, bool estimated);  // "3.1 Wh (estimated)"
[[nodiscard]] std::string percent(double share);                              // 0.43 → "43 %"
[[nodiscard]] std::string number(double value);      // at most 3 digits after the point, no padding
[[nodiscard]] std::string grouped(std::uint64_t n);  // "1,234,567"
[[nodiscard]] std::string count(std::uint64_t n, std::string_view one, std::string_view many);  // "1 task", "3 tasks"

// Moments, in local time.
[[nodiscard]] std::string clockTime(UnixMs at);           // "18:00:03"
[[nodiscard]] std::string stamp(UnixMs at);               // "2026-11-22 18:00"
[[nodiscard]] std::string ago(UnixMs at, UnixMs now);     // "just now", "12 min ago", a date after a week
[[nodiscard]] std::string moment(UnixMs at, UnixMs now);  // "18:00", "tomorrow at 18:00", "Tue 24 Nov at 18:00"

[[nodiscard]] std::string_view stateWord(v1::TaskState state);  // "queued"
[[nodiscard]] std::optional<v1::TaskState> stateFrom(std::string_view word);
[[nodiscard]] bool hasEnded(v1::TaskState state);
[[nodiscard]] std::string_view failureWord(v1::Failure::Kind kind);  // "device lost"

// Text on a terminal.
[[nodiscard]] std::size_t displayWidth(std::string_view utf8);  // columns; wide and combining characters counted so
[[nodiscard]] std::string shorten(std::string_view utf8, std::size_t width);  // with "…" when it does not fit
// Without control characters: what came from others must not steer the terminal.
[[nodiscard]] std::string harmless(std::string_view utf8);
[[nodiscard]] std::string harmlessText(std::string_view utf8);  // the same, but lines and tabs stay
// Breaks at spaces into lines of at most `width` columns; further lines begin with `indent` spaces that do not count.
// A longer word keeps a line of its own. No newline at the end.
[[nodiscard]] std::string wrap(std::string_view utf8, std::size_t width, std::size_t indent = 0);

}  // namespace lull::cli
