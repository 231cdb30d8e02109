// SPDX-License-Identifier: Apache-2.0
// Runs lull-semantics in some mode and reads what it tells; ends it when a case hangs.
#pragma once

#include "fakes/service_page.h"

#include <chrono>
#include <map>
#include <set>
#include <string>
#include <vector>

namespace lull::semantics {

inline constexpr const char* kWitness = "VK_LAYER_LULL_witness";  // witness.cpp: to be the last

struct Mode {
  std::vector<std::string> layers;       // the first nearest to the program
  std::vector<std::string> environment;  // "NAME=value", added
  fakes::ServicePage* page = nullptr;    // nullptr: not governed
};

struct CaseResult {
  std::string outcome;  // PASS, FAIL, SKIPPED, or HUNG, DIED of the harness
  std::string text;     // digest or reason
  std::set<std::string> messages;
};
using Report = std::map<std::string, CaseResult>;

inline constexpr std::chrono::seconds kCaseLimit{60};

// The names of one kind: quick, full, ending, trip.
[[nodiscard]] std::vector<std::string> casesOf(const std::string& kind);
// In one process, or in several where a case takes the process with it.
[[nodiscard]] Report runCases(const Mode& mode, const std::vector<std::string>& names);

struct Ending {
  std::string digest;
  int told = -1;    // the exit status that it announced
  int status = -1;  // and the one that came; -1: it did not end in time, or by a signal
  std::string lastLine;
};
[[nodiscard]] Ending runEnding(const Mode& mode, const std::string& name);

// Each difference as a line; empty when all of `wanted` came again.
[[nodiscard]] std::string differences(const Report& wanted, const Report& got);
[[nodiscard]] std::string failures(const Report& report);
[[nodiscard]] std::set<std::string> skipped(const Report& report);
[[nodiscard]] std::set<std::string> messages(const Report& report);

[[nodiscard]] std::vector<std::string> semanticsCommand(const std::vector<std::string>& arguments);
[[nodiscard]] std::vector<std::string> environmentOf(const Mode& mode);

}  // namespace lull::semantics
