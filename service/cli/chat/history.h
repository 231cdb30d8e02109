// SPDX-License-Identifier: Apache-2.0
// What was said in a conversation. The model forgets it after each answer: all of it is sent with every question.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace lull::cli {

struct Sampling {
  std::optional<double> temperature;
  std::optional<std::uint32_t> maxTokens;
  std::optional<std::uint32_t> seed;
};

class History {
public:
  explicit History(std::string system) : m_system(std::move(system)) {}

  void ask(std::string question);
  void answer(std::string text) { m_turns.back().answer = std::move(text); }
  // The last question was not answered: as it was before.
  void takeBack();
  // Leaves out the oldest question and its answer, never the last one. False: that is all there is.
  [[nodiscard]] bool shorten();
  [[nodiscard]] bool isShortened() const { return m_leftOut > 0; }
  void clear();
  [[nodiscard]] bool isEmpty() const { return m_turns.empty(); }

  // What the service is asked: JSON, as of /v1/chat/completions.
  [[nodiscard]] std::string body(const Sampling& sampling) const;
  // The whole conversation as Markdown, also what was left out since.
  [[nodiscard]] std::string markdown() const;

private:
  struct Turn {
    std::string question;
    std::string answer;
  };
  std::string m_system;
  std::vector<Turn> m_turns;
  std::size_t m_leftOut = 0;        // of the oldest
  std::size_t m_leftOutBefore = 0;  // the last question
};

}  // namespace lull::cli
