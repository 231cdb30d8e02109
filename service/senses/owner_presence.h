// SPDX-License-Identifier: Apache-2.0
// Is somebody touching this computer? Starts lull-presence, believes what it tells, starts it again when it dies; while
// it is not there, nothing is known, which counts as present.
#pragma once

#include "base/time.h"
#include "model/facts.h"
#include "process/child.h"
#include "senses/presence/record.h"
#include "senses/senses.h"

#include <asio/io_context.hpp>
#include <asio/posix/stream_descriptor.hpp>
#include <asio/steady_timer.hpp>

#include <array>
#include <functional>
#include <memory>
#include <optional>

namespace lull::senses {

class OwnerPresence {
public:
  OwnerPresence(asio::io_context& loop, const Clock& clock, const Doors& doors, std::function<void()> changed);

  // Begins to watch. A program that cannot be started is no error: it is a trouble told, and tried again.
  void start();
  [[nodiscard]] const model::Presence& presence() const { return m_presence; }
  // 0 while it does not run.
  [[nodiscard]] pid_t helper() const { return m_child ? m_child->pid() : 0; }

private:
  void readOn();
  void take(const presence::Record& record);
  void takeDevices(const presence::Record& record);
  void lost(std::string trouble);

  asio::io_context& m_loop;
  const Clock& m_clock;
  Doors m_doors;
  std::function<void()> m_changed;
  model::Presence m_presence;
  std::optional<process::Child> m_child;
  asio::posix::stream_descriptor m_pipe;
  asio::steady_timer m_again;
  Instant m_startedAt{};
  Seconds m_delay;
  std::array<presence::Record, 16> m_records{};
  std::size_t m_have = 0;  // bytes in m_records
  // A completion may already be queued when its helper is given up, or when this object ends: it finds this gone.
  std::shared_ptr<int> m_life = std::make_shared<int>();
};

}  // namespace lull::senses
