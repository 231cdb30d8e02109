// SPDX-License-Identifier: Apache-2.0
// lull-semantics --soak under a gate that opens and closes at random.
#pragma once

#include "service/governor/semantics/harness.h"
#include "service/governor/semantics/toggler.h"

namespace lull::semantics {

struct SoakRun {
  std::uint64_t runs = 0;       // of cases
  std::uint64_t differing = 0;  // whose result was not that of their first run
  std::string failures;         // the program's words about those; or how it ended
  std::uint64_t unacknowledged = 0;
  std::vector<Toggler::Park> parks;
};

struct SoakOptions {
  double seconds = 5;
  unsigned seed = 1;
  std::vector<std::string> environment;
  Toggler::Limits limits;
};
[[nodiscard]] SoakRun soak(const SoakOptions& options);

}  // namespace lull::semantics
