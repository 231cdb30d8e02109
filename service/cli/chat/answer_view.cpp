// SPDX-License-Identifier: Apache-2.0
#include "cli/chat/answer_view.h"

#include "cli/format.h"

namespace lull::cli {

void AnswerView::show(const v1::AskEvent& event) {
  if (!event.waiting().empty()) m_terminal.progress(harmless(event.waiting()) + "…");
  m_answer.mutable_thinking()->append(event.thinking());
  m_answer.mutable_text()->append(event.text());
  if (event.done()) {
    m_answer.set_done(true);
    *m_answer.mutable_usage() = event.usage();
  }
  if (!m_terminal.isTerminal()) {
    if (!event.thinking().empty()) m_terminal.progress("Thinking…");
    if (!event.text().empty()) m_terminal.progress("Answering…");
    return;
  }
  if (!event.thinking().empty() && m_thinking == Thinking::Shown) {
    put(Colour::Dim, event.thinking());
    m_thought = true;
  } else if (!event.thinking().empty()) {
    m_terminal.progress("Thinking…");
  }
  if (event.text().empty()) return;
  if (std::exchange(m_thought, false)) put(Colour::Plain, m_atLineStart ? "\n" : "\n\n");
  put(Colour::Plain, event.text());
}

void AnswerView::put(Colour colour, const std::string& text) {
  const auto shown = harmlessText(text);
  if (shown.empty()) return;
  m_terminal.print(m_terminal.paint(colour, shown));
  m_atLineStart = shown.ends_with('\n');
}

void AnswerView::finish() {
  m_terminal.progress({});
  if (!m_terminal.isTerminal() || m_atLineStart) return;
  m_terminal.print("\n");
  m_atLineStart = true;
}

void AnswerView::restart() {
  finish();
  m_answer.Clear();
  m_thought = false;
}

}  // namespace lull::cli
