// SPDX-License-Identifier: Apache-2.0
// What is known of the machine, its user and their wishes at one moment. Values only; frozen for one pass of the
// loop. Where the protocol has a message for an observation, that message is the value.
#pragma once

#include "base/time.h"
#include "lull/v1/status.pb.h"

#include <optional>
#include <string>
#include <vector>

namespace lull::model {

// An observation and when it was made. Never seen (no `at`) and too old both count as doubt.
template <typename T>
struct Aged {
  T value{};
  std::optional<Instant> at;

  [[nodiscard]] bool isFresh(Instant now, Nanoseconds limit) const { return at && now - *at <= limit; }
};

// Whether somebody uses the machine. Told by lull-presence; only the instants of input, never its content.
struct Presence {
  enum class Source { Unknown, Watching, Unattended };  // Unattended: there is no input device at all
  Source source = Source::Unknown;
  std::string trouble;  // when Unknown: why, for people
  std::uint32_t devices = 0;
  std::optional<Instant> lastActivity;  // kernel's time stamp of the newest input event seen
  Instant since{};                      // when watching began: nobody counts as away before this + idle_after
};

// What people asked for and what stands.
struct Wishes {
  std::optional<UnixMs> pausedUntil;  // -1: until resumed
};

struct Facts {
  Now now;
  Presence presence;
  Aged<std::vector<v1::Temperature>> temperatures;
  Aged<v1::Power> power;
  Aged<v1::Memory> memory;
  v1::Network network;              // told of every change: never old
  std::optional<double> gpuWatts;   // what the one GPU draws, where its driver tells
  Aged<std::vector<v1::Gpu>> gpus;  // the processor is the last; verdict, task and meters left empty
  std::string gpuTrouble;           // why no GPU could be looked for ("the driver crashed …"); empty: all went well
  Wishes wishes;
};

}  // namespace lull::model
