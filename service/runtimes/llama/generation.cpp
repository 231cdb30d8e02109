// SPDX-License-Identifier: Apache-2.0
#include "runtimes/llama/generation.h"

#include <algorithm>

namespace lull::runtimes::llama {

using nlohmann::json;

namespace {

constexpr auto kKeepEvery = std::chrono::milliseconds(500);
constexpr double kDefaultTemperature = 0.8;  // llama-server's

// -1: until the answer ends or the context is full.
std::int64_t mostTokens(const json& sampling) {
  for (const char* name : {"max_completion_tokens", "max_tokens"}) {
    if (sampling.contains(name)) return sampling[name].get<std::int64_t>();
  }
  return -1;
}

// SplitMix64 (Steele, Lea, Flood: Fast splittable pseudorandom number generators, 2014).
std::uint64_t mixed(std::uint64_t value) {
  value += 0x9e3779b97f4a7c15U;
  value = (value ^ (value >> 30U)) * 0xbf58476d1ce4e5b9U;
  value = (value ^ (value >> 27U)) * 0x94d049bb133111ebU;
  return value ^ (value >> 31U);
}

// The server takes texts and token numbers in one list.
void append(json& prompt, const std::vector<std::int32_t>& tokens) {
  if (tokens.empty()) return;
  if (!prompt.is_array()) prompt = json::array({prompt});
  for (const std::int32_t token : tokens) prompt.push_back(token);
}

// The prompt and what was said so far leave no room for more.
bool isFull(const Answer& answer) {
  if (answer.status != 400) return false;
  const json read = json::parse(answer.body, nullptr, false);
  const json error = read.is_object() ? read.value("error", json()) : json();
  return error.is_object() && error.value("type", json()) == "exceed_context_size_error";
}

}  // namespace

bool isGreedy(const json& sampling) { return sampling.value("temperature", kDefaultTemperature) <= 0; }

std::uint32_t seedOf(std::uint32_t request, std::uint64_t tokens) {
  if (tokens == 0) return request;
  // The largest value would ask llama-server to take any.
  return static_cast<std::uint32_t>(mixed(mixed(request) + tokens) % 0xffffffffU);
}

// One question to the server.
struct Generation::Run {
  std::uint64_t begun = 0;  // tokens before it
  std::string before;       // what they say
  bool greedy = false;
  std::int64_t limit = -1;         // tokens asked for
  std::int64_t told = 0;           // tokens it said it made
  std::int64_t known = 0;          // of those, the ones that we follow
  std::vector<std::int32_t> held;  // known, their text is still to come
  std::string text;                // all of it
  bool untold = false;
  std::string stop;  // why it ended: "eos", "word", "limit"
  std::string error;
  Outcome kept;
};

json Generation::bodyFor(const json& prompt, const json& sampling) const {
  json body = sampling;
  body.erase("max_completion_tokens");
  body.erase("max_tokens");
  body["prompt"] = prompt;
  append(body["prompt"], m_kept.tokens);
  body["stream"] = true;
  body["return_tokens"] = true;
  body["id_slot"] = m_setting.slot;
  return body;
}

Result<std::variant<Generated, Untold, Answer>> Generation::run(const json& prompt, const json& sampling) {
  using Outcomes = std::variant<Generated, Untold, Answer>;
  const std::int64_t most = mostTokens(sampling);
  for (;;) {
    Run run{.begun = m_kept.tokens.size(), .before = m_kept.text, .greedy = isGreedy(sampling)};
    const std::int64_t left = most < 0 ? -1 : most - static_cast<std::int64_t>(run.begun);
    json body = bodyFor(prompt, sampling);
    if (left == 0) return end(run, body);
    run.limit = run.greedy ? left : left < 0 ? kRun * m_widened : std::min(left, kRun * m_widened);
    body["n_predict"] = run.limit;
    if (!run.greedy) body["seed"] = seedOf(sampling.at("seed").get<std::uint32_t>(), run.begun);
    auto answer = ask(run, body);
    if (!answer) return answer.error();
    if (run.begun > 0 && isFull(*answer)) return end(run, body);
    if (!answer->ok()) return Outcomes(std::move(*answer));
    const bool goesOn = run.stop == "limit" && run.limit != left && run.told >= run.limit;
    if (!goesOn) return end(run, body);
    if (run.untold) return Outcomes(Untold{});
    m_widened = m_more.tokens.empty() ? m_widened * 2 : 1;
    if (auto kept = keep(); !kept) return kept.error();
  }
}

Result<Answer> Generation::ask(Run& run, const json& body) {
  auto answer = m_setting.http.stream("/completion", body.dump(),
                                      [this, &run](std::string_view data) { return take(run, data); });
  if (!answer || !answer->ok()) return answer;
  if (!run.kept) return run.kept.error();
  if (!run.error.empty()) return Answer{500, run.error};
  if (run.stop.empty()) return Error(Error::Kind::Unavailable, "llama-server ended in the middle of an answer");
  return answer;
}

bool Generation::take(Run& run, std::string_view data) {
  const json event = json::parse(data, nullptr, false);
  if (!event.is_object() || event.contains("error")) {
    run.error = event.is_object() ? event.dump() : R"({"error":{"message":"llama-server spoke no JSON"}})";
    return false;
  }
  m_kept.promptTokens = event.value("tokens_evaluated", std::uint64_t{0}) - run.begun;
  if (event.value("stop", false)) {
    run.told = event.value("tokens_predicted", std::int64_t{0});
    run.stop = event.value("stop_type", "limit");
    return false;
  }
  takeTokens(run, event);
  const auto now = std::chrono::steady_clock::now();
  if (!run.greedy || now - m_keptAt < kKeepEvery) return true;
  m_keptAt = now;
  run.kept = keep();
  return run.kept.ok();
}

// Tokens count once their text has come: what the server holds back may become a stop word, and a character may take
// several tokens, of which it tells the last only.
void Generation::takeTokens(Run& run, const json& event) {
  const auto text = event.value("content", "");
  const auto tokens = event.value("tokens", std::vector<std::int32_t>());
  run.told = event.value("tokens_predicted", run.told);
  run.text += text;
  const auto missing = run.told - std::exchange(run.known, run.told) - static_cast<std::int64_t>(tokens.size());
  if (run.untold) return;
  if (missing > 0 && tokens.size() == 1) {
    const auto found = tokensOf(text, missing + 1, tokens.front());
    run.untold = !found;
    if (found) run.held.insert(run.held.end(), found->begin(), found->end());
  } else {
    run.untold = missing != 0;
    run.held.insert(run.held.end(), tokens.begin(), tokens.end());
  }
  if (run.untold || text.empty()) return;
  m_more.tokens.insert(m_more.tokens.end(), run.held.begin(), run.held.end());
  m_more.text += text;
  run.held.clear();
}

// What a text of one character or more was made of, if its tokens are those that the tokenizer would choose.
std::optional<std::vector<std::int32_t>> Generation::tokensOf(const std::string& text, std::int64_t count,
                                                              std::int32_t last) const {
  const auto answer = m_setting.http.post("/tokenize", json{{"content", text}, {"add_special", false}}.dump());
  if (!answer || !answer->ok()) return std::nullopt;
  const json read = json::parse(answer->body, nullptr, false);
  if (!read.is_object()) return std::nullopt;
  auto tokens = read.value("tokens", std::vector<std::int32_t>());
  if (static_cast<std::int64_t>(tokens.size()) != count || tokens.back() != last) return std::nullopt;
  return tokens;
}

Outcome Generation::keep() {
  if (m_more.tokens.empty()) return {};
  m_more.promptTokens = m_kept.promptTokens;
  if (auto extended = m_setting.journal.extend(m_setting.request, m_more); !extended) return extended;
  m_kept.tokens.insert(m_kept.tokens.end(), m_more.tokens.begin(), m_more.tokens.end());
  m_kept.text += m_more.text;
  m_more = {};
  return {};
}

Result<std::variant<Generated, Untold, Answer>> Generation::end(const Run& run, const json& body) {
  Generated out{.text = run.before + run.text,
                .finish = run.stop == "eos" || run.stop == "word" ? "stop" : "length",
                .promptTokens = m_kept.promptTokens,
                .completionTokens = run.begun + static_cast<std::uint64_t>(run.told)};
  const std::int64_t silent = run.stop == "eos" ? 1 : 0;
  if (run.told - silent > run.known) {
    auto text = heldText(run, body);
    if (!text) return text.error();
    out.text = std::move(*text);
    out.cutShort = true;
  }
  return std::variant<Generated, Untold, Answer>(std::move(out));
}

// What the server holds back at the very end, since it is no whole character, a stream does not tell; an answer in one
// piece does. What follows the last text that came is asked for again; with chance, the whole run.
Result<std::string> Generation::heldText(const Run& run, json body) const {
  std::string before = run.before;
  body["stream"] = false;
  if (run.greedy) {
    before = m_kept.text + m_more.text;
    append(body["prompt"], m_more.tokens);
    const auto told = m_kept.tokens.size() + m_more.tokens.size() - run.begun;
    body["n_predict"] = run.told - static_cast<std::int64_t>(told);
  }
  const auto answer = m_setting.http.post("/completion", body.dump());
  if (!answer) return answer.error();
  const json read = json::parse(answer->body, nullptr, false);
  return before + (read.is_object() ? read.value("content", "") : "");
}

}  // namespace lull::runtimes::llama
