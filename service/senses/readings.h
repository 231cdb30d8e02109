// SPDX-License-Identifier: Apache-2.0
// Temperatures, power supply and memory, read as often as the attention asks for; never at Rest.
#pragma once

#include "base/time.h"
#include "model/attention.h"
#include "model/facts.h"
#include "senses/linux/thermometers.h"
#include "senses/senses.h"

#include <asio/io_context.hpp>
#include <asio/steady_timer.hpp>

#include <functional>
#include <memory>

namespace lull::senses {

class Readings {
public:
  Readings(asio::io_context& loop, const Clock& clock, const Doors& doors, std::function<void()> changed);

  void attend(Attention attention);
  // Fills in what was read last.
  void tell(model::Facts& facts) const;

private:
  void read();
  // Whether anything differs from the reading before.
  bool readTemperatures(Instant now);
  bool readPowerSupply(Instant now);
  bool readMemoryUse(Instant now);
  void readLater();

  const Clock& m_clock;
  Doors m_doors;
  std::function<void()> m_changed;
  asio::steady_timer m_timer;
  Attention m_attention = Attention::Rest;
  Thermometers m_thermometers;
  Instant m_foundAt{};
  model::Aged<std::vector<v1::Temperature>> m_temperatures;
  model::Aged<v1::Power> m_power;
  model::Aged<v1::Memory> m_memory;
  std::optional<double> m_gpuWatts;                       // changes all the time: no reason for a pass of its own
  std::shared_ptr<int> m_life = std::make_shared<int>();  // completions that are queued already find it gone
};

}  // namespace lull::senses
