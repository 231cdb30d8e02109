// SPDX-License-Identifier: Apache-2.0
// Which value of a setting would make a reason go away: the advice of `lull why`. Pure.
#pragma once

#include "lull/v1/envelope.pb.h"
#include "lull/v1/status.pb.h"

#include <optional>
#include <string>

namespace lull::cli {

// The value to set, within the setting's range; nullopt when no value of it would help.
[[nodiscard]] std::optional<std::string> suggestedValue(const v1::Reason& reason, const v1::Setting& setting);
// The command that ends this reason: `lull resume`, `lull share on`, `lull settings set thermal.stop 85`; empty: none.
// `setting` is the description of reason.setting(), where it has one.
[[nodiscard]] std::string suggestedCommand(const v1::Reason& reason, const std::optional<v1::Setting>& setting);

}  // namespace lull::cli
