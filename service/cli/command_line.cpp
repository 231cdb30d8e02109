// SPDX-License-Identifier: Apache-2.0
#include "cli/command_line.h"

#include "base/version.h"
#include "cli/commands.h"
#include "cli/completion.h"
#include "cli/format.h"
#include "cli/help.h"
#include "cli/near.h"
#include "cli/series.h"
#include "wire/socket_path.h"

#include <fmt/core.h>

#include <algorithm>
#include <limits>

namespace lull::cli {

namespace {

constexpr auto kAnyCount = std::numeric_limits<std::uint32_t>::max();

// Options live as long as the tree: each command's own, shared with the function that runs it.
template <typename Options>
std::shared_ptr<Options> kept() {
  return std::make_shared<Options>();
}

std::string unknownCommand(const CLI::App& app, const std::string& word) {
  const auto near = nearest(word, commandNames(app));
  return fmt::format("there is no command “{}”. {}", word,
                     near ? fmt::format("Do you mean: lull {}", *near) : std::string("`lull help` lists them all."));
}

}  // namespace

CommandLine::CommandLine() : m_app("Lends this computer's GPU while nobody needs it.", "lull") {
  m_app.formatter(std::make_shared<HelpFormatter>());
  m_app.require_subcommand(0, 1);
  m_app.fallthrough();
  m_app.set_help_flag("-h,--help", "Show this help");
  m_app.set_version_flag("--version", std::string("lull ") + kVersion, "Show the version");
  m_app.add_option("--socket", m_socket, "Talk to the service on this socket")->type_name(kFile);
  m_app.add_flag("--json", m_json, "Answer in JSON, for programs");
  m_app.footer(exitCodesText());
  addLooking();
  addTasks();
  addResult();
  addControl();
  addModels();
  addBatches();
  addRuntimes();
  addTraining();
  addChat();
  addSettings();
  addRecords();
  addGovernor();
  addHelp();
}

CLI::App* CommandLine::add(CLI::App& parent, const std::string& name, const std::string& text, Run run) {
  auto* command = parent.add_subcommand(name, text);
  command->footer("");  // else it is the parent's
  m_runs[command] = std::move(run);
  return command;
}

void CommandLine::addLooking() {
  add(m_app, "status", "What the service does now", status);
  add(m_app, "watch", "The same, live, until Ctrl-C", watch);
  add(m_app, "why", "Why it works or rests, and what would change that", why);
  add(m_app, "doctor", "Check that all is in place, and say how to mend it", doctor);
}

void CommandLine::addTasks() {
  const auto submitOptions = kept<SubmitOptions>();
  auto* c = add(m_app, "submit", "Hand over tasks described in JSON files",
                [submitOptions](Session& s) { return submit(s, *submitOptions); });
  c->add_option("files", submitOptions->files, "Task files; - is standard input")->type_name(kFile)->required();
  c->add_option("--name", submitOptions->name, "Name it this, whatever the file says")->type_name("NAME");
  c->add_option("--priority", submitOptions->priority, "Higher runs first")
      ->check(CLI::Range(-100, 100))
      ->type_name("-100..100");
  c->add_flag("--wait", submitOptions->wait, "Wait until it has ended");
  c->add_option("-o,--output", submitOptions->outputFolder, "Wait, then save the results here")->type_name(kFolder);

  const auto tasksOptions = kept<TasksOptions>();
  c = add(m_app, "tasks", "List tasks, the newest first",
          [tasksOptions](Session& s) { return tasks(s, *tasksOptions); });
  c->add_option("--state", tasksOptions->states, "Only tasks in this state (also: queued,running)")
      ->delimiter(',')
      ->expected(1, 8)
      ->type_name(kState);
  c->add_flag("--all", tasksOptions->all, "Every task there ever was");
  c->add_option("-n", tasksOptions->most, "At most so many")
      ->check(CLI::Range(1U, kAnyCount))
      ->capture_default_str()
      ->type_name("COUNT");

  const auto id = kept<std::string>();
  c = add(m_app, "task", "All about one task", [id](Session& s) { return task(s, *id); });
  c->add_option("id", *id, "Its id, or the beginning of it")->type_name(kTask)->required();

  const auto ids = kept<std::vector<std::string>>();
  c = add(m_app, "cancel", "Give tasks up", [ids](Session& s) { return cancel(s, *ids); });
  c->add_option("ids", *ids, "Their ids, or the beginnings of them")->type_name(kTask)->required();
}

void CommandLine::addResult() {
  const auto options = kept<ResultOptions>();
  auto* c = add(m_app, "result", "Fetch the results of a task", [options](Session& s) { return result(s, *options); });
  c->add_option("id", options->id, "The task's id, or the beginning of it")->type_name(kTask)->required();
  c->add_option("name", options->name, "Which result; without it the only one, or all")->type_name("NAME");
  c->add_option("-o,--output", options->destination, "Save as this file or into this folder; - prints it")
      ->type_name(kFile);
}

void CommandLine::addControl() {
  const auto words = kept<std::vector<std::string>>();
  auto* c = add(m_app, "pause", "Stop for a while: 30m, until 18:00, until tomorrow",
                [words](Session& s) { return pause(s, *words); });
  c->add_option("when", *words, "How long, or until when; without it until you resume")->type_name("WHEN");
  add(m_app, "resume", "End a pause", resume);
  c = m_app.add_subcommand("share", "Switch lending on or off");
  c->footer("");
  c->require_subcommand(1);
  add(*c, "on", "Lend the GPU while nobody needs this computer", [](Session& s) { return share(s, true); });
  add(*c, "off", "Do not lend it", [](Session& s) { return share(s, false); });
}

void CommandLine::addSettings() {
  const auto key = kept<std::string>();
  const auto value = kept<std::string>();
  const auto all = kept<bool>();
  auto* c =
      add(m_app, "settings", "List the settings, or change them", [key](Session& s) { return listSettings(s, *key); });
  c->require_subcommand(0, 1);
  c->add_option("prefix", *key, "A setting, or a group of them")->type_name(kKey);
  auto* get = add(*c, "get", "Print the value of one setting", [key](Session& s) { return getSetting(s, *key); });
  get->add_option("key", *key, "Like thermal.stop")->type_name(kKey)->required();
  auto* set = add(*c, "set", "Change a setting", [key, value](Session& s) { return setSetting(s, *key, *value); });
  set->add_option("key", *key, "Like thermal.stop")->type_name(kKey)->required();
  set->add_option("value", *value, "Its new value")->type_name("VALUE")->required();
  auto* reset = add(*c, "reset", "Take a setting back to its default",
                    [key, all](Session& s) { return resetSetting(s, *key, *all); });
  reset->add_option("key", *key, "Like thermal.stop")->type_name(kKey);
  reset->add_flag("--all", *all, "All of them");
}

void CommandLine::addRecords() {
  const auto options = kept<HistoryOptions>();
  auto* c =
      add(m_app, "history", "What was recorded over time", [options](Session& s) { return history(s, *options); });
  c->add_option("series", options->series, "One of " + seriesNames())->type_name(kSeries)->required();
  c->add_option("--since", options->since, "How far back")->capture_default_str()->type_name("SPAN");
  c->add_option("--points", options->points, "In how many steps")
      ->check(CLI::Range(1U, 2000U))
      ->capture_default_str()
      ->type_name("COUNT");

  const auto most = std::make_shared<std::uint32_t>(20);
  c = add(m_app, "ledger", "Credits, give-backs and failures, the newest first",
          [most](Session& s) { return ledger(s, *most); });
  c->add_option("-n", *most, "At most so many")
      ->check(CLI::Range(1U, kAnyCount))
      ->capture_default_str()
      ->type_name("COUNT");

  const auto lines = std::make_shared<std::uint32_t>(100);
  const auto follow = kept<bool>();
  c = add(m_app, "log", "What the service wrote down", [lines, follow](Session& s) { return log(s, *lines, *follow); });
  c->add_option("-n", *lines, "The last so many lines")
      ->check(CLI::Range(1U, 1000U))
      ->capture_default_str()
      ->type_name("COUNT");
  c->add_flag("--follow", *follow, "And what comes, until Ctrl-C");
}

void CommandLine::addHelp() {
  const auto shell = kept<std::string>();
  auto* c = add(m_app, "completion", "Print the completion script for a shell", [shell](Session& s) -> Answer {
    s.terminal().print(completionScript(*shell));
    return Exit::Ok;
  });
  c->add_option("shell", *shell, "bash, zsh or fish")
      ->check(CLI::IsMember({"bash", "zsh", "fish"}))
      ->type_name("SHELL")
      ->required();
  c->footer(
      "bash:  source <(lull completion bash)\n"
      "zsh:   lull completion zsh > \"${fpath[1]}/_lull\"\n"
      "fish:  lull completion fish > ~/.config/fish/completions/lull.fish");
  const auto words = kept<std::vector<std::string>>();
  c = add(m_app, "help", "Explain a command", [this, words](Session& s) -> Answer {
    const auto* command = commandAt(m_app, *words);
    if (command == nullptr) return s.misused(unknownCommand(m_app, words->back()));
    // CLI11's own help() would follow the command that was parsed: this one.
    s.terminal().print(HelpFormatter().make_help(command, {}, CLI::AppFormatMode::Normal));
    return Exit::Ok;
  });
  c->add_option("command", *words, "Which one; without it all are listed")->type_name(kCommand);
}

Result<std::variant<CommandLine::Chosen, CommandLine::Said>> CommandLine::parse(int argc, const char* const* argv) {
  using Parsed = std::variant<Chosen, Said>;
  std::vector<std::string> words(argv + std::min(argc, 1), argv + argc);
  bool marked = false;
  m_governed->command = takeProgram(words, &marked);
  std::ranges::reverse(words);  // as CLI11 wants them
  try {
    m_app.parse(std::move(words));
  } catch (const CLI::CallForHelp&) {
    const CLI::App* asked = &m_app;
    while (!asked->get_subcommands().empty()) asked = asked->get_subcommands().back();
    return Parsed(Said{asked->help()});
  } catch (const CLI::CallForVersion& e) {
    return Parsed(Said{std::string(e.what()) + "\n"});
  } catch (const CLI::ExtrasError& e) {
    const auto extras = m_app.remaining(true);
    const bool noCommand = m_app.get_subcommands().empty() && !extras.empty() && !extras.front().starts_with('-');
    return Error(Error::Kind::Invalid, noCommand ? unknownCommand(m_app, extras.front()) : usageError(m_app, e));
  } catch (const CLI::ParseError& e) {
    return Error(Error::Kind::Invalid, usageError(m_app, e));
  }
  const CLI::App* chosen = &m_app;
  while (!chosen->get_subcommands().empty()) chosen = chosen->get_subcommands().back();
  if (auto wrong = checkProgram(*chosen, marked)) return *std::move(wrong);
  const auto run = m_runs.find(chosen);
  if (chosen == m_governor && !marked) return Parsed(Said{chosen->help()});
  if (run == m_runs.end()) return Parsed(Said{m_app.help()});
  Chosen out{.run = run->second, .options = {.socket = m_socket, .json = m_json}};
  if (m_socket.empty()) out.options.socket = wire::defaultSocket();
  return Parsed(std::move(out));
}

}  // namespace lull::cli
