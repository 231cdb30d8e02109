// SPDX-License-Identifier: Apache-2.0
// Projects what is known and recorded into the status people see. Pure.
#pragma once

#include "app/governors.h"
#include "app/meter.h"
#include "ledger/ledger.h"
#include "lull/v1/settings.pb.h"
#include "model/facts.h"
#include "model/task.h"
#include "model/verdict.h"
#include "runtimes/workers.h"

#include <map>
#include <string>
#include <vector>

namespace lull::app {

struct ViewInput {
  const model::Facts& facts;
  const model::Verdicts& verdicts;
  const model::Roster& roster;
  const std::map<model::TaskId, v1::Task>& labels;  // what does not change about the tasks of the roster
  const std::vector<runtimes::WorkerFigures>& workers;
  const Meter& meter;
  const Governors& governors;
  const ledger::Totals& totals;
  const v1::Settings& settings;
  const std::vector<std::string>& troubles;
  v1::ModelStore models = {};
  v1::RuntimeStore runtimes = {};
  UnixMs startedAt = 0;
  bool stopping = false;
};
[[nodiscard]] v1::Status project(const ViewInput& in);

// What a worker tells it has computed, over what is recorded: the larger of each figure, as the ledger keeps it.
void raiseUsage(v1::Task& task, const v1::TokenUsage& told);

}  // namespace lull::app
