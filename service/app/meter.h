// SPDX-License-Identifier: Apache-2.0
// Turns the workers' running totals into what the ledger keeps (totals per worker, energy) and what people see (the
// share of the device's time over the last seconds). Of the processor that is the time of all its cores: a core's hour
// is one hour divided by their number.
#pragma once

#include "base/time.h"
#include "model/report.h"
#include "runtimes/workers.h"

#include <map>
#include <optional>
#include <string>
#include <thread>

namespace lull::app {

class Meter {
public:
  // How often a running worker's total goes to the ledger.
  static constexpr Seconds kKeepEvery{10};

  explicit Meter(unsigned cores = std::thread::hardware_concurrency()) : m_cores(cores > 0 ? cores : 1) {}

  // Takes a look at one worker; true when its total should be recorded now (enough time has passed, or its gate is
  // closed and it has worked since the last time).
  [[nodiscard]] bool look(const runtimes::WorkerFigures& worker, Instant now);
  // The entry for the ledger; marks the total as recorded.
  [[nodiscard]] model::SessionMetered keep(const runtimes::WorkerFigures& worker, const Now& now,
                                           std::uint32_t assumedWatts);
  // Tells the power of a GPU at this moment, if the machine does.
  void power(const std::string& gpu, std::optional<double> watts) { m_watts[gpu] = watts; }
  [[nodiscard]] double share(const model::TaskId& task) const;
  void forget(const model::TaskId& task) { m_sessions.erase(task); }

private:
  struct Session {
    Instant windowStart;
    std::uint64_t windowNs = 0;
    double share = 0;
    Instant keptAt;
    std::uint64_t keptNs = 0;
    double energyUj = 0;         // so far
    std::uint64_t energyNs = 0;  // time of the device that it covers
    bool estimated = false;
  };
  // Time of its device that it has used.
  [[nodiscard]] std::uint64_t usedNs(const runtimes::WorkerFigures& worker) const {
    return worker.gpuNs + worker.cpuNs / m_cores;
  }

  const unsigned m_cores;
  std::map<model::TaskId, Session> m_sessions;
  std::map<std::string, std::optional<double>> m_watts;
};

}  // namespace lull::app
