// SPDX-License-Identifier: Apache-2.0
// From facts to verdicts. Pure: no clock, file, thread or OS; time is facts.now, hysteresis is in `previous`.
#pragma once

#include "lull/v1/settings.pb.h"
#include "model/facts.h"
#include "model/verdict.h"

namespace lull::policy {

[[nodiscard]] model::Verdicts decide(const model::Facts& facts, const v1::Settings& settings,
                                     const model::Verdicts& previous);

}  // namespace lull::policy
