// SPDX-License-Identifier: Apache-2.0
// The lines of a batch's results, in the shape of OpenAI's Batch output
// (https://platform.openai.com/docs/api-reference/batch/request-output). Pure.
#pragma once

#include "lull/v1/task.pb.h"
#include "runtimes/llama/generation.h"
#include "runtimes/llama/request.h"

#include <string>

namespace lull::runtimes::llama {

struct Line {
  std::string text;  // without its end
  v1::TokenUsage usage;
};

// Names one request of one batch: the same however often it is tried.
struct Place {
  std::string batch;
  std::size_t request = 0;
};

// An answer that was made token by token. `prompt`: what the template made of the messages.
[[nodiscard]] Line lineOf(const Place& place, const Request& request, const Generated& generated,
                          const std::string& prompt);
// An answer of the server as it came, also a refusal.
[[nodiscard]] Line lineOf(const Place& place, const Request& request, const Answer& answer);
[[nodiscard]] Line lineOf(const Place& place, const Refusal& refusal);

}  // namespace lull::runtimes::llama
