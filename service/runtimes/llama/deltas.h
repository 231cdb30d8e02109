// SPDX-License-Identifier: Apache-2.0
// One question of a conversation for llama-server, and the events of its answer. Pure.
#pragma once

#include "base/result.h"
#include "runtimes/llama/http.h"
#include "worker.pb.h"

#include <nlohmann/json.hpp>

#include <optional>
#include <string>
#include <string_view>

namespace lull::runtimes::llama {

// What llama-server is asked, or why not, for people.
[[nodiscard]] Result<nlohmann::json> questionFrom(const std::string& body);

struct Delta {
  std::string text;
  std::string thinking;
  std::optional<v1::TokenUsage> usage;  // with the last one
  std::string error;
};
[[nodiscard]] Delta deltaOf(std::string_view event);
// Why llama-server refused the question, for people.
[[nodiscard]] std::string refusalOf(const Answer& answer);

}  // namespace lull::runtimes::llama
