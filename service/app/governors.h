// SPDX-License-Identifier: Apache-2.0
// What the governors told of each GPU's workers since the service started.
#pragma once

#include "lull/v1/status.pb.h"
#include "runtimes/workers.h"

#include <map>
#include <optional>
#include <span>
#include <string>

namespace lull::app {

class Governors {
public:
  // A worker's last figures; it is not among the workers any more.
  void ended(const runtimes::WorkerFigures& worker);
  // None while the GPU has had no worker.
  [[nodiscard]] std::optional<v1::Governor> of(const std::string& gpu,
                                               std::span<const runtimes::WorkerFigures> workers) const;

private:
  std::map<std::string, runtimes::GovernorFigures> m_ended;  // by GPU
};

}  // namespace lull::app
