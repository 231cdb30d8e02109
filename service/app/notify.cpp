// SPDX-License-Identifier: Apache-2.0
#include "app/notify.h"

#include <systemd/sd-daemon.h>

#include <cstdint>
#include <string>

namespace lull::app {

void notifyReady() { sd_notify(0, "READY=1"); }

void notifyStopping() { sd_notify(0, "STOPPING=1"); }

void notifyReloading(Instant now) {
  sd_notify(0, ("RELOADING=1\nMONOTONIC_USEC=" + std::to_string(toNs(now) / 1000)).c_str());
}

void notifyWatchdog() { sd_notify(0, "WATCHDOG=1"); }

std::optional<Nanoseconds> watchdogInterval() {
  std::uint64_t limitUs = 0;
  if (sd_watchdog_enabled(0, &limitUs) <= 0 || limitUs == 0) return std::nullopt;
  return std::chrono::microseconds(limitUs / 2);
}

}  // namespace lull::app
