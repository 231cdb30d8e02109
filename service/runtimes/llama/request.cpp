// SPDX-License-Identifier: Apache-2.0
#include "runtimes/llama/request.h"

#include "runtimes/llama/parameters.h"

#include <array>
#include <utility>

namespace lull::runtimes::llama {

using nlohmann::json;

namespace {

constexpr std::size_t kMaxCustomId = 512;
constexpr std::size_t kMaxDepth = 64;  // of nested values
constexpr std::array<std::pair<Endpoint, const char*>, 3> kEndpoints{{{Endpoint::Chat, "/v1/chat/completions"},
                                                                      {Endpoint::Completion, "/v1/completions"},
                                                                      {Endpoint::Embedding, "/v1/embeddings"}}};

// The parser takes a call for each level of nesting: a line of brackets must not take the stack.
std::optional<json> parse(std::string_view line) {
  const auto withinDepth = [](int depth, json::parse_event_t, json&) {
    if (static_cast<std::size_t>(depth) > kMaxDepth) throw std::length_error("nested too deep");
    return true;
  };
  try {
    return json::parse(line, withinDepth);
  } catch (const std::exception&) {
    return std::nullopt;
  }
}

std::string textOf(const json& object, const char* key) {
  const auto found = object.find(key);
  return found != object.end() && found->is_string() ? found->get<std::string>() : std::string();
}

std::string endpointNames() {
  std::string out;
  for (const auto& [endpoint, path] : kEndpoints) out += (out.empty() ? "" : ", ") + std::string(path);
  return out;
}

Refusal refusal(std::string customId, std::string message, std::string parameter, std::string code) {
  return {.customId = std::move(customId),
          .message = std::move(message),
          .parameter = std::move(parameter),
          .code = std::move(code)};
}

std::optional<Refusal> checkEnvelope(const json& line, const std::string& customId) {
  if (customId.empty() || customId.size() > kMaxCustomId) {
    return refusal(customId.substr(0, kMaxCustomId), "custom_id: 1 to 512 characters are needed", "custom_id",
                   "invalid_custom_id");
  }
  for (const auto& [key, value] : line.items()) {
    if (key == "custom_id" || key == "method" || key == "url" || key == "body") continue;
    return refusal(customId, "Unknown field \"" + key + "\": a line has custom_id, method, url and body", key,
                   "unknown_parameter");
  }
  if (textOf(line, "method") != "POST") {
    return refusal(customId, "method: only \"POST\" is answered", "method", "invalid_method");
  }
  const auto body = line.find("body");
  if (body == line.end() || !body->is_object()) {
    return refusal(customId, "body: an object with the request is needed", "body", "invalid_body");
  }
  return std::nullopt;
}

}  // namespace

const char* pathOf(Endpoint endpoint) {
  for (const auto& [one, path] : kEndpoints) {
    if (one == endpoint) return path;
  }
  return "";
}

json errorBody(const Refusal& refusal) {
  json error{{"message", refusal.message},
             {"type", refusal.status >= 500 ? "server_error" : "invalid_request_error"},
             {"code", refusal.code}};
  error["param"] = refusal.parameter.empty() ? json() : json(refusal.parameter);
  return {{"error", std::move(error)}};
}

std::variant<Request, Refusal> readRequest(std::string_view line) {
  if (line.size() > kMaxLine) {
    return refusal({}, "This line has more than 4 MiB: split it into several requests", {}, "line_too_long");
  }
  auto parsed = parse(line);
  if (!parsed || !parsed->is_object()) {
    return refusal({}, "This line is not a JSON object: is it cut off, or spread over several lines?", {},
                   "invalid_json_line");
  }
  Request request{.customId = textOf(*parsed, "custom_id")};
  if (auto wrong = checkEnvelope(*parsed, request.customId)) return *wrong;
  const auto url = textOf(*parsed, "url");
  const auto* const found =
      std::find_if(kEndpoints.begin(), kEndpoints.end(), [&url](const auto& one) { return url == one.second; });
  if (found == kEndpoints.end()) {
    return refusal(request.customId, "url: \"" + url + "\" is not answered here; " + endpointNames() + " are", "url",
                   "invalid_url");
  }
  request.endpoint = found->first;
  request.body = std::move((*parsed)["body"]);
  if (auto wrong = takeParameters(request)) {
    wrong->customId = request.customId;
    return *wrong;
  }
  return request;
}

}  // namespace lull::runtimes::llama
