// SPDX-License-Identifier: Apache-2.0
// What a task has computed with a language model, in words: tokens, requests, the curve of a training. Pure but for the
// terminal's width.
#pragma once

#include "cli/terminal.h"
#include "lull/v1/status.pb.h"

#include <string>

namespace lull::cli {

[[nodiscard]] bool isProcessor(const v1::Gpu& gpu);
[[nodiscard]] bool isOnProcessor(const v1::Status& status, const std::string& task);

// Each is empty where there is nothing of it.
[[nodiscard]] std::string tokensText(const v1::TokenUsage& usage);    // "1,200 read, 340 written"
[[nodiscard]] std::string requestsText(const v1::TokenUsage& usage);  // "5 answered, 1 failed"
// How many tokens were written in a second of GPU time; where none were written, as with embeddings, read.
[[nodiscard]] std::string speedText(const v1::Task& task);
// "2 min of GPU time left"; where the processor computes, or once did, "2 min of computing left".
[[nodiscard]] std::string timeLeftText(const v1::Task& task, bool byProcessor = false);
// "5.5 at first, 0.93 after 1,200 samples"
[[nodiscard]] std::string trainingLossText(const v1::Task& task);
[[nodiscard]] std::string heldOutLossText(const v1::Task& task);  // and the lowest, where that is another
// The curves as drawings with a head line each. Empty with fewer than two points, or where no terminal shows it.
[[nodiscard]] std::string curvesText(const v1::Task& task, const Terminal& terminal);

}  // namespace lull::cli
