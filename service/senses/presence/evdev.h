// SPDX-License-Identifier: Apache-2.0
// What an evdev node is, and which of its events are a person's doing.
#pragma once

#include <linux/input.h>

namespace lull::presence {

enum class Nature { Human, NotHuman, NotInput };

// Asks the device. Keyboards, mice, touch, pads, remotes, buttons and lids are human; accelerometers, other bare
// sensors and things that only output are not.
Nature natureOf(int fd);
// Time stamps of this open descriptor come from CLOCK_MONOTONIC from now on.
void useMonotonicClock(int fd);

// Keys (also their repetition), movement, touch, switches. A lamp that goes on, or a bare report mark, is nobody.
inline bool isHuman(const input_event& event) {
  return event.type == EV_KEY || event.type == EV_REL || event.type == EV_ABS || event.type == EV_SW;
}

}  // namespace lull::presence
