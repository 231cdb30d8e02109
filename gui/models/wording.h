// SPDX-License-Identifier: Apache-2.0
// How numbers are said to people. Pure; the language and the number format are the application's (tr, QLocale()).
// Units stand after a no-break space.
#pragma once

#include "base/time.h"

#include <QString>

#include <cstdint>
#include <optional>

namespace lull::models {

// Words that go stale: `changesAt` is the first instant at which they would read differently.
struct Aging {
  QString text;
  std::optional<UnixMs> changesAt;
};

// A span in words, rounded down to a step a person notices: "less than a minute", "12 minutes", "1 hour 20 minutes"
// (steps of 10 minutes), "5 hours" (from 3 hours on), "2 days" (from 2 days on).
[[nodiscard]] QString inWords(std::int64_t spanMs);
// The age of something that began at `since`, in the same words.
[[nodiscard]] Aging age(UnixMs since, UnixMs now);
// What is left until `until`: whole minutes above 90 s, then steps of 10 s, at last single seconds. Rounded up.
[[nodiscard]] Aging countdown(UnixMs until, UnixMs now);
// A setting in seconds: "2 minutes", "90 seconds", "1 hour 30 minutes".
[[nodiscard]] QString exactSpan(std::int64_t seconds);

[[nodiscard]] QString shortSpan(double seconds);           // "42 s", "12 min", "3 h 12 min": sums
[[nodiscard]] QString milliseconds(double ms);             // "0.82 ms", "3.1 ms", "124 ms", "1.2 s"
[[nodiscard]] QString celsius(double degrees);             // "64 °C"
[[nodiscard]] QString percent(double fraction);            // 0..1 → "72 %"
[[nodiscard]] QString credits(std::int64_t microCredits);  // never more than was earned
[[nodiscard]] QString energy(std::uint64_t microJoules);   // "0.4 Wh", "38 Wh", "1.24 kWh"
[[nodiscard]] QString bytes(std::uint64_t bytes);          // "8 GiB", "512 MiB"
[[nodiscard]] QString count(std::uint64_t number);         // "1,204"
// "18:30", "tomorrow 07:00", "24 Nov 07:00": as short as is clear at `now`.
[[nodiscard]] QString pointInTime(UnixMs at, UnixMs now);
[[nodiscard]] QString capitalised(const QString& text);

}  // namespace lull::models
