// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "lull/v1/task.pb.h"

#include <set>
#include <string>

namespace lull::ledger {

// Hashes of all blobs in a specification, wherever they stand: found by reflection, so that a new runtime's fields
// need no word here.
[[nodiscard]] std::set<std::string> blobsIn(const v1::TaskSpec& spec);

}  // namespace lull::ledger
