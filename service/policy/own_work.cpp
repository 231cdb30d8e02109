// SPDX-License-Identifier: Apache-2.0
#include "policy/own_work.h"

#include "policy/opinion.h"

#include <algorithm>
#include <array>

namespace lull::policy {

namespace {

struct Row {
  std::string_view rule;
  bool binds;
};

constexpr std::array kTable{
    Row{rule::kSharingOff, false},    // nothing is lent to others
    Row{rule::kPaused, false},        // what is paused is the lending
    Row{rule::kOwnerPresent, false},  // it is the owner who asks
    Row{rule::kOnBattery, false},     // and who may spend the battery
    Row{rule::kMaxDuty, false},       // of what is lent
    Row{rule::kNoGpu, true},         Row{rule::kMemoryPressure, true}, Row{rule::kTooHot, true},
    Row{rule::kWarm, true},          Row{rule::kStarting, true},
};

}  // namespace

bool bindsOwnWork(std::string_view rule) {
  const auto* row = std::ranges::find(kTable, rule, &Row::rule);
  return row == kTable.end() || row->binds;
}

}  // namespace lull::policy
