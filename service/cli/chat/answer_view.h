// SPDX-License-Identifier: Apache-2.0
// An answer as it comes: on a terminal word by word, what is thought dimmed; elsewhere kept until it is whole, so that
// one that has to begin anew is not there twice.
#pragma once

#include "cli/terminal.h"
#include "lull/v1/envelope.pb.h"

#include <string>

namespace lull::cli {

enum class Thinking { Shown, Hidden };

class AnswerView {
public:
  AnswerView(Terminal& terminal, Thinking thinking) : m_terminal(terminal), m_thinking(thinking) {}

  void show(const v1::AskEvent& event);
  // It has come to its end, or is given up: what follows begins on a line of its own.
  void finish();
  // Forgets what came: it begins anew.
  void restart();
  // The whole answer so far, as `done`.
  [[nodiscard]] const v1::AskEvent& answer() const { return m_answer; }

private:
  void put(Colour colour, const std::string& text);

  Terminal& m_terminal;
  const Thinking m_thinking;
  v1::AskEvent m_answer;
  bool m_atLineStart = true;
  bool m_thought = false;  // shown
};

}  // namespace lull::cli
