// SPDX-License-Identifier: Apache-2.0
// What one rule thinks of one case.
#pragma once

#include "lull/v1/settings.pb.h"
#include "model/facts.h"
#include "model/verdict.h"

#include <optional>
#include <string_view>

namespace lull::policy {

struct Case {
  const model::Facts& facts;
  const v1::Settings& settings;
  const model::PolicyMemory& before;

  [[nodiscard]] Instant now() const { return facts.now.instant; }
};

struct Opinion {
  std::optional<v1::Reason> reason;  // none: no objection
  std::optional<Instant> changesAt;  // when this opinion changes by itself
};

// The opinion of a rule that judges a reading. `changesAt` is when the reading grows too old.
struct Judgement {
  Opinion opinion;
  bool missing = false;      // there is no fresh reading, and the rule cannot do without
  std::string_view reading;  // "temperatures"
};

// Whether a reading made at `at` may be trusted, and until when. At staleAt() it is trusted no more.
[[nodiscard]] std::optional<Instant> staleAt(std::optional<Instant> at);
[[nodiscard]] bool isFresh(const Case& c, std::optional<Instant> at);

// The rules, the strictest limit first where two forbid alike.
namespace rule {
inline constexpr std::string_view kSharingOff = "sharing_off";
inline constexpr std::string_view kPaused = "paused";
inline constexpr std::string_view kOwnerPresent = "owner_present";
inline constexpr std::string_view kNoGpu = "no_gpu";
inline constexpr std::string_view kCpuNotLent = "cpu_not_lent";
inline constexpr std::string_view kMemoryPressure = "memory_pressure";
inline constexpr std::string_view kTooHot = "too_hot";
inline constexpr std::string_view kOnBattery = "on_battery";
inline constexpr std::string_view kStarting = "starting";
// They forbid nothing: they lower the duty.
inline constexpr std::string_view kMaxDuty = "max_duty";
inline constexpr std::string_view kWarm = "warm";
}  // namespace rule

}  // namespace lull::policy
