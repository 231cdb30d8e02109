// SPDX-License-Identifier: Apache-2.0
// All cases, and running them: what is printed here is what the harness reads.
//   CASE name kind                      --list
//   RUN name | PASS name digest | FAIL name why | SKIPPED name why
//   END digest status                   an ending case, before the process ends with this status
//   MESSAGE id                          validation has something to say about the case that runs
#pragma once

#include "case.h"

#include <string_view>
#include <vector>

namespace semantics {

// By topic; each in its own file under cases/.
[[nodiscard]] Cases stateCases();
[[nodiscard]] Cases pushCases();
[[nodiscard]] Cases dispatchCases();
[[nodiscard]] Cases groupCases();
[[nodiscard]] Cases pipelineCases();
[[nodiscard]] Cases recordingCases();
[[nodiscard]] Cases secondaryCases();
[[nodiscard]] Cases eventCases();
[[nodiscard]] Cases queryCases();
[[nodiscard]] Cases bufferCopyCases();
[[nodiscard]] Cases imageCases();
[[nodiscard]] Cases descriptorCases();
[[nodiscard]] Cases drawCases();
[[nodiscard]] Cases nestingCases();
[[nodiscard]] Cases fenceCases();
[[nodiscard]] Cases semaphoreCases();
[[nodiscard]] Cases submitCases();
[[nodiscard]] Cases queueCases();
[[nodiscard]] Cases nextCases();
[[nodiscard]] Cases threadCases();
[[nodiscard]] Cases sharedCases();
[[nodiscard]] Cases deviceCases();
[[nodiscard]] Cases endingCases();
[[nodiscard]] Cases tripCases();

[[nodiscard]] std::vector<Case> allCases();
// What a pattern names: a whole name, or "topic." for all of its quick and full cases.
[[nodiscard]] std::vector<Case> casesNamed(std::string_view pattern);

enum class Outcome { Passed, Failed, Skipped };
struct Result {
  Outcome outcome = Outcome::Failed;
  std::string text;  // digest or reason
};
[[nodiscard]] Result perform(const Case& one, const Gpu& gpu);
// Tells it too. True unless it failed.
bool report(const Case& one, const Gpu& gpu);

}  // namespace semantics
