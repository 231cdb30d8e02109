// SPDX-License-Identifier: Apache-2.0
// The gate of a worker on the processor, where no governor could hold anything: while it is closed all in its sandbox
// stands still, and with less than the whole duty it does so for the rest of each turn. Before the first close() it
// runs: a program must be able to say that it has started.
#pragma once

#include "runtimes/sandbox/sandbox.h"

#include <asio/steady_timer.hpp>

#include <cstdint>
#include <memory>

namespace lull::runtimes {

class ProcessorGate {
public:
  // `sandbox` outlives this.
  ProcessorGate(asio::io_context& loop, sandbox::Sandbox& sandbox);

  void open();
  void close();
  void setDuty(std::uint32_t percent);  // 1..100

private:
  void run();
  void rest();
  void next(void (ProcessorGate::*step)(), std::uint32_t percent);

  sandbox::Sandbox& m_sandbox;
  asio::steady_timer m_timer;
  std::uint32_t m_duty = 100;
  bool m_open = false;
  std::shared_ptr<int> m_life = std::make_shared<int>();  // a completion that is queued already finds it gone
};

}  // namespace lull::runtimes
