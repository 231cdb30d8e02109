// SPDX-License-Identifier: Apache-2.0
// One line of a batch: OpenAI's Batch request format
// (https://platform.openai.com/docs/api-reference/batch/request-input). Pure: text in, a request or a refusal out.
// Lines come from strangers.
#pragma once

#include <nlohmann/json.hpp>

#include <string>
#include <string_view>
#include <variant>

namespace lull::runtimes::llama {

inline constexpr std::size_t kMaxLine = 4ULL << 20U;  // bytes of one request

enum class Endpoint { Chat, Completion, Embedding };
[[nodiscard]] const char* pathOf(Endpoint endpoint);  // "/v1/chat/completions"

// How it is answered.
enum class Way {
  Tokens,  // token by token, so that an interrupted answer goes on where it was
  Whole    // by one question to the server: what shapes its answer (a grammar, tools, log-probabilities) has a state
           // that cannot be carried on; an interrupted one begins again
};

struct Request {
  std::string customId;
  std::string model;  // as the request names it; only repeated in the answer
  Endpoint endpoint = Endpoint::Chat;
  Way way = Way::Whole;
  nlohmann::json body;      // as it came, what is not passed on removed
  nlohmann::json sampling;  // Way::Tokens: what of the body /completion is to know
};

// In OpenAI's error shape; the answer to a line that is no request.
struct Refusal {
  std::string customId;  // empty: none could be read
  unsigned status = 400;
  std::string message;
  std::string parameter;  // the field at fault; may be empty
  std::string code = "invalid_request_error";
};
[[nodiscard]] nlohmann::json errorBody(const Refusal& refusal);

[[nodiscard]] std::variant<Request, Refusal> readRequest(std::string_view line);

}  // namespace lull::runtimes::llama
