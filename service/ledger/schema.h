// SPDX-License-Identifier: Apache-2.0
// The schema's versions: one step per released one, forward only.
#pragma once

#include "ledger/sql.h"

#include <span>

namespace lull::ledger {

struct Step {
  int version;  // what the file is after it
  const char* sql;
};
[[nodiscard]] std::span<const Step> steps();

// Brings the file to the newest version, each step in a transaction of its own. Version when the file is newer than
// this program.
[[nodiscard]] Outcome migrate(Connection& connection, std::span<const Step> steps);

}  // namespace lull::ledger
