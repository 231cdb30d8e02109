// SPDX-License-Identifier: Apache-2.0
#include "policy/rules/sharing_off.h"

namespace lull::policy {

Opinion sharingOff(const Case& c) {
  if (c.settings.sharing().enabled()) return {};
  v1::Reason reason;
  reason.set_rule(std::string(rule::kSharingOff));
  reason.set_limit(v1::LIMIT_EVICT);
  reason.set_text("Sharing is switched off");
  reason.set_value("off");
  reason.set_threshold("on");
  reason.set_setting("sharing.enabled");
  reason.set_remedy("Switch it on in the dashboard, or with “lull share on”");
  return {.reason = reason, .changesAt = {}};
}

}  // namespace lull::policy
