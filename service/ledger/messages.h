// SPDX-License-Identifier: Apache-2.0
// Rows as the messages that tell of them: which columns to ask for, and how they are read.
#pragma once

#include "ledger/sql.h"
#include "lull/v1/ledger.pb.h"
#include "lull/v1/task.pb.h"

#include <string>
#include <string_view>

namespace lull::ledger {

// `which`: the rest of the query. The first column is the task's number.
[[nodiscard]] std::string selectTasks(std::string_view which);
[[nodiscard]] v1::Task taskOf(const Rows& rows);  // without what stands in other tables: spec, history, losses, outputs

[[nodiscard]] std::string selectEntries(std::string_view which);
[[nodiscard]] v1::LedgerEntry entryOf(const Rows& rows);

}  // namespace lull::ledger
