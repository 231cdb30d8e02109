// SPDX-License-Identifier: Apache-2.0
// The tree of commands: parsed by CLI11, and the one source of help and completion.
#pragma once

#include "cli/commands.h"
#include "cli/session.h"

#include <CLI/CLI.hpp>

#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <variant>
#include <vector>

namespace lull::cli {

class CommandLine {
public:
  CommandLine();
  CommandLine(const CommandLine&) = delete;
  CommandLine& operator=(const CommandLine&) = delete;

  struct Chosen {
    std::function<Answer(Session&)> run;
    Session::Options options;
  };
  // What to run; or the text to print for --help and --version; or an error (kind Invalid) in words.
  struct Said {
    std::string text;
  };
  [[nodiscard]] Result<std::variant<Chosen, Said>> parse(int argc, const char* const* argv);

  [[nodiscard]] const CLI::App& app() const { return m_app; }

  // What an argument stands for, by its type name in the tree: completed by completion.cpp.
  static constexpr const char* kTask = "TASK";
  static constexpr const char* kKey = "KEY";
  static constexpr const char* kFile = "FILE";
  static constexpr const char* kFolder = "DIR";
  static constexpr const char* kSeries = "SERIES";
  static constexpr const char* kState = "STATE";
  static constexpr const char* kCommand = "COMMAND";
  static constexpr const char* kProgram = "-- PROGRAM";
  static constexpr const char* kGoverned = "NAME|PID";
  static constexpr const char* kModel = "MODEL";
  static constexpr const char* kRuntime = "RUNTIME";
  static constexpr const char* kImage = "IMAGE";
  static constexpr const char* kSource = "FILE|URL";

private:
  using Run = std::function<Answer(Session&)>;
  CLI::App* add(CLI::App& parent, const std::string& name, const std::string& text, Run run);
  void addLooking();
  void addTasks();
  void addResult();
  void addControl();
  void addSettings();
  void addRecords();
  void addModels();
  void addBatches();
  void addRuntimes();
  void addTraining();
  void addChat();
  void addHelp();
  void addGovernor();
  void addLeading(CLI::App& parent);
  [[nodiscard]] std::optional<Error> checkProgram(const CLI::App& chosen, bool marked) const;

  CLI::App m_app;
  std::map<const CLI::App*, Run> m_runs;
  std::shared_ptr<GovernorOptions> m_governed;
  const CLI::App* m_governor = nullptr;
  std::vector<std::string> m_stray;  // a program without `--` before it
  std::string m_socket;
  bool m_json = false;
};

// `lull governor … -- PROGRAM …`: takes the program out of the words. `marked`: there was a `--` for one.
[[nodiscard]] std::vector<std::string> takeProgram(std::vector<std::string>& words, bool* marked);

}  // namespace lull::cli
