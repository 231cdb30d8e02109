// SPDX-License-Identifier: Apache-2.0
#include "policy/downloads.h"

namespace lull::policy {

std::string downloadsHeld(const model::Facts& facts, const v1::Settings& settings) {
  if (!facts.network.metered() || settings.models().on_metered()) return {};
  return facts.network.text() +
         ": downloads wait for another one (“lull settings set models.on_metered true” lets them go on)";
}

}  // namespace lull::policy
