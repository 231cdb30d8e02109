// SPDX-License-Identifier: Apache-2.0
#include "runtimes/llama/deltas.h"

#include "base/utf8.h"
#include "runtimes/llama/request.h"
#include "wire/chat_words.h"

#include <fmt/format.h>

namespace lull::runtimes::llama {

using nlohmann::json;

namespace {

constexpr std::size_t kMostOfAMessage = 500;

std::string textAt(const json& object, const char* key) {
  const auto found = object.find(key);
  return found != object.end() && found->is_string() ? found->get<std::string>() : std::string();
}

std::uint64_t numberAt(const json& object, const char* key) {
  const auto found = object.find(key);
  return found != object.end() && found->is_number_unsigned() ? found->get<std::uint64_t>() : 0;
}

v1::TokenUsage usageOf(const json& told) {
  v1::TokenUsage usage;
  usage.set_prompt(numberAt(told, "prompt_tokens"));
  usage.set_completion(numberAt(told, "completion_tokens"));
  usage.set_requests(1);
  return usage;
}

std::string sentenceOf(const json& error) {
  if (textAt(error, "type") == "exceed_context_size_error") {
    return fmt::format("{}: it has {} tokens, and {} fit", wire::kConversationTooLong,
                       numberAt(error, "n_prompt_tokens"), numberAt(error, "n_ctx"));
  }
  return "The model's program could not answer: " + std::string(cutUtf8(textAt(error, "message"), kMostOfAMessage));
}

}  // namespace

Result<json> questionFrom(const std::string& body) {
  if (!json::accept(body)) return Error(Error::Kind::Invalid, "The question is not JSON");
  auto read = readRequest(R"({"custom_id":"chat","method":"POST","url":"/v1/chat/completions","body":)" + body + "}");
  if (const auto* refusal = std::get_if<Refusal>(&read)) return Error(Error::Kind::Invalid, refusal->message);
  json question = std::get<Request>(std::move(read)).body;
  if (question.value("n", 1) != 1)
    return Error(Error::Kind::Invalid, "n: a conversation has one answer to each question");
  question["stream"] = true;
  question["stream_options"] = {{"include_usage", true}};
  return question;
}

Delta deltaOf(std::string_view event) {
  Delta out;
  const json told = json::parse(event, nullptr, false);
  if (!told.is_object()) return out;  // the mark of the end
  if (const auto error = told.find("error"); error != told.end() && error->is_object()) out.error = sentenceOf(*error);
  if (const auto usage = told.find("usage"); usage != told.end() && usage->is_object()) out.usage = usageOf(*usage);
  const auto choices = told.find("choices");
  if (choices == told.end() || !choices->is_array() || choices->empty()) return out;
  const auto& choice = choices->front();
  if (!choice.is_object() || !choice.contains("delta") || !choice["delta"].is_object()) return out;
  out.text = textAt(choice["delta"], "content");
  out.thinking = textAt(choice["delta"], "reasoning_content");
  return out;
}

std::string refusalOf(const Answer& answer) {
  const json told = json::parse(answer.body, nullptr, false);
  if (told.is_object() && told.contains("error") && told["error"].is_object()) return sentenceOf(told["error"]);
  return fmt::format("The model's program could not answer (HTTP {})", answer.status);
}

}  // namespace lull::runtimes::llama
