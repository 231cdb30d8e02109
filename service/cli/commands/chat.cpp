// SPDX-License-Identifier: Apache-2.0
// chat: one answer for a script, or a conversation with a person.
#include "cli/commands.h"

#include "cli/chat/answer_view.h"
#include "cli/chat/history.h"
#include "cli/chat/keyboard.h"
#include "cli/chat/model_talk.h"
#include "cli/format.h"

#include "base/file.h"

#include <fmt/core.h>

#include <filesystem>

namespace lull::cli {

namespace {

constexpr const char* kPrompt = "› ";
constexpr const char* kHelp =
    "/help        this list\n"
    "/clear       forget what was said\n"
    "/model NAME  go on with another model; without a name the present one is told\n"
    "/save FILE   keep the conversation as a file\n"
    "/quit        leave; so do Ctrl-D and Ctrl-C\n"
    "\n"
    "Ctrl-C stops an answer. A line that ends with \\ goes on in the next.\n"
    "Each line that is pasted is a question, of 4,095 bytes at most: ask about longer\n"
    "text with `lull chat Summarise this: - <FILE`.";

class Chat {
public:
  Chat(Session& session, const ChatOptions& options, v1::Model model)
      : m_session(session), m_options(options), m_history(options.system), m_talk(session, std::move(model)) {}

  Answer once(const std::string& question) {
    m_history.ask(question);
    const auto end = answer();
    if (!end) return end.error();
    if (*end == ModelTalk::End::Stopped) return Exit::Interrupted;
    m_talk.close();
    return Exit::Ok;
  }

  Answer converse() {
    auto& terminal = m_session.terminal();
    say(fmt::format("{}. Ask something; /help tells what else there is.", harmless(m_talk.model().name())));
    while (!m_left) {
      if (terminal.isTerminal()) terminal.print(terminal.paint(Colour::Bold, kPrompt));
      const auto typed = m_keyboard.line();
      if (!typed) {
        if (terminal.isTerminal()) terminal.print("\n");
        break;
      }
      if (auto taken = take(*typed); !taken) return taken.error();
    }
    if (m_session.interrupt().isStop()) m_session.interrupt().heed();  // it was how to leave
    m_talk.close();
    return Exit::Ok;
  }

private:
  // To the person; a file has the answers alone.
  void say(std::string_view text) {
    auto& terminal = m_session.terminal();
    terminal.isTerminal() ? terminal.line(text) : terminal.note(text);
  }

  // An error: the service is gone, or does not let us go on.
  Outcome take(const std::string& typed) {
    const auto begin = typed.find_first_not_of(" \t");
    if (begin == std::string::npos) return {};
    if (typed[begin] == '/') {
      command(typed.substr(begin));
      return {};
    }
    if (m_keyboard.isCut()) {
      m_session.remark(
          "A terminal takes 4,095 bytes of a line: what came after them is not in the question; see /help");
    }
    m_history.ask(typed);
    const auto end = answer();
    if (!end) return notAnswered(end.error());
    if (m_session.interrupt().isStop()) {  // it came with the end of the answer
      m_session.interrupt().heed();
      m_session.terminal().goOn();
    }
    return {};
  }

  Outcome notAnswered(const Error& why) {
    m_history.takeBack();
    if (m_session.isGone()) return why;  // told at the end
    (void)m_session.tell(why);
    return {};
  }

  void command(const std::string& typed) {
    const auto space = typed.find(' ');
    const auto name = typed.substr(0, space);
    auto rest = space == std::string::npos ? std::string() : typed.substr(space + 1);
    while (rest.ends_with(' ')) rest.pop_back();
    if (name == "/help") return say(kHelp);
    if (name == "/clear") return clear();
    if (name == "/model") return changeModel(rest);
    if (name == "/save") return save(rest);
    if (name == "/quit" || name == "/exit") {
      m_left = true;
      return;
    }
    m_session.remark(fmt::format("There is no command {}; /help lists them", harmless(name)));
  }

  void clear() {
    m_history.clear();
    m_session.remark("Forgotten: the next question is the first");
  }

  void changeModel(const std::string& which) {
    if (which.empty()) return say(harmless(m_talk.model().name()));
    auto model = modelToTalkTo(m_session, which);
    if (!model) {
      (void)m_session.tell(model.error());
      return;
    }
    m_talk.close();
    m_talk = ModelTalk(m_session, *std::move(model));
    m_session.remark(fmt::format("{} from here on", harmless(m_talk.model().name())));
  }

  void save(const std::string& file) {
    if (file.empty()) return m_session.remark("/save wants the name of a file");
    std::error_code code;
    if (std::filesystem::exists(file, code)) {
      return m_session.remark(fmt::format("{} is there already: choose another name", harmless(file)));
    }
    const auto saved = replaceFile(file, m_history.markdown());
    m_session.remark(saved ? fmt::format("Saved as {}", harmless(file)) : saved.error().text());
  }

  // The answer to the last question: shown, and in the history.
  Result<ModelTalk::End> answer() {
    AnswerView view(m_session.terminal(), m_options.hideThinking ? Thinking::Hidden : Thinking::Shown);
    for (;;) {
      const auto end = m_talk.ask(m_history.body(m_options.sampling), [&](const auto& event) { view.show(event); });
      view.finish();
      m_session.terminal().goOn();
      if (!end) return end.error();
      if (*end == ModelTalk::End::Done || *end == ModelTalk::End::Stopped) {
        m_history.answer(view.answer().text());
        tell(view.answer());
        return *end;
      }
      view.restart();
      if (auto goesOn = mend(*end); !goesOn) return goesOn.error();
    }
  }

  // Before the same question is asked again.
  Outcome mend(ModelTalk::End end) {
    if (end == ModelTalk::End::Interrupted) {
      m_session.remark("The model had to leave the GPU; the answer begins anew as soon as it may go on");
    }
    if (end != ModelTalk::End::TooLong) return {};
    const bool isNew = !m_history.isShortened();
    if (!m_history.shorten()) {
      return Error(Error::Kind::TooBig, "the question is longer than this model can read: ask it in parts");
    }
    if (isNew) m_session.remark("The conversation is longer than the model can read: its oldest part is left out");
    return {};
  }

  // What was not shown as it came.
  void tell(const v1::AskEvent& answer) const {
    if (m_session.json()) return m_session.emit(answer);
    if (m_session.terminal().isTerminal()) return;
    m_session.terminal().print(answer.text());
    if (!answer.text().ends_with('\n')) m_session.terminal().print("\n");
  }

  Session& m_session;
  const ChatOptions& m_options;
  History m_history;
  ModelTalk m_talk;
  Keyboard m_keyboard{m_session.interrupt()};
  bool m_left = false;
};

// What is asked once; empty: a person talks.
Result<std::string> questionOf(const Session& session, const ChatOptions& options) {
  std::string all;
  bool piped = options.words.empty() && !Keyboard::isPerson();
  for (const auto& word : options.words) {
    if (word == "-") {
      piped = true;
    } else {
      all += (all.empty() ? "" : " ") + word;
    }
  }
  if (!piped) return all;
  auto input = readStandardInput(session.interrupt());
  if (!input) return input.error();
  while (input->ends_with('\n')) input->pop_back();
  if (!all.empty() && !input->empty()) all += "\n\n";
  all += *input;
  if (all.empty()) return Error(Error::Kind::Invalid, "standard input is empty: there is nothing to answer");
  return all;
}

}  // namespace

Answer chat(Session& session, const ChatOptions& options) {
  auto question = questionOf(session, options);
  if (!question) return question.error();
  if (question->empty() && session.json()) return session.misused("--json has one answer: give it a question");
  auto model = modelToTalkTo(session, options.model);
  if (!model) return model.error();
  Chat talk(session, options, *std::move(model));
  return question->empty() ? talk.converse() : talk.once(*question);
}

}  // namespace lull::cli
