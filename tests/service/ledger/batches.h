// SPDX-License-Identifier: Apache-2.0
// Batch n of the crash test: begins task n and ends task n - 2, so that most tasks live through several transactions.
#pragma once

#include <string>
#include <vector>

#include "service/ledger/desk.h"

namespace lull::ledger::desk {

inline std::string taskOf(int n) { return "t-" + std::to_string(1'000'000 + n); }
inline std::uint64_t gpuNsOf(int n) { return kHourNs / 1000 * static_cast<std::uint64_t>(1 + n % 7); }

inline v1::TokenUsage tokensOf(int n) {
  const auto k = static_cast<std::uint64_t>(n);
  return tokens(10 + k % 13, 20 + k % 17, 2 + k % 3, k % 2);
}
inline std::uint64_t cpuNsOf(int n) { return gpuNsOf(n) / 3; }

inline std::vector<model::Entry> batch(int n) {
  const UnixMs at = kStart + n * 1000;
  std::vector<model::Entry> entries{submitted(taskOf(n), at),
                                    moved(taskOf(n), v1::TASK_STATE_RUNNING, at),
                                    metered("s-" + std::to_string(n), taskOf(n), gpuNsOf(n) / 2, at),
                                    meteredOnProcessor("c-" + std::to_string(n), taskOf(n), cpuNsOf(n) / 2, at),
                                    counted(taskOf(n), tokens(5, 10, 1), at),
                                    model::LossMeasured{taskOf(n), {loss(0, 4, 4.5), loss(1, 3)}},
                                    model::TemperatureSampled{at, 50}};
  if (n < 2) return entries;
  const auto ending = taskOf(n - 2);
  entries.emplace_back(metered("s-" + std::to_string(n - 2), ending, gpuNsOf(n - 2), at));
  entries.emplace_back(meteredOnProcessor("c-" + std::to_string(n - 2), ending, cpuNsOf(n - 2), at));
  entries.emplace_back(counted(ending, tokensOf(n - 2), at));
  entries.emplace_back(model::LossMeasured{ending, {loss(1, 2.5), loss(2, 2, 2.25)}});
  entries.emplace_back(done(ending, at));
  entries.emplace_back(done(ending, at));
  entries.emplace_back(gaveBack(n % 10, at));
  return entries;
}

}  // namespace lull::ledger::desk
