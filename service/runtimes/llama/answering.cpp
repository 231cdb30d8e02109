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

Result<Question> Answering::prepare(std::size_t request) const {
  const auto text = m_setting.lines.read(request, kMaxLine);
  if (!text) return text.error();
  auto read = readRequest(*text);
  auto* known = std::get_if<Request>(&read);
  if (known == nullptr) return Error(Error::Kind::Invalid, "the batch's requests are others than they were");
  Question question{.index = request, .request = std::move(*known), .prompt = {}, .answer = {}};
  try {
    if (auto shaped = shape(question); !shaped) return shaped.error();
  } catch (const json::exception& error) {
    question.answer = oddly(question, error);
  }
  return question;
}

Outcome Answering::shape(Question& question) const {
  auto& request = question.request;
  const bool byChance = request.endpoint != Endpoint::Embedding && !isGreedy(request.sampling);
  if (byChance && request.sampling.value("seed", std::int64_t{-1}) < 0) {
    request.sampling["seed"] = request.body["seed"] = seedFor(m_setting.batch, question.index);
  }
  const bool chat = request.endpoint == Endpoint::Chat;
  if (chat && m_wholeChats) request.way = Way::Whole;
  if (request.way == Way::Whole) return {};
  if (!chat) {
    question.prompt = request.body.value("prompt", json());
    return {};
  }
  const auto applied = applyTemplate(m_setting.http, request.body);
  if (!applied) return applied.error();
  if (!applied->ok()) {
    question.answer = lineOf(placeOf(question), request, *applied);
  } else {
    question.prompt = json::parse(applied->body).at("prompt");
  }
  return {};
}

Result<Line> Answering::ask(Question& question, std::uint32_t slot) const {
  if (question.answer) return std::move(*question.answer);
  try {
    return question.request.way == Way::Whole ? whole(question) : tokenByToken(question, slot);
  } catch (const json::exception& error) {
    return oddly(question, error);
  }
}

Result<Line> Answering::tokenByToken(const Question& question, std::uint32_t slot) const {
  Generation generation(
      {.http = m_setting.http, .journal = m_setting.journal, .request = question.index, .slot = slot});
  const auto& prompt = question.prompt;
  const auto made = generation.run(prompt, question.request.sampling);
  if (!made) return made.error();
  if (const auto* refused = std::get_if<Answer>(&*made)) return lineOf(placeOf(question), question.request, *refused);
  if (const auto* generated = std::get_if<Generated>(&*made)) {
    return lineOf(placeOf(question), question.request, *generated, prompt.is_string() ? prompt.get<std::string>() : "");
  }
  return whole(question);
}

Result<Line> Answering::whole(const Question& question) const {
  const auto answer = m_setting.http.post(pathOf(question.request.endpoint), question.request.body.dump());
  if (!answer) return answer.error();
  return lineOf(placeOf(question), question.request, *answer);
}

Line Answering::oddly(const Question& question, const std::exception& error) const {
  return lineOf(placeOf(question),
                Refusal{.customId = question.request.customId,
                        .status = 500,
                        .message = std::string("The model's program answered oddly: ") + error.what(),
                        .parameter = {},
                        .code = "server_error"});
}

}  // namespace lull::runtimes::llama
