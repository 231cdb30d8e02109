// SPDX-License-Identifier: Apache-2.0
// Turns the workers' running totals into what the ledger keeps (totals per worker, energy) and what people see (the
// share of GPU time over the last seconds).
#pragma once

#include "base/time.h"
#include "model/report.h"
#include "runtimes/workers.h"

#include <map>
#include <optional>
#include <string>

namespace lull::app {

class Meter {
public:
  // How often a running worker's total goes to the ledger.
  static constexpr Seconds kKeepEvery{10};

  // Takes a look at one worker; true when its total should be recorded now (enough time has passed, or its gate is
  // closed and it has worked since the last time).
  [[nodiscard]] bool look(const runtimes::WorkerFigures& worker, Instant now);
  // The entry for the ledger; marks the total as recorded. `measuredWatts`: the GPU's power, where the machine tells.
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
    std::uint64_t energyNs = 0;  // GPU time it covers
    bool estimated = false;
  };
  std::map<model::TaskId, Session> m_sessions;
  std::map<std::string, std::optional<double>> m_watts;
};

}  // namespace lull::app
