// SPDX-License-Identifier: Apache-2.0
// How long each slice kept a device, and how long the device had nothing to do although work was there.
//
// By time stamps around the slice where its queue has them. Elsewhere by when the CPU handed it over and saw it done;
// all slices mark that time line, so that what has no stamps counts no time which others have filled.
#pragma once

#include "governor/metering/busy_time.h"
#include "governor/metering/stamps.h"

#include <cstdint>
#include <mutex>
#include <optional>
#include <vector>

namespace lull::governor {

// From handing over until it is done; the meter's alone.
struct Timing {
  std::optional<Stamp> stamp;
  std::uint64_t handedNs = 0;
  std::uint64_t waitingSinceNs = 0;  // kForever: it was held back on purpose, or by what it had to wait for
  bool untimed = false;              // it may stand waiting in the driver: nothing but its stamps tells when it ran
  bool afterIdle = false;
  bool mixed = false;  // others were on the device
  std::uint64_t mixes = 0;
};

// Thread-safe.
class Meter {
public:
  // timestampBits 0: no time stamps at all.
  Meter(std::uint32_t timestampBits, double nsPerTick);
  // One family's stamps, if the driver makes them. May throw bad_alloc.
  void addStamps(const Stamps::Origin& origin);
  // No slice is out.
  void destroyStamps();

  [[nodiscard]] std::optional<Stamp> takeStamp(std::uint32_t family);
  void giveBack(std::optional<Stamp>& stamp);

  // Right before the driver gets it. `onItsQueue`: how many slices of the same queue are out.
  void begin(Timing& timing, std::uint32_t onItsQueue);
  // The driver refused it.
  void cancel();

  struct Reading {
    std::uint64_t busyNs = 0;
    std::uint64_t gapNs = 0;
    bool alone = true;     // no other queue's work was on the device
    bool measured = true;  // false: the stamps could not be read
  };
  // Its fence has been seen signalled.
  [[nodiscard]] Reading end(const Timing& timing);

private:
  [[nodiscard]] Stamps* stampsOf(std::uint32_t family);
  [[nodiscard]] std::uint64_t gapBefore(const Timing& timing, const BusyTime::Interval& ticks) const;

  const std::uint32_t m_bits;
  const double m_nsPerTick;
  std::mutex m_mutex;
  std::vector<Stamps> m_stamps;
  BusyTime m_byStamps;
  BusyTime m_byCompletions;
  std::uint32_t m_outstanding = 0;
  std::uint64_t m_mixes = 0;
  std::uint64_t m_lastEndNs = 0;
  std::optional<std::uint64_t> m_lastEndTicks;
};

}  // namespace lull::governor
