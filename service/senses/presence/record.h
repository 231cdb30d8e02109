// SPDX-License-Identifier: Apache-2.0
// What lull-presence tells the service: fixed-size records on a pipe, each written whole and holding all there is to
// know. No record says what was typed, touched or moved, on which device, or how often.
#pragma once

#include <cstdint>
#include <type_traits>

namespace lull::presence {

inline constexpr std::uint32_t kRecordMagic = 0x53455250U;  // "PRES"
inline constexpr std::uint32_t kRecordVersion = 1;

struct Record {
  std::uint32_t magic = kRecordMagic;
  std::uint32_t version = kRecordVersion;
  std::int64_t activityNs = 0;   // CLOCK_MONOTONIC of the newest input since this process began; 0 = none
  std::uint32_t devices = 0;     // watched
  std::uint32_t unreadable = 0;  // input devices that could not be opened
  std::uint32_t ignored = 0;     // no human input: accelerometers, loudspeakers
  std::int32_t reason = 0;       // errno of the first unreadable one, or of the folder itself
};

static_assert(sizeof(Record) == 32 && std::is_trivially_copyable_v<Record>, "the layout is fixed by version");

}  // namespace lull::presence
