// SPDX-License-Identifier: Apache-2.0
#include "governor/metering/busy_time.h"

namespace lull::governor {

BusyTime::BusyTime(std::uint32_t validBits, double nsPerTick)
    : m_mask(validBits >= 64 ? ~std::uint64_t{0} : (std::uint64_t{1} << validBits) - 1), m_nsPerTick(nsPerTick) {}

std::uint64_t BusyTime::add(const Interval& interval) {
  const std::uint64_t length = (interval.end - interval.begin) & m_mask;
  if (length > m_mask / 2) return 0;  // ends before it begins: a broken reading
  std::uint64_t ticks = length;
  if (m_any && !interval.afterIdle) {
    const std::uint64_t counted = (m_end - interval.begin) & m_mask;  // how far the last end reaches into it
    if (counted <= m_mask / 2) ticks = counted < length ? length - counted : 0;
  }
  if (!m_any || ticks > 0) m_end = interval.end & m_mask;
  m_any = true;
  return static_cast<std::uint64_t>(static_cast<double>(ticks) * m_nsPerTick);
}

}  // namespace lull::governor
