// SPDX-License-Identifier: Apache-2.0
#include "runtimes/llama/parameters.h"

#include <algorithm>
#include <array>
#include <string_view>

namespace lull::runtimes::llama {

using nlohmann::json;

namespace {

enum class Kind { Number, Whole, Bool, Text, Object, Any };
enum class Role {
  Content,   // what is asked
  Sampling,  // how tokens are chosen: holds token by token too
  Shaping,   // gives the answer a shape: Way::Whole unless it says no (false, 0, null, 1 for n)
  Ignored    // for OpenAI's own bookkeeping
};
constexpr std::int64_t kMostSeed = 0xfffffffe;  // the next one asks llama-server for any
constexpr unsigned kChat = 1;
constexpr unsigned kCompletion = 2;
constexpr unsigned kEmbedding = 4;
constexpr unsigned kBoth = kChat | kCompletion;
constexpr unsigned kAll = kBoth | kEmbedding;

struct Parameter {
  std::string_view name;
  unsigned where;
  Kind kind;
  Role role;
};
constexpr std::array kParameters{
    Parameter{"messages", kChat, Kind::Any, Role::Content},
    Parameter{"chat_template_kwargs", kChat, Kind::Object, Role::Content},
    Parameter{"prompt", kCompletion, Kind::Any, Role::Content},
    Parameter{"input", kEmbedding, Kind::Any, Role::Content},
    Parameter{"encoding_format", kEmbedding, Kind::Text, Role::Content},
    Parameter{"max_tokens", kBoth, Kind::Whole, Role::Sampling},
    Parameter{"max_completion_tokens", kChat, Kind::Whole, Role::Sampling},
    Parameter{"temperature", kBoth, Kind::Number, Role::Sampling},
    Parameter{"top_p", kBoth, Kind::Number, Role::Sampling},
    Parameter{"top_k", kBoth, Kind::Whole, Role::Sampling},
    Parameter{"min_p", kBoth, Kind::Number, Role::Sampling},
    Parameter{"typical_p", kBoth, Kind::Number, Role::Sampling},
    Parameter{"seed", kBoth, Kind::Whole, Role::Sampling},
    Parameter{"stop", kBoth, Kind::Any, Role::Sampling},
    Parameter{"frequency_penalty", kBoth, Kind::Number, Role::Sampling},
    Parameter{"presence_penalty", kBoth, Kind::Number, Role::Sampling},
    Parameter{"repeat_penalty", kBoth, Kind::Number, Role::Sampling},
    Parameter{"repeat_last_n", kBoth, Kind::Whole, Role::Sampling},
    Parameter{"logit_bias", kBoth, Kind::Any, Role::Sampling},
    Parameter{"ignore_eos", kBoth, Kind::Bool, Role::Sampling},
    Parameter{"n", kBoth, Kind::Whole, Role::Shaping},
    Parameter{"logprobs", kBoth, Kind::Any, Role::Shaping},
    Parameter{"top_logprobs", kChat, Kind::Whole, Role::Shaping},
    Parameter{"response_format", kChat, Kind::Object, Role::Shaping},
    Parameter{"tools", kChat, Kind::Any, Role::Shaping},
    Parameter{"tool_choice", kChat, Kind::Any, Role::Shaping},
    Parameter{"parallel_tool_calls", kChat, Kind::Bool, Role::Shaping},
    Parameter{"grammar", kBoth, Kind::Text, Role::Shaping},
    Parameter{"json_schema", kBoth, Kind::Object, Role::Shaping},
    Parameter{"mirostat", kBoth, Kind::Whole, Role::Shaping},
    Parameter{"mirostat_tau", kBoth, Kind::Number, Role::Shaping},
    Parameter{"mirostat_eta", kBoth, Kind::Number, Role::Shaping},
    Parameter{"model", kAll, Kind::Text, Role::Ignored},
    Parameter{"user", kAll, Kind::Text, Role::Ignored},
    Parameter{"metadata", kAll, Kind::Object, Role::Ignored},
    Parameter{"store", kBoth, Kind::Bool, Role::Ignored},
    Parameter{"service_tier", kAll, Kind::Text, Role::Ignored},
};

unsigned bitOf(Endpoint endpoint) {
  return endpoint == Endpoint::Chat ? kChat : endpoint == Endpoint::Completion ? kCompletion : kEmbedding;
}

bool fits(const json& value, Kind kind) {
  switch (kind) {
    case Kind::Number:
      return value.is_number();
    case Kind::Whole:
      return value.is_number_integer();
    case Kind::Bool:
      return value.is_boolean();
    case Kind::Text:
      return value.is_string();
    case Kind::Object:
      return value.is_object();
    case Kind::Any:
      return true;
  }
  return false;
}

const char* nameOf(Kind kind) {
  constexpr std::array kNames{"a number", "a whole number", "true or false", "a text", "an object", "a value"};
  return kNames.at(static_cast<std::size_t>(kind));
}

bool saysNo(const std::string& key, const json& value) {
  if (value.is_boolean()) return !value.get<bool>();
  if (value.is_array() || value.is_object()) return value.empty();
  return value.is_number_integer() && value.get<std::int64_t>() == (key == "n" ? 1 : 0);
}

Refusal wrong(const std::string& key, std::string message, std::string code = "invalid_value") {
  return {.customId = {}, .message = std::move(message), .parameter = key, .code = std::move(code)};
}

std::optional<Refusal> take(Request& request, const std::string& key, const json& value, json& kept) {
  if (key == "stream" && value == false) return std::nullopt;
  if (key == "stream") return wrong(key, "stream: answers of a batch come as a file, not as a stream");
  const auto* const found = std::ranges::find(kParameters, std::string_view(key), &Parameter::name);
  if (found == kParameters.end() || (found->where & bitOf(request.endpoint)) == 0) {
    return wrong(key, "Unknown parameter \"" + key + "\" for " + pathOf(request.endpoint), "unknown_parameter");
  }
  if (value.is_null() || found->role == Role::Ignored) return std::nullopt;  // null: as if it were absent
  if (!fits(value, found->kind)) return wrong(key, key + ": " + nameOf(found->kind) + " is needed", "invalid_type");
  if ((key == "max_tokens" || key == "max_completion_tokens") && value.get<std::int64_t>() < 1) {
    return wrong(key, key + ": at least 1 is needed");
  }
  if (key == "seed" && (value < -1 || value > kMostSeed)) return wrong(key, "seed: 0 to 4294967294, or -1 for any");
  kept[key] = value;
  if (found->role == Role::Sampling) request.sampling[key] = value;
  if (found->role == Role::Shaping && !saysNo(key, value)) request.way = Way::Whole;
  return std::nullopt;
}

bool areTokens(const json& value) {
  return value.is_array() && !value.empty() &&
         std::ranges::all_of(value, [](const json& one) { return one.is_number_integer(); });
}

// What is asked: there, of the right kind, and one question only.
std::optional<Refusal> checkContent(Request& request) {
  switch (request.endpoint) {
    case Endpoint::Chat:
      if (request.body.value("messages", json()).is_array() && !request.body["messages"].empty()) return std::nullopt;
      return wrong("messages", "messages: a list of at least one message is needed", "missing_required_parameter");
    case Endpoint::Completion: {
      const json prompt = request.body.value("prompt", json());
      if (prompt.is_string() || areTokens(prompt)) return std::nullopt;
      return wrong("prompt", "prompt: one text or one list of token numbers is needed; write a line for each",
                   "missing_required_parameter");
    }
    case Endpoint::Embedding:
      if (request.body.contains("input")) return std::nullopt;
      return wrong("input", "input: a text or a list of texts is needed", "missing_required_parameter");
  }
  return std::nullopt;
}

}  // namespace

std::optional<Refusal> takeParameters(Request& request) {
  request.way = request.endpoint == Endpoint::Embedding ? Way::Whole : Way::Tokens;
  request.sampling = json::object();
  json kept = json::object();
  if (const auto model = request.body.find("model"); model != request.body.end() && model->is_string()) {
    request.model = model->get<std::string>();
  }
  for (const auto& [key, value] : request.body.items()) {
    if (auto refused = take(request, key, value, kept)) return refused;
  }
  request.body = std::move(kept);
  return checkContent(request);
}

}  // namespace lull::runtimes::llama
