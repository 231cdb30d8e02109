// SPDX-License-Identifier: Apache-2.0
#include "app/meter.h"

#include <algorithm>

namespace lull::app {

namespace {

constexpr auto kWindow = std::chrono::milliseconds(900);

}  // namespace

bool Meter::look(const runtimes::WorkerFigures& worker, Instant now) {
  auto [found, isNew] = m_sessions.try_emplace(worker.task);
  auto& session = found->second;
  const auto used = usedNs(worker);
  if (isNew) session = {.windowStart = now, .windowNs = used, .keptAt = now};
  if (!worker.open) {
    session.share = 0;
    session.windowStart = now;
    session.windowNs = used;
  } else if (now - session.windowStart >= kWindow) {
    const auto spent = static_cast<double>(used - session.windowNs);
    session.share = std::clamp(spent / static_cast<double>((now - session.windowStart).count()), 0.0, 1.0);
    session.windowStart = now;
    session.windowNs = used;
  }
  if (used == session.keptNs) return false;
  return !worker.open || now - session.keptAt >= kKeepEvery;
}

model::SessionMetered Meter::keep(const runtimes::WorkerFigures& worker, const Now& now, std::uint32_t assumedWatts) {
  auto& session = m_sessions[worker.task];
  const auto used = usedNs(worker);
  const auto told = m_watts.find(worker.gpu);
  const bool measured = told != m_watts.end() && told->second.has_value();
  const double watts = measured ? *told->second : assumedWatts;
  // ns × W = nJ; the ledger keeps micro-joules.
  session.energyUj += static_cast<double>(used - session.energyNs) * watts / 1000.0;
  session.energyNs = used;
  session.estimated = session.estimated || !measured;
  session.keptAt = now.instant;
  session.keptNs = used;
  return {.session = worker.session,
          .task = worker.task,
          .at = now.unixMs,
          .gpuNs = worker.gpuNs,
          .energyUj = static_cast<std::uint64_t>(session.energyUj),
          .energyEstimated = session.estimated,
          .cpuNs = worker.cpuNs};
}

double Meter::share(const model::TaskId& task) const {
  const auto found = m_sessions.find(task);
  return found == m_sessions.end() ? 0 : found->second.share;
}

}  // namespace lull::app
