// SPDX-License-Identifier: Apache-2.0
#include "senses/presence/evdev.h"

#include <sys/ioctl.h>

#include <climits>
#include <cstddef>
#include <cstdint>
#include <ctime>

namespace lull::presence {

namespace {

constexpr std::size_t kWord = sizeof(unsigned long) * CHAR_BIT;

// Room for `bits` bits, as the kernel fills them.
template <std::size_t bits>
struct Bits {
  unsigned long words[(bits + kWord - 1) / kWord] = {};
  bool has(std::size_t bit) const { return ((words[bit / kWord] >> (bit % kWord)) & 1UL) != 0; }
};

}  // namespace

Nature natureOf(int fd) {
  int version = 0;
  if (::ioctl(fd, EVIOCGVERSION, &version) < 0) return Nature::NotInput;
  Bits<EV_CNT> types;
  if (::ioctl(fd, EVIOCGBIT(0, sizeof types.words), types.words) < 0) return Nature::NotInput;
  Bits<INPUT_PROP_CNT> properties;
  // Kernels before 2.6.38 know no properties: then nothing is an accelerometer.
  static_cast<void>(::ioctl(fd, EVIOCGPROP(sizeof properties.words), properties.words));
  if (properties.has(INPUT_PROP_ACCELEROMETER)) return Nature::NotHuman;
  if (types.has(EV_KEY) || types.has(EV_REL) || types.has(EV_SW)) return Nature::Human;
  return Nature::NotHuman;  // axes without any key: a sensor; none of all: a lamp or loudspeaker
}

void useMonotonicClock(int fd) {
  int clock = CLOCK_MONOTONIC;
  static_cast<void>(::ioctl(fd, EVIOCSCLOCKID, &clock));  // without it, stamps lie in the future and count as now
}

}  // namespace lull::presence
