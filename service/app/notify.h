// SPDX-License-Identifier: Apache-2.0
// The door to the service manager (sd_notify). Does nothing when there is none.
#pragma once

#include "base/time.h"

#include <optional>

namespace lull::app {

void notifyReady();
void notifyStopping();
void notifyReloading(Instant now);
void notifyWatchdog();
// How often notifyWatchdog() must be called; nullopt: no watchdog.
[[nodiscard]] std::optional<Nanoseconds> watchdogInterval();

}  // namespace lull::app
