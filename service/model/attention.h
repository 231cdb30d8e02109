// SPDX-License-Identifier: Apache-2.0
// How closely the machine is watched. Presence is always told at once by events.
#pragma once

namespace lull::model {

enum class Attention {
  Rest,   // nothing depends on temperatures, power or memory: they are not read
  Slow,   // waiting for one of them to change: every 10 s
  Close,  // a task runs or somebody watches: every 2 s
};

}  // namespace lull::model
