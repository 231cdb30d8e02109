// SPDX-License-Identifier: Apache-2.0
#include "service/governor/semantics/harness.h"

#include "fakes/test_worker.h"
#include "fakes/vulkan_program.h"

#include <sys/wait.h>

#include <algorithm>
#include <sstream>

namespace lull::semantics {

using fakes::VulkanProgram;

namespace {

// "WORD name rest of the line"
struct Line {
  explicit Line(const std::string& text) {
    std::istringstream in(text);
    in >> word >> name;
    std::getline(in >> std::ws, rest);
  }
  std::string word;
  std::string name;
  std::string rest;
};

std::string howItEnded(const std::optional<int>& status) {
  if (!status) return "still runs";
  if (WIFSIGNALED(*status)) return "ended by signal " + std::to_string(WTERMSIG(*status));
  return "ended with " + std::to_string(WEXITSTATUS(*status));
}

// Validation waits ten seconds for what it follows, then says itself that this is most likely its own mistake: on a
// busy machine it is so without the governor too.
bool isOfValidationsOwnPatience(const std::string& message) { return message.ends_with("-state-timeout"); }

// Reads until the program ends or hangs. Gives the name of the case that did it; "" where all came to their end.
std::string readAll(VulkanProgram& program, Report& report) {
  std::string current;
  for (;;) {
    const auto began = std::chrono::steady_clock::now();
    const auto text = program.reply(kCaseLimit);
    if (!text) {
      const bool hung = std::chrono::steady_clock::now() - began >= kCaseLimit;
      const auto status = hung ? std::nullopt : program.waitExit();
      if (current.empty()) return "";
      report[current].outcome = hung ? "HUNG" : "DIED";
      report[current].text = hung ? "did not end within the limit" : howItEnded(status);
      return current;
    }
    const Line line(*text);
    if (line.word == "RUN") current = line.name;
    if (line.word == "MESSAGE" && !isOfValidationsOwnPatience(line.name)) report[current].messages.insert(line.name);
    if (line.word != "PASS" && line.word != "FAIL" && line.word != "SKIPPED") continue;
    report[line.name].outcome = line.word;
    report[line.name].text = line.rest;
    current.clear();
  }
}

}  // namespace

std::vector<std::string> semanticsCommand(const std::vector<std::string>& arguments) {
  std::vector<std::string> command{(fakes::buildFolder() / "tests/lull-semantics").string()};
  command.insert(command.end(), arguments.begin(), arguments.end());
  return command;
}

std::vector<std::string> environmentOf(const Mode& mode) {
  auto environment = fakes::vulkanEnvironment(mode.layers);
  environment.insert(environment.end(), mode.environment.begin(), mode.environment.end());
  return environment;
}

std::vector<std::string> casesOf(const std::string& kind) {
  VulkanProgram program(semanticsCommand({"--list"}), environmentOf({}), nullptr);
  std::vector<std::string> names;
  while (const auto text = program.reply()) {
    const Line line(*text);
    if (line.word == "CASE" && line.rest == kind) names.push_back(line.name);
  }
  return names;
}

Report runCases(const Mode& mode, const std::vector<std::string>& names) {
  Report report;
  std::vector<std::string> left = names;
  while (!left.empty()) {
    VulkanProgram program(semanticsCommand(left), environmentOf(mode), mode.page);
    const std::string culprit = readAll(program, report);
    const auto at = std::find(left.begin(), left.end(), culprit);
    left.erase(left.begin(), at == left.end() ? at : at + 1);
  }
  for (const auto& name : names) {
    if (report[name].outcome.empty()) report[name].outcome = "DIED";
  }
  return report;
}

Ending runEnding(const Mode& mode, const std::string& name) {
  VulkanProgram program(semanticsCommand({name}), environmentOf(mode), mode.page);
  Ending ending;
  while (const auto text = program.reply(kCaseLimit)) {
    const Line line(*text);
    if (line.word == "END") ending.digest = line.name;
    if (line.word == "END") ending.told = std::stoi(line.rest);
    ending.lastLine = *text;
  }
  const auto status = program.waitExit(kCaseLimit);
  if (status && WIFEXITED(*status)) ending.status = WEXITSTATUS(*status);
  if (status && WIFSIGNALED(*status)) ending.lastLine += " (" + howItEnded(status) + ")";
  return ending;
}

std::string differences(const Report& wanted, const Report& got) {
  std::string out;
  for (const auto& [name, result] : got) {
    const auto same = wanted.find(name);
    if (same == wanted.end()) continue;
    if (same->second.outcome == result.outcome && same->second.text == result.text) continue;
    out += "\n  " + name + ": " + result.outcome + " " + result.text + " instead of " + same->second.outcome + " " +
           same->second.text;
  }
  return out;
}

std::string failures(const Report& report) {
  std::string out;
  for (const auto& [name, result] : report) {
    if (result.outcome == "PASS" || result.outcome == "SKIPPED") continue;
    out += "\n  " + name + ": " + result.outcome + " " + result.text;
  }
  return out;
}

std::set<std::string> skipped(const Report& report) {
  std::set<std::string> names;
  for (const auto& [name, result] : report) {
    if (result.outcome == "SKIPPED") names.insert(name);
  }
  return names;
}

std::set<std::string> messages(const Report& report) {
  std::set<std::string> all;
  for (const auto& [name, result] : report) {
    for (const auto& message : result.messages) all.insert(name + ": " + message);
  }
  return all;
}

}  // namespace lull::semantics
