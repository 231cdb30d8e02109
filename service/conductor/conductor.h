// SPDX-License-Identifier: Apache-2.0
// From verdicts to a plan, and from reports to task states. Pure: no clock, file, thread or OS.
#pragma once

#include "lull/v1/settings.pb.h"
#include "model/report.h"
#include "model/task.h"
#include "model/verdict.h"

#include <span>
#include <vector>

namespace lull::conductor {

struct PlanInput {
  const model::Verdicts& verdicts;
  const model::Roster& roster;
  const v1::Settings& settings;
  Now now;
  bool stopping = false;               // the service ends: every worker is evicted, nothing starts
  std::span<const v1::Gpu> gpus = {};  // for their names in the history only
};
// At most one worker per GPU; the owner's own tasks first, then higher priority, then older; a task waits for its
// notBefore. A task that has a worker is never displaced by another of any priority while its GPU may run (no work is
// thrown away), except by the owner's own: for that a stranger's task is evicted, and goes on afterwards. Own tasks go
// by the verdict's leave for own work.
// A GPU without a verdict counts as LIMIT_EVICT. The processor is a device like GPUs, for tasks that it can compute
// (RosterTask.onProcessor) and that find no GPU free.
//
// Limits on workers, each followed by KillWorker: not drained gpu.drain_limit after the gate closed (counts as a failed
// attempt, but not on the processor), not ended kEvictLimit after EvictWorker (does not count), not started after
// kStartLimit (counts), not ended kCloseLimit after its conversation was closed (does not count), more GPU time used
// than the task allows (fails for good).
//
// The plan holds as of `now`; what its own actions entail is in lookAgain already.
inline constexpr Seconds kEvictLimit{10};
inline constexpr Seconds kCloseLimit{10};  // it may stand still and hear nothing
inline constexpr Seconds kStartLimit{60};
inline constexpr Seconds kStartLimitOnProcessor{600};
[[nodiscard]] model::Plan plan(const PlanInput& input);

// Takes what was done or reported into the roster, by the one transition table (transitions.h), and returns what the
// ledger is to keep. Tasks that ended are removed from the roster. A report or action that does not fit the task's
// state changes nothing.
//
// Attempts: only a failure counts. Eviction, parking, our own killing of a worker that did not leave in time and
// restarts of the service never do. A failed attempt is repeated after tasks.retry_delay, doubled for each further one,
// as often as allowed; BAD_TASK, TOO_BIG and GPU_TIME_LIMIT never are. What finished is done, even when a cancel or
// a kill was under way. The owner's own tasks earn nothing. A conversation that was closed never waits for a GPU again.
struct Moment {
  Now now;
  const v1::Settings& settings;
};
[[nodiscard]] std::vector<model::Entry> take(model::Roster& roster, const model::WorkerReport& report,
                                             const Moment& at);
[[nodiscard]] std::vector<model::Entry> take(model::Roster& roster, const model::Action& action, const Moment& at);
// A submitted task joins. Needs id and spec; name, runtime, priority, own, attempts and times are filled from them.
// The attempts allowed are settled now: a later change of tasks.attempts is for later tasks.
[[nodiscard]] std::vector<model::Entry> submit(model::Roster& roster, v1::Task task, const Moment& at);
// After a restart: a task found in a state with a worker has none any more; it is queued again, its attempt not
// counted. A conversation ends: whoever held it is gone. `unfinished` is oldest first.
[[nodiscard]] std::vector<model::Entry> resume(model::Roster& roster, const std::vector<v1::Task>& unfinished,
                                               const Moment& at);

}  // namespace lull::conductor
