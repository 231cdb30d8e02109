// SPDX-License-Identifier: Apache-2.0
#include "governor/metering/meter.h"

#include "governor/futex.h"

#include <algorithm>

namespace lull::governor {

Meter::Meter(std::uint32_t timestampBits, double nsPerTick)
    : m_bits(timestampBits),
      m_nsPerTick(nsPerTick),
      m_byStamps(timestampBits == 0 ? 64 : timestampBits, nsPerTick),
      m_byCompletions(64, 1) {}

void Meter::addStamps(const Stamps::Origin& origin) {
  m_stamps.reserve(m_stamps.size() + 1);
  Stamps stamps;
  if (m_bits > 0 && stamps.create(origin)) m_stamps.push_back(stamps);
}

void Meter::destroyStamps() {
  for (Stamps& stamps : m_stamps) stamps.destroy();
  m_stamps.clear();
}

Stamps* Meter::stampsOf(std::uint32_t family) {
  const auto found =
      std::find_if(m_stamps.begin(), m_stamps.end(), [family](const Stamps& s) { return s.family() == family; });
  return found == m_stamps.end() ? nullptr : &*found;
}

std::optional<Stamp> Meter::takeStamp(std::uint32_t family) {
  if (m_stamps.empty()) return std::nullopt;
  const std::lock_guard lock(m_mutex);
  Stamps* stamps = stampsOf(family);
  return stamps != nullptr ? stamps->take() : std::nullopt;
}

void Meter::giveBack(std::optional<Stamp>& stamp) {
  if (!stamp) return;
  const std::lock_guard lock(m_mutex);
  if (Stamps* stamps = stampsOf(stamp->family)) stamps->giveBack(*stamp);
  stamp.reset();
}

void Meter::begin(Timing& timing, std::uint32_t onItsQueue) {
  const std::lock_guard lock(m_mutex);
  timing.mixed = m_outstanding > onItsQueue;
  if (timing.mixed) ++m_mixes;
  timing.mixes = m_mixes;
  timing.afterIdle = m_outstanding++ == 0;
  timing.handedNs = monotonicNs();
}

void Meter::cancel() {
  const std::lock_guard lock(m_mutex);
  --m_outstanding;
}

Meter::Reading Meter::end(const Timing& timing) {
  const std::uint64_t now = monotonicNs();
  // Read beside anything: its fence is signalled.
  Stamps* stamps = timing.stamp ? stampsOf(timing.stamp->family) : nullptr;
  const std::optional<Stamps::Ticks> read = stamps != nullptr ? stamps->read(*timing.stamp) : std::nullopt;
  const Stamps::Ticks ticks = read.value_or(Stamps::Ticks{});
  const std::lock_guard lock(m_mutex);
  --m_outstanding;
  Reading reading;
  reading.alone = !timing.mixed && timing.mixes == m_mixes;
  reading.measured = !timing.stamp || read;
  const BusyTime::Interval seen{.begin = timing.handedNs, .end = now, .afterIdle = timing.afterIdle};
  const BusyTime::Interval stamped{.begin = ticks.begin, .end = ticks.end, .afterIdle = timing.afterIdle};
  if (timing.waitingSinceNs < m_lastEndNs) reading.gapNs = gapBefore(timing, stamped);
  const std::uint64_t seenNs = timing.untimed ? 0 : m_byCompletions.add(seen);
  if (read) {
    reading.busyNs = m_byStamps.add(stamped);
    m_lastEndTicks = ticks.end;
  } else {
    reading.busyNs = timing.stamp ? 0 : seenNs;
    m_lastEndTicks.reset();
  }
  m_lastEndNs = now;
  return reading;
}

// Only asked for a slice that was there before the one before it ended.
std::uint64_t Meter::gapBefore(const Timing& timing, const BusyTime::Interval& ticks) const {
  if (!timing.stamp || !m_lastEndTicks) return timing.handedNs > m_lastEndNs ? timing.handedNs - m_lastEndNs : 0;
  const std::uint64_t mask = m_bits >= 64 ? ~std::uint64_t{0} : (std::uint64_t{1} << m_bits) - 1;
  const std::uint64_t gap = (ticks.begin - *m_lastEndTicks) & mask;
  return gap > mask / 2 ? 0 : static_cast<std::uint64_t>(static_cast<double>(gap) * m_nsPerTick);
}

}  // namespace lull::governor
