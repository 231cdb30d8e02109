// SPDX-License-Identifier: Apache-2.0
// From facts to verdicts. Pure: no clock, file, thread or OS; time is facts.now, hysteresis is in `previous`.
#pragma once

#include "lull/v1/settings.pb.h"
#include "model/attention.h"
#include "model/facts.h"
#include "model/verdict.h"

namespace lull::policy {

// Readings (temperatures, power, memory) as old as this are not trusted any more.
inline constexpr Seconds kReadingHolds{30};

[[nodiscard]] model::Verdicts decide(const model::Facts& facts, const v1::Settings& settings,
                                     const model::Verdicts& previous);

// Readings are made only while something depends on them. While a rule that needs none forbids work (the owner is
// here, sharing is off), old readings say nothing; when none does and a reading is missing, the verdict is to park
// with the one reason "starting", and attentionWanted() asks for it. So the app calls, after each decide():
//   senses.attend(policy::attentionWanted(verdicts, demand));
struct Demand {
  bool taskWaits = false;   // a task could start now
  bool workerRuns = false;  // a worker whose gate is open
  bool workerHeld = false;  // a worker that is parked, or evicting
  bool ownWaits = false;    // of the owner's own tasks, which other reasons hold back
  bool ownHeld = false;
  bool watched = false;  // somebody looks at the status stream
};
[[nodiscard]] model::Attention attentionWanted(const model::Verdicts& verdicts, const Demand& demand);

}  // namespace lull::policy
