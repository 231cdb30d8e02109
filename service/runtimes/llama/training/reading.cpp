// SPDX-License-Identifier: Apache-2.0
#include "runtimes/llama/training/reading.h"

#include "base/utf8.h"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <charconv>
#include <limits>

namespace lull::runtimes::llama::training {

using nlohmann::json;

std::optional<Losses> lastLosses(std::string_view said) {
  constexpr std::string_view kData = " data=";
  constexpr std::string_view kLoss = " loss=";
  const auto data = said.rfind(kData);
  const auto loss = data == std::string_view::npos ? data : said.find(kLoss, data);
  if (loss == std::string_view::npos) return {};
  Losses out;
  const auto* const end = said.data() + said.size();
  const auto windows = std::from_chars(said.data() + data + kData.size(), end, out.windows);
  const auto mean = std::from_chars(said.data() + loss + kLoss.size(), end, out.mean);
  if (windows.ec != std::errc() || mean.ec != std::errc() || out.windows == 0) return {};
  return out;
}

worker::Failure badLine(std::uint64_t line, const std::string& what) {
  return worker::badTask(fmt::format("Line {} of the data: {}", line, what));
}

worker::Attempt<std::string> templateRequest(std::uint64_t line, std::string_view text) {
  const auto read = json::parse(text, nullptr, false);
  if (read.is_discarded()) return badLine(line, "this is no JSON");
  const auto messages = read.is_object() ? read.find("messages") : read.end();
  if (!read.is_object() || messages == read.end() || !messages->is_array() || messages->empty()) {
    return badLine(line, R"(a chat is needed: {"messages": [{"role": "user", "content": "…"}, …]})");
  }
  bool answered = false;
  for (const auto& message : *messages) {
    const auto isText = [&message](const char* field) {
      return message.is_object() && message.contains(field) && message[field].is_string();
    };
    if (!isText("role") || !isText("content"))
      return badLine(line, "each message needs a role and a content, both texts");
    answered = answered || message["role"] == "assistant";
  }
  if (!answered) return badLine(line, "no message is the assistant's: there is no answer to learn");
  return json{{"messages", *messages}, {"add_generation_prompt", false}}.dump();
}

Result<std::vector<std::uint16_t>> tokenLengths(std::string_view reply, std::size_t textBytes) {
  const auto read = json::parse(reply, nullptr, false);
  const auto strange = [] { return Error(Error::Kind::Invalid, "llama-server told of no tokens"); };
  if (!read.is_object() || !read.contains("tokens") || !read["tokens"].is_array()) return strange();
  std::vector<std::uint16_t> out;
  std::size_t left = textBytes;
  for (const auto& token : read["tokens"]) {
    if (!token.is_object() || !token.contains("piece")) return strange();
    const auto& piece = token["piece"];
    const std::size_t size = piece.is_string() ? piece.get_ref<const std::string&>().size() : piece.size();
    // Some vocabularies put a space before a text that is not in it.
    const auto bytes = std::min({size, left, std::size_t{std::numeric_limits<std::uint16_t>::max()}});
    out.push_back(static_cast<std::uint16_t>(bytes));
    left -= bytes;
  }
  if (out.empty() || left > std::numeric_limits<std::uint16_t>::max() - std::size_t{out.back()}) return strange();
  out.back() = static_cast<std::uint16_t>(out.back() + left);
  return out;
}

std::size_t cutPlace(std::string_view text) {
  for (const char border : {'\n', ' '}) {
    const auto found = text.rfind(border);
    if (found != std::string_view::npos && found > text.size() / 2) return found + (border == '\n' ? 1 : 0);
  }
  return cutUtf8(text, text.size() - 1).size();
}

}  // namespace lull::runtimes::llama::training
