// SPDX-License-Identifier: Apache-2.0
#include "senses/readings.h"

#include "senses/calm.h"
#include "senses/linux/memory.h"
#include "senses/linux/power.h"
#include "senses/linux/power_meter.h"

#include <algorithm>
#include <utility>

namespace lull::senses {

namespace {

constexpr Seconds kSlowPeriod{10};
constexpr Seconds kClosePeriod{2};
constexpr Seconds kThermometersHold{300};  // then they are looked for again

Seconds periodOf(Attention attention) { return attention == Attention::Close ? kClosePeriod : kSlowPeriod; }

bool same(const google::protobuf::MessageLite& a, const google::protobuf::MessageLite& b) {
  return a.SerializeAsString() == b.SerializeAsString();
}

bool same(const std::vector<v1::Temperature>& a, const std::vector<v1::Temperature>& b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(), [](const auto& x, const auto& y) { return same(x, y); });
}

// Takes a reading; whether it differs from the one before.
template <typename T>
bool take(model::Aged<T>& kept, T value, Instant now) {
  const bool changed = !kept.at || !same(kept.value, value);
  kept = {.value = std::move(value), .at = now};
  return changed;
}

}  // namespace

Readings::Readings(asio::io_context& loop, const Clock& clock, const Doors& doors, std::function<void()> changed)
    : m_clock(clock), m_doors(doors), m_changed(std::move(changed)), m_timer(loop), m_thermometers(doors.sys) {}

void Readings::attend(Attention attention) {
  if (attention == m_attention) return;
  const Attention before = std::exchange(m_attention, attention);
  m_timer.cancel();
  if (attention == Attention::Rest) return;
  if (before == Attention::Rest) m_foundAt = {};
  if (attention > before) read();
  readLater();
}

void Readings::tell(model::Facts& facts) const {
  facts.temperatures = m_temperatures;
  facts.power = m_power;
  facts.memory = m_memory;
  facts.gpuWatts = m_gpuWatts;
}

void Readings::readLater() {
  m_timer.expires_after(periodOf(m_attention));
  m_timer.async_wait([this, life = std::weak_ptr(m_life)](const std::error_code& error) {
    if (error || life.expired() || m_attention == Attention::Rest) return;
    read();
    readLater();
  });
}

void Readings::read() {
  const Instant now = m_clock.now().instant;
  bool changed = readTemperatures(now);
  changed |= readPowerSupply(now);
  changed |= readMemoryUse(now);
  m_gpuWatts = readGpuWatts(m_doors.sys);
  if (changed) m_changed();
}

bool Readings::readTemperatures(Instant now) {
  if (now - m_foundAt >= kThermometersHold || m_foundAt == Instant{}) {
    m_thermometers.find();
    m_foundAt = now;
  }
  return take(m_temperatures, calm(m_thermometers.read(), m_temperatures.value), now);
}

bool Readings::readPowerSupply(Instant now) { return take(m_power, readPower(m_doors.sys), now); }

bool Readings::readMemoryUse(Instant now) {
  auto memory = readMemory(m_doors.proc);
  if (!memory) return std::exchange(m_memory.at, std::nullopt).has_value();
  if (m_memory.at) *memory = calm(*memory, m_memory.value);
  return take(m_memory, std::move(*memory), now);
}

}  // namespace lull::senses
