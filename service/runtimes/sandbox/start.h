// SPDX-License-Identifier: Apache-2.0
// From a Spec to a launch: the command, and the pipes on which it tells how far it came.
#pragma once

#include "runtimes/sandbox/sandbox.h"

namespace lull::sandbox {

// A launch and what must stay open until it is done; then our ends of the pipes.
struct Start {
  process::Launch launch;
  std::vector<Fd> theirs;
  Fd info;    // bubblewrap's first words: who leads inside; none without walls
  Fd report;  // lull-inside's
  Fd errors;  // the program's standard error
};

[[nodiscard]] Result<Start> prepare(const Spec& spec);

}  // namespace lull::sandbox
