// SPDX-License-Identifier: Apache-2.0
#include "runtimes/llama/answer.h"

#include "runtimes/llama/reasoning.h"

#include <fmt/format.h>

#include <ctime>

namespace lull::runtimes::llama {

using nlohmann::json;

namespace {

constexpr std::string_view kReplacement = "\xef\xbf\xbd";

std::string idOf(const char* kind, const Place& place) {
  return fmt::format("{}-{}-{}", kind, place.batch, place.request);
}

json usageJson(std::uint64_t prompt, std::uint64_t completion) {
  return {{"prompt_tokens", prompt}, {"completion_tokens", completion}, {"total_tokens", prompt + completion}};
}

v1::TokenUsage usageOf(const json& body, bool failed) {
  v1::TokenUsage usage;
  const json told = body.is_object() ? body.value("usage", json::object()) : json::object();
  usage.set_prompt(told.value("prompt_tokens", std::uint64_t{0}));
  usage.set_completion(told.value("completion_tokens", std::uint64_t{0}));
  usage.set_requests(failed ? 0 : 1);
  usage.set_requests_failed(failed ? 1 : 0);
  return usage;
}

Line enveloped(const Place& place, const std::string& customId, unsigned status, json body) {
  Line line{.text = {}, .usage = usageOf(body, status != 200)};
  const json envelope{
      {"id", idOf("batch_req", place)},
      {"custom_id", customId.empty() ? json() : json(customId)},
      {"response", {{"status_code", status}, {"request_id", idOf("req", place)}, {"body", std::move(body)}}},
      {"error", nullptr}};
  line.text = envelope.dump(-1, ' ', false, json::error_handler_t::replace);
  return line;
}

json chatChoice(const Generated& generated, const std::string& prompt) {
  std::string_view text = generated.text;
  // As llama-server does, in chats only.
  if (generated.cutShort && text.ends_with(kReplacement)) text.remove_suffix(kReplacement.size());
  const Spoken spoken = toldApart(prompt, text);
  json message{{"role", "assistant"}, {"content", spoken.content}};
  if (!spoken.reasoning.empty()) message["reasoning_content"] = spoken.reasoning;
  return {{"index", 0}, {"message", std::move(message)}, {"logprobs", nullptr}, {"finish_reason", generated.finish}};
}

json textChoice(const Generated& generated) {
  return {{"index", 0}, {"text", generated.text}, {"logprobs", nullptr}, {"finish_reason", generated.finish}};
}

// The server names the model by its file.
std::string modelOf(const json& body) { return body.is_object() ? body.value("model", "") : std::string(); }

}  // namespace

Line lineOf(const Place& place, const Request& request, const Generated& generated, const std::string& prompt) {
  const bool chat = request.endpoint == Endpoint::Chat;
  json body{{"id", idOf(chat ? "chatcmpl" : "cmpl", place)},
            {"object", chat ? "chat.completion" : "text_completion"},
            {"created", static_cast<std::int64_t>(std::time(nullptr))},
            {"model", request.model},
            {"choices", json::array({chat ? chatChoice(generated, prompt) : textChoice(generated)})},
            {"usage", usageJson(generated.promptTokens, generated.completionTokens)}};
  return enveloped(place, request.customId, 200, std::move(body));
}

Line lineOf(const Place& place, const Request& request, const Answer& answer) {
  json body = json::parse(answer.body, nullptr, false);
  if (!body.is_object()) {
    return lineOf(place, Refusal{.customId = request.customId,
                                 .status = 500,
                                 .message = "The model's program gave no answer that can be read",
                                 .parameter = {},
                                 .code = "server_error"});
  }
  if (!modelOf(body).empty()) body["model"] = request.model;
  body.erase("timings");
  body.erase("system_fingerprint");
  return enveloped(place, request.customId, answer.status, std::move(body));
}

Line lineOf(const Place& place, const Refusal& refusal) {
  return enveloped(place, refusal.customId, refusal.status, errorBody(refusal));
}

}  // namespace lull::runtimes::llama
