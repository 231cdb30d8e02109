// SPDX-License-Identifier: Apache-2.0
#include "app/give_back.h"

namespace lull::app {

bool GiveBack::isOwnersReturn(std::string_view cause) {
  return cause == "owner_present" || cause == "paused" || cause == "sharing_off";
}

void GiveBack::closed(const model::TaskId& task, const std::string& cause, Instant since) {
  if (isOwnersReturn(cause)) m_episodes.try_emplace(task, Episode{.cause = cause, .since = since});
}

void GiveBack::reopened(const model::TaskId& task) { m_episodes.erase(task); }

std::vector<model::Entry> GiveBack::look(const runtimes::WorkerFigures& worker, const Now& now) {
  const auto found = m_episodes.find(worker.task);
  if (found == m_episodes.end() || !worker.drainedAt) return {};
  auto& episode = found->second;
  if (episode.toldAt && !worker.endedAt) return {};
  // Converted once: another reading of the clocks may round to the millisecond beside it.
  if (!episode.toldAt) episode.toldAt = now.unixOf(episode.since);
  model::GiveBackMeasured entry{.at = *episode.toldAt, .task = worker.task, .spans = {}};
  // A gate that was closed before the event (nothing to give back) counts as closed at once.
  entry.spans.set_gate_ms(std::max(0.0, toMs(worker.gateChangedAt - episode.since)));
  entry.spans.set_drained_ms(std::max(entry.spans.gate_ms(), toMs(*worker.drainedAt - episode.since)));
  entry.spans.set_memory_free_ms(worker.endedAt ? toMs(*worker.endedAt - episode.since) : -1);
  entry.spans.set_cause(episode.cause);
  if (worker.endedAt) m_episodes.erase(found);
  return {entry};
}

}  // namespace lull::app
