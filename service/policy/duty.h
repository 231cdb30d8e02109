// SPDX-License-Identifier: Apache-2.0
// How much of a device's time may be lent while it may run: what the owner set (of a GPU; of the processor it is cores,
// see sharing.cpu_cores), and less the warmer it is.
//
// From thermal.soften below thermal.stop on, heat takes the share down in a straight line to kLeastDuty at thermal.stop
// (there tooHot() stops it altogether). The share moves toward that line in small steps, kDutyStep apart, and rises
// only when it would not have to come down again kRiseBand higher: so fans stay even, and it settles.
#pragma once

#include "policy/opinion.h"
#include "policy/rules/heat.h"

#include <optional>

namespace lull::policy {

inline constexpr double kLeastDuty = 0.15;
inline constexpr Seconds kDutyStep{5};
inline constexpr double kRiseBand = 3;  // °C

struct Grant {
  double duty = 1;                   // in whole percent
  std::optional<v1::Reason> reason;  // none: all of it
  std::optional<Instant> changesAt;  // when the next step is due
};
struct Grants {
  Grant lent;
  Grant own;  // to the owner's own work: only heat takes of it
};
[[nodiscard]] Grants dutyGranted(const Case& c, HeatOf of, model::HeatMemory& memory);

}  // namespace lull::policy
