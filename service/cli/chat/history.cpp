// SPDX-License-Identifier: Apache-2.0
#include "cli/chat/history.h"

#include <nlohmann/json.hpp>

namespace lull::cli {

using nlohmann::json;

void History::ask(std::string question) {
  m_turns.push_back({.question = std::move(question), .answer = {}});
  m_leftOutBefore = m_leftOut;
}

void History::takeBack() {
  m_turns.pop_back();
  m_leftOut = m_leftOutBefore;
}

void History::clear() {
  m_turns.clear();
  m_leftOut = 0;
}

bool History::shorten() {
  if (m_turns.size() - m_leftOut < 2) return false;
  ++m_leftOut;
  return true;
}

std::string History::body(const Sampling& sampling) const {
  json messages = json::array();
  if (!m_system.empty()) messages.push_back({{"role", "system"}, {"content", m_system}});
  for (std::size_t i = m_leftOut; i < m_turns.size(); ++i) {
    messages.push_back({{"role", "user"}, {"content", m_turns[i].question}});
    if (i + 1 < m_turns.size()) messages.push_back({{"role", "assistant"}, {"content", m_turns[i].answer}});
  }
  json body{{"messages", std::move(messages)}};
  if (sampling.temperature) body["temperature"] = *sampling.temperature;
  if (sampling.maxTokens) body["max_tokens"] = *sampling.maxTokens;
  if (sampling.seed) body["seed"] = *sampling.seed;
  return body.dump(-1, ' ', false, json::error_handler_t::replace);
}

std::string History::markdown() const {
  std::string out;
  if (!m_system.empty()) out += "> " + m_system + "\n\n";
  for (const auto& turn : m_turns) out += "## " + turn.question + "\n\n" + turn.answer + "\n\n";
  return out;
}

}  // namespace lull::cli
