// SPDX-License-Identifier: Apache-2.0
#include "runtimes/sandbox/standstill.h"

#include <chrono>
#include <csignal>
#include <utility>

namespace lull::sandbox {

namespace {

constexpr std::size_t kAtOnce = 65536;
constexpr auto kSoon = std::chrono::milliseconds(1);
constexpr auto kLater = std::chrono::milliseconds(10);
constexpr auto kGuard = std::chrono::seconds(1);
constexpr int kSoonSweeps = 20;
// Sweeps that find something moving: three seconds of them. One that leaves the kernel to be stopped may be seen once.
constexpr int kDefied = 300;
constexpr int kRelapse = 20;

}  // namespace

struct Standstill::Sweep : std::enable_shared_from_this<Standstill::Sweep> {
  Sweep(asio::io_context& loop, Told their) : timer(loop), told(std::move(their)) {}

  asio::steady_timer timer;
  Told told;
  std::optional<Crowd> crowd;
  std::optional<Instant> since;
  bool wasStill = false;  // at the sweep before
  bool reported = false;
  int sweeps = 0;
  int defiance = 0;

  // A member that was still moving while others were looked at may have woken one of those: only two sweeps in a row
  // that find nothing moving are an answer.
  void sweep() {
    const bool still = stopAll();
    if (!still) {
      since.reset();
      defiance += reported ? kRelapse : 1;
      if (defiance >= kDefied) return told.defied("it went on although it was told to stand still");
    } else if (wasStill && !since) {
      since = SystemClock().now().instant;
    }
    wasStill = still;
    ++sweeps;
    later();
    if (since && !std::exchange(reported, true)) told.reached(*since);
  }
  bool stopAll() {
    bool still = true;
    for (const auto& member : membersOf(*crowd, kAtOnce)) {
      const auto motion = motionOf(member.pid);
      if (motion != Motion::Still) signal(member, SIGSTOP);
      if (motion == Motion::Moving) still = false;
    }
    return still;
  }
  void later() {
    timer.expires_after(since ? std::chrono::milliseconds(kGuard) : sweeps < kSoonSweeps ? kSoon : kLater);
    timer.async_wait([weak = weak_from_this()](asio::error_code code) {
      auto self = weak.lock();
      if (!code && self && self->crowd) self->sweep();
    });
  }
  void stop() {
    timer.cancel();
    crowd.reset();
    since.reset();
    wasStill = reported = false;
    sweeps = defiance = 0;
  }
};

Standstill::Standstill(asio::io_context& loop, Told told) : m_sweep(std::make_shared<Sweep>(loop, std::move(told))) {}

Standstill::~Standstill() { forget(); }

void Standstill::begin(const Crowd& crowd) {
  if (m_sweep->crowd) return;
  m_sweep->crowd = crowd;
  signalAll(crowd, SIGSTOP);
  m_sweep->later();
}

void Standstill::end() {
  if (!m_sweep->crowd) return;
  signalAll(*m_sweep->crowd, SIGCONT);
  m_sweep->stop();
}

void Standstill::forget() { m_sweep->stop(); }

std::optional<Instant> Standstill::since() const { return m_sweep->since; }

}  // namespace lull::sandbox
