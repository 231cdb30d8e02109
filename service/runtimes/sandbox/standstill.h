// SPDX-License-Identifier: Apache-2.0
// Freezing where the kernel's own freezer is not to be had: SIGSTOP to all processes inside, looked over again and
// again until nothing moves, then each second, since a program can send itself SIGCONT by a timer.
#pragma once

#include "base/time.h"
#include "runtimes/sandbox/processes.h"

#include <asio/io_context.hpp>
#include <asio/steady_timer.hpp>

#include <functional>
#include <memory>
#include <optional>
#include <string>

namespace lull::sandbox {

class Standstill {
public:
  struct Told {
    std::function<void(Instant)> reached;
    std::function<void(const std::string& how)> defied;  // it goes on again and again
  };
  Standstill(asio::io_context& loop, Told told);
  ~Standstill();
  Standstill(const Standstill&) = delete;
  Standstill& operator=(const Standstill&) = delete;

  // Nothing when it is on already. Told on the loop, never from inside a call.
  void begin(const Crowd& crowd);
  void end();     // and everything goes on
  void forget();  // the processes are gone
  [[nodiscard]] std::optional<Instant> since() const;

private:
  struct Sweep;
  std::shared_ptr<Sweep> m_sweep;
};

}  // namespace lull::sandbox
