// SPDX-License-Identifier: Apache-2.0
// `lull`: parse, run one command, tell how it went.
#include "cli/command_line.h"
#include "cli/completion.h"
#include "cli/interrupt.h"
#include "cli/terminal.h"
#include "wire/socket_path.h"

#include <google/protobuf/stubs/logging.h>

#include <ctime>
#include <exception>
#include <string_view>

namespace {

using namespace lull;
using namespace lull::cli;

bool wantsJson(int argc, char** argv) {
  for (int i = 1; i < argc; ++i) {
    const std::string_view word(argv[i]);
    if (word == "--json" || word == "--") return word == "--json";
  }
  return false;
}

Exit conclude(const Session& session, const Terminal& terminal, const Interrupt& interrupt, const Answer& answer) {
  if (interrupt.pending()) return Exit::Interrupted;
  if (!terminal.trouble()) return session.tell(terminal.trouble().error());
  if (terminal.closed()) return Exit::Ok;  // whoever read the output had enough
  return answer ? *answer : session.tell(answer.error());
}

// What is being typed is not parsed yet, but may name the service to ask.
std::filesystem::path socketAmong(const std::vector<std::string>& words) {
  for (std::size_t i = 0; i + 1 < words.size(); ++i) {
    if (words[i] == "--socket") return words[i + 1];
  }
  return wire::defaultSocket();
}

Exit completeWords(const CommandLine& commandLine, int argc, char** argv, Session& session) {
  session.terminal().print(candidatesText(complete(commandLine.app(), {argv + 2, argv + argc}, session)));
  return Exit::Ok;
}

Exit run(int argc, char** argv, Terminal& terminal, const Interrupt& interrupt) {
  CommandLine commandLine;
  if (argc > 1 && std::string_view(argv[1]) == "__complete") {
    Session session(terminal, interrupt, {.socket = socketAmong({argv + 2, argv + argc})});
    return completeWords(commandLine, argc, argv, session);
  }
  auto parsed = commandLine.parse(argc, argv);
  if (!parsed) {
    const Session session(terminal, interrupt, {.socket = {}, .json = wantsJson(argc, argv)});
    return session.misused(parsed.error().text());
  }
  if (const auto* said = std::get_if<CommandLine::Said>(&*parsed)) {
    terminal.print(said->text);
    return Exit::Ok;
  }
  const auto& chosen = std::get<CommandLine::Chosen>(*parsed);
  Session session(terminal, interrupt, chosen.options);
  const auto answer = chosen.run(session);
  terminal.progress({});
  return conclude(session, terminal, interrupt, answer);
}

}  // namespace

int main(int argc, char** argv) {
  const google::protobuf::LogSilencer silent;  // errors are told by us, once
  tzset();
  auto interrupt = Interrupt::install();
  if (!interrupt) return static_cast<int>(Exit::Failed);
  Terminal terminal(*interrupt);
  try {
    return static_cast<int>(run(argc, argv, terminal, *interrupt));
  } catch (const std::exception& e) {
    terminal.note(std::string("lull: a fault in lull itself: ") + e.what());
    return static_cast<int>(Exit::Failed);
  }
}
