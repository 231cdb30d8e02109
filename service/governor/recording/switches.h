// SPDX-License-Identifier: Apache-2.0
// What tests and people in search of a fault may ask of the recorder, by environment variables. Read once.
//   LULL_GOVERNOR_CUT=every   each dispatch and copy is a chunk of its own, and whole
//   LULL_GOVERNOR_CUT=off     nothing is cut or split
//   LULL_GOVERNOR_SPLIT=1     each dispatch that may be split is, into single work groups (at most 4,096 pieces)
//   LULL_GOVERNOR_SPLIT=off   nothing is split
//   LULL_GOVERNOR_COUNTS=off  no shader is rewritten so that it may be split (see twins.h)
#pragma once

#include <cstdint>
#include <cstdlib>
#include <string_view>

namespace lull::governor {

struct Switches {
  enum class Cut { ByTime, Every, Off };
  enum class Split { ByTime, Finest, Off };
  static constexpr std::uint64_t kMostPieces = 4096;
  Cut cut = Cut::ByTime;
  Split split = Split::ByTime;
  bool counts = true;
};

[[nodiscard]] inline Switches switchesFromEnvironment() {
  const auto read = [](const char* name) {
    const char* value = std::getenv(name);
    return std::string_view(value == nullptr ? "" : value);
  };
  Switches switches;
  const std::string_view cut = read("LULL_GOVERNOR_CUT");
  if (cut == "every") switches.cut = Switches::Cut::Every;
  if (cut == "off") switches.cut = Switches::Cut::Off;
  const std::string_view split = read("LULL_GOVERNOR_SPLIT");
  if (split == "1") switches.split = Switches::Split::Finest;
  if (split == "off") switches.split = Switches::Split::Off;
  switches.counts = read("LULL_GOVERNOR_COUNTS") != "off";
  return switches;
}

}  // namespace lull::governor
