// SPDX-License-Identifier: Apache-2.0
#include "llama/questions.h"

#include <cstdlib>
#include <fstream>

namespace lull::llama {

using nlohmann::json;
namespace fs = std::filesystem;

namespace {

constexpr int kMostTokens = 24;

fs::path models() {
  const char* source = std::getenv("LULL_SOURCE_DIR");
  return fs::path(source != nullptr ? source : ".") / "assets/models";
}

}  // namespace

fs::path tinyModel() { return models() / "lull-tiny.gguf"; }

std::vector<Question> heldOut(std::size_t count, std::size_t step) {
  std::ifstream file(models() / "held-out.jsonl");
  std::vector<Question> out;
  std::string line;
  for (std::size_t i = 0; out.size() < count && std::getline(file, line); ++i) {
    if (i % step != 0) continue;
    const auto read = json::parse(line);
    out.push_back({read["question"].get<std::string>(), read["answer"].get<std::string>()});
  }
  return out;
}

json chatOf(const Question& question) {
  return {{"messages", json::array({{{"role", "user"}, {"content", question.text}}})},
          {"temperature", 0},
          {"max_tokens", kMostTokens}};
}

std::string lineOf(const std::string& customId, const std::string& url, const json& body) {
  return json{{"custom_id", customId}, {"method", "POST"}, {"url", url}, {"body", body}}.dump() + '\n';
}

json lettersOnly() {
  constexpr int kWords = 288;
  json out = json::array();
  for (int word = 0; word < kWords; ++word) {
    const bool letter = (word >= 'A' && word <= 'Z') || (word >= 'a' && word <= 'z') || word == ',' || word == '.';
    if (!letter) out.push_back(json::array({word, false}));
  }
  return out;
}

std::string linesOf(const std::vector<Question>& questions) {
  std::string out;
  for (std::size_t i = 0; i < questions.size(); ++i) {
    out += lineOf(std::to_string(i), "/v1/chat/completions", chatOf(questions[i]));
  }
  return out;
}

}  // namespace lull::llama
