// SPDX-License-Identifier: Apache-2.0
#include "runtimes/llama/answering.h"

#include "base/sha256.h"
#include "runtimes/llama/reasoning.h"

namespace lull::runtimes::llama {

using nlohmann::json;

namespace {

// A request that names no seed gets one that is the same whenever it is asked again.
std::uint32_t seedFor(const std::string& batch, std::size_t request) {
  return static_cast<std::uint32_t>(
      std::stoul(sha256(batch + ' ' + std::to_string(request)).substr(0, 7), nullptr, 16));
}

Result<Answer> applyTemplate(const Http& http, const json& body) {
  json messages{{"messages", body.at("messages")}};
  if (body.contains("chat_template_kwargs")) messages["chat_template_kwargs"] = body["chat_template_kwargs"];
  return http.post("/apply-template", messages.dump());
}

}  // namespace

Answering::Answering(Setting setting) : m_setting(std::move(setting)) {
  const auto props = m_setting.http.get("/props");
  const auto read = json::parse(props ? props->body : "", nullptr, false);
  m_wholeChats = !read.is_object() || !canTellApart(read.value("chat_template", ""));
}

Outcome Answering::answer(std::size_t index, std::uint32_t slot) const {
  const auto text = m_setting.lines.read(index, kMaxLine);
  if (!text) return text.error();
  auto read = readRequest(*text);
  if (!std::holds_alternative<Request>(read)) return {};  // refused before
  auto& request = std::get<Request>(read);
  const auto line = [&]() -> Result<Line> {
    try {
      return lineFor(index, slot, request);
    } catch (const json::exception& error) {
      return lineOf(placeOf(index),
                    Refusal{.customId = request.customId,
                            .status = 500,
                            .message = std::string("The model's program answered oddly: ") + error.what(),
                            .parameter = {},
                            .code = "server_error"});
    }
  }();
  if (!line) return line.error();
  return m_setting.journal.finish(index, line->text, line->usage);
}

Result<Line> Answering::lineFor(std::size_t index, std::uint32_t slot, Request& request) const {
  const bool byChance = request.endpoint != Endpoint::Embedding && !isGreedy(request.sampling);
  if (byChance && request.sampling.value("seed", std::int64_t{-1}) < 0) {
    request.sampling["seed"] = request.body["seed"] = seedFor(m_setting.batch, index);
  }
  const bool chat = request.endpoint == Endpoint::Chat;
  return request.way == Way::Whole || (chat && m_wholeChats) ? whole(index, request)
                                                             : tokenByToken(index, slot, request);
}

Result<Line> Answering::tokenByToken(std::size_t index, std::uint32_t slot, const Request& request) const {
  json prompt = request.body.value("prompt", json());
  if (request.endpoint == Endpoint::Chat) {
    const auto applied = applyTemplate(m_setting.http, request.body);
    if (!applied) return applied.error();
    if (!applied->ok()) return lineOf(placeOf(index), request, *applied);
    prompt = json::parse(applied->body).at("prompt");
  }
  Generation generation({.http = m_setting.http, .journal = m_setting.journal, .request = index, .slot = slot});
  const auto made = generation.run(prompt, request.sampling);
  if (!made) return made.error();
  if (const auto* refused = std::get_if<Answer>(&*made)) return lineOf(placeOf(index), request, *refused);
  if (const auto* generated = std::get_if<Generated>(&*made)) {
    return lineOf(placeOf(index), request, *generated, prompt.is_string() ? prompt.get<std::string>() : "");
  }
  return whole(index, request);
}

Result<Line> Answering::whole(std::size_t index, const Request& request) const {
  const auto answer = m_setting.http.post(pathOf(request.endpoint), request.body.dump());
  if (!answer) return answer.error();
  return lineOf(placeOf(index), request, *answer);
}

}  // namespace lull::runtimes::llama
