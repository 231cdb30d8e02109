// SPDX-License-Identifier: Apache-2.0
// Whether models may be fetched now. Pure.
#pragma once

#include "lull/v1/settings.pb.h"
#include "model/facts.h"

#include <string>

namespace lull::policy {

// Why downloads wait, for people; empty: they go on. A computer that does not know whether its connection is metered
// fetches: most never will.
[[nodiscard]] std::string downloadsHeld(const model::Facts& facts, const v1::Settings& settings);

}  // namespace lull::policy
