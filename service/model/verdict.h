// SPDX-License-Identifier: Apache-2.0
// What policy decided, for each GPU, and what it must remember for its next decision.
#pragma once

#include "base/time.h"
#include "lull/v1/status.pb.h"

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace lull::model {

// What work may do on a GPU.
struct Leave {
  v1::Limit limit = v1::LIMIT_EVICT;     // default deny
  std::vector<v1::Reason> reasons;       // all that hold, the strictest first; empty: may run
  double duty = 0;                       // share of its time granted, 0..1, in whole percent; 0 unless it may run
  std::optional<v1::Reason> dutyReason;  // why it is not all
  std::uint64_t memoryLimit = 0;         // bytes of its memory granted; 0 = no limit
};

// Of the devices of one kind, GPUs or the processor.
struct HeatMemory {
  bool hot = false;                 // stopped for heat, not yet cool
  double warmDuty = 1;              // what heat leaves of their time
  std::optional<Instant> warmStep;  // when that was last weighed; none: never
};

// What work for others may do; and the owner's own work, which is never held stricter.
struct Verdict : Leave {
  Leave own;

  [[nodiscard]] const Leave& leaveFor(bool ownWork) const { return ownWork ? own : *this; }
};

// The hysteresis: travels from decision to decision.
struct PolicyMemory {
  std::optional<Instant> presentSince;  // the input that ended the last absence; none while away
  std::optional<Instant> pausedSince;   // none while nobody has paused it
  bool pressed = false;                 // stopped for memory, not yet relaxed
  HeatMemory gpus;
  HeatMemory processor;
};

struct Verdicts {
  std::map<std::string, Verdict> byGpu;  // by v1::Gpu.id
  Verdict device;                        // what holds for the whole device (also when there is no GPU)
  PolicyMemory memory;
  std::optional<Instant> lookAgain;  // when the answer changes by itself if no new fact comes
};

}  // namespace lull::model
