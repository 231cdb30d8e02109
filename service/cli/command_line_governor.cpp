// SPDX-License-Identifier: Apache-2.0
// The branch `lull governor` of the tree of commands.
#include "cli/command_line.h"
#include "cli/commands.h"

#include <algorithm>
#include <string_view>

namespace lull::cli {

namespace {

constexpr const char* kExamples =
    "Runs any program that uses Vulkan so that its GPU work can be stopped within a\n"
    "frame, held to a share of the GPU, and measured. The program is not changed and\n"
    "computes the same. No service is needed.\n"
    "\n"
    "  lull governor --duty 40 -- llama-server -m model.gguf -ngl 99\n"
    "      the model answers with 40 % of the GPU's time; the rest stays yours\n"
    "  lull governor --name cube -- vkcube\n"
    "      a spinning cube, to try it: in another terminal\n"
    "          lull governor park cube       # it stands still: the GPU is given back\n"
    "          lull governor resume cube\n"
    "          lull governor status cube --follow\n"
    "\n"
    "It ends with the program's own exit status: 128 and the signal's number where a\n"
    "signal ended it; 125 a fault of lull's, 126 not executable, 127 no such program.\n"
    "With --json the last line on standard error tells what was measured.";

// Where the first word of the command line is `governor`, what follows `--` is the program: not ours to parse.
bool isGovernor(const std::vector<std::string>& words) {
  for (std::size_t i = 0; i < words.size(); ++i) {
    if (words[i] == "--socket") {
      ++i;
    } else if (!words[i].starts_with('-')) {
      return words[i] == "governor";
    }
  }
  return false;
}

}  // namespace

std::vector<std::string> takeProgram(std::vector<std::string>& words, bool* marked) {
  const auto mark = std::ranges::find(words, "--");
  *marked = mark != words.end() && isGovernor({words.begin(), mark});
  if (!*marked) return {};
  std::vector<std::string> program(mark + 1, words.end());
  words.erase(mark, words.end());
  return program;
}

void CommandLine::addGovernor() {
  m_governed = std::make_shared<GovernorOptions>();
  const auto options = m_governed;
  auto* c = add(m_app, "governor", "Run a program under the governor, or lead one that runs",
                [options](Session& s) { return governor(s, *options); });
  m_governor = c;
  c->footer(kExamples);
  c->require_subcommand(0, 1);
  c->add_option("--duty", options->dutyPercent, "At most this share of the GPU's time")
      ->check(CLI::Range(1U, 100U))
      ->capture_default_str()
      ->type_name("1..100");
  c->add_option("--memory", options->memory, "At most so much GPU memory, like 3GiB")->type_name("SIZE");
  c->add_option("--slice", options->sliceMs, "Aim for slices of work this long")
      ->check(CLI::Range(0.1, 1000.0))
      ->default_str("4")
      ->type_name("MS");
  c->add_flag("--parked", options->parked, "Begin parked, until you resume it");
  c->add_option("--name", options->name, "Call it so in the other commands; else like the program")->type_name("NAME");
  c->add_flag("--quiet", options->quiet, "Say nothing at the end");
  c->add_option("command", m_stray, "The program, and all that is for it")->type_name(kProgram);
  addLeading(*c);
}

void CommandLine::addLeading(CLI::App& parent) {
  const auto which = std::make_shared<std::string>();
  const auto leads = [&which](CLI::App* c) {
    c->add_option("which", *which, "Its name or process id; may be left out where only one runs")->type_name(kGoverned);
    return c;
  };
  add(parent, "list", "The programs that run under the governor", listGoverned);
  const auto following = std::make_shared<bool>(false);
  auto* c = leads(add(parent, "status", "What they do, and what was measured",
                      [which, following](Session& s) { return governedStatus(s, *which, *following); }));
  c->add_flag("--follow", *following, "Again each second, until Ctrl-C");
  leads(add(parent, "park", "Take the GPU back, and tell how long it took",
            [which](Session& s) { return parkGoverned(s, *which); }));
  leads(add(parent, "resume", "Let it go on", [which](Session& s) { return resumeGoverned(s, *which); }));
  const auto duty = std::make_shared<std::uint32_t>();
  c = add(parent, "duty", "Change its share of the GPU's time",
          [duty, which](Session& s) { return setDuty(s, *duty, *which); });
  c->add_option("percent", *duty, "1 to 100")->check(CLI::Range(1U, 100U))->type_name("PERCENT")->required();
  leads(c);
  const auto size = std::make_shared<std::string>();
  c = add(parent, "memory", "Change how much GPU memory it may use",
          [size, which](Session& s) { return setMemory(s, *size, *which); });
  c->add_option("size", *size, "Like 3GiB, or none for no limit")->type_name("SIZE")->required();
  leads(c);
  leads(add(parent, "stop", "Take the GPU back, then end the program",
            [which](Session& s) { return stopGoverned(s, *which); }));
}

std::optional<Error> CommandLine::checkProgram(const CLI::App& chosen, bool marked) const {
  if (&chosen != m_governor) {
    if (!marked) return std::nullopt;
    return Error(Error::Kind::Invalid, "a program is started with: lull governor -- PROGRAM");
  }
  if (!m_stray.empty()) {
    return Error(Error::Kind::Invalid, "“" + m_stray.front() + "” is no command of lull governor. To run a program: " +
                                           "lull governor -- " + m_stray.front());
  }
  if (marked && m_governed->command.empty()) {
    return Error(Error::Kind::Invalid, "after -- comes the program: lull governor -- PROGRAM");
  }
  return std::nullopt;
}

}  // namespace lull::cli
