// SPDX-License-Identifier: Apache-2.0
#include "app/governors.h"

namespace lull::app {

void Governors::ended(const runtimes::WorkerFigures& worker) {
  auto& sum = m_ended[worker.gpu];
  sum += worker.governor;
  sum.dutyPercent = 0;  // nobody has it now
  sum.depth = 0;
}

std::optional<v1::Governor> Governors::of(const std::string& gpu,
                                          std::span<const runtimes::WorkerFigures> workers) const {
  std::optional<runtimes::GovernorFigures> sum;
  if (const auto found = m_ended.find(gpu); found != m_ended.end()) sum = found->second;
  for (const auto& worker : workers) {
    if (worker.gpu == gpu) (sum ? *sum : sum.emplace()) += worker.governor;
  }
  if (!sum) return std::nullopt;
  v1::Governor out;
  out.set_duty(sum->dutyPercent / 100.0);
  out.set_depth(sum->depth);
  out.set_submissions(sum->submits);
  out.set_slices(sum->slices);
  out.set_stops(sum->stopCount());
  out.set_stop_p50_ms(sum->stopMs(0.5).value_or(0));
  out.set_stop_p99_ms(sum->stopMs(0.99).value_or(0));
  out.set_passed_ungoverned(sum->passedUngoverned);
  out.set_uncut(sum->uncut);
  out.set_unknown_commands(sum->unknownCommands);
  out.set_refused_bytes(sum->refusedBytes);
  return out;
}

}  // namespace lull::app
