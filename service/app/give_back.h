// SPDX-License-Identifier: Apache-2.0
// Measures each return of the owner: input event → gate closed → drained → (if evicted) GPU memory free.
#pragma once

#include "base/time.h"
#include "model/report.h"
#include "runtimes/workers.h"

#include <map>
#include <optional>
#include <string>
#include <vector>

namespace lull::app {

class GiveBack {
public:
  // Whether closing a gate for this rule is the owner's return: only those are measured.
  [[nodiscard]] static bool isOwnersReturn(std::string_view cause);

  // A gate closes because of something that happened at `since`.
  void closed(const model::TaskId& task, const std::string& cause, Instant since);
  void reopened(const model::TaskId& task);
  // Looks at a worker's figures and returns what has become known since: a measurement once drained, and the same one
  // completed (same instant and task: it replaces the first) when the memory is free.
  [[nodiscard]] std::vector<model::Entry> look(const runtimes::WorkerFigures& worker, const Now& now);

private:
  struct Episode {
    std::string cause;
    Instant since;
    std::optional<UnixMs> toldAt;  // of the measurement, once drained; both halves carry the same
  };
  std::map<model::TaskId, Episode> m_episodes;
};

}  // namespace lull::app
