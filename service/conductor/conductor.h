// SPDX-License-Identifier: Apache-2.0
// From verdicts to a plan, and from reports to task states. Pure: no clock, file, thread or OS.
#pragma once

#include "lull/v1/settings.pb.h"
#include "model/report.h"
#include "model/task.h"
#include "model/verdict.h"

#include <vector>

namespace lull::conductor {

struct PlanInput {
  const model::Verdicts& verdicts;
  const model::Roster& roster;
  const v1::Settings& settings;
  Now now;
  bool stopping = false;  // the service ends: every worker is evicted, nothing starts
};
// At most one worker per GPU; higher priority first, then older; a task waits for its notBefore. A task that has a
// worker is never displaced by another of any priority while its GPU may run (no work is thrown away).
[[nodiscard]] model::Plan plan(const PlanInput& input);

// Takes what was done or reported into the roster, by the one transition table, and returns what the ledger is to
// keep. Tasks that ended are removed from the roster. A report that does not fit the task's state (a late message of
// a killed worker) changes nothing.
struct Moment {
  Now now;
  const v1::Settings& settings;
};
[[nodiscard]] std::vector<model::Entry> take(model::Roster& roster, const model::WorkerReport& report, const Moment& at);
[[nodiscard]] std::vector<model::Entry> take(model::Roster& roster, const model::Action& action, const Moment& at);
// A submitted task joins.
[[nodiscard]] std::vector<model::Entry> submit(model::Roster& roster, const v1::Task& task);
// After a restart: a task found in a state with a worker has none any more; it is queued again, its attempt not counted.
[[nodiscard]] std::vector<model::Entry> resume(model::Roster& roster, const std::vector<v1::Task>& unfinished, const Moment& at);

}  // namespace lull::conductor
