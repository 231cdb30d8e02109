// SPDX-License-Identifier: Apache-2.0
#include "runtimes/processor_gate.h"

#include <algorithm>
#include <chrono>

namespace lull::runtimes {

namespace {

constexpr std::chrono::milliseconds kTurn{500};  // standing still takes some milliseconds to come about

}  // namespace

ProcessorGate::ProcessorGate(asio::io_context& loop, sandbox::Sandbox& sandbox) : m_sandbox(sandbox), m_timer(loop) {}

void ProcessorGate::open() {
  m_open = true;
  run();
}

void ProcessorGate::close() {
  m_open = false;
  m_timer.cancel();
  m_sandbox.freeze();
}

void ProcessorGate::setDuty(std::uint32_t percent) {
  m_duty = std::clamp(percent, 1U, 100U);
  if (m_open) run();
}

void ProcessorGate::run() {
  m_sandbox.thaw();
  m_timer.cancel();
  if (m_duty < 100) next(&ProcessorGate::rest, m_duty);
}

void ProcessorGate::rest() {
  m_sandbox.freeze();
  next(&ProcessorGate::run, 100 - m_duty);
}

void ProcessorGate::next(void (ProcessorGate::*step)(), std::uint32_t percent) {
  m_timer.expires_after(kTurn * percent / 100);
  m_timer.async_wait([this, step, life = std::weak_ptr(m_life)](asio::error_code code) {
    if (!code && !life.expired() && m_open) (this->*step)();
  });
}

}  // namespace lull::runtimes
