// SPDX-License-Identifier: Apache-2.0
// The list of classes against the registry that this build was made from.
#include "governor/generated/commands.h"

#include <QtTest>

#include <fstream>
#include <iterator>
#include <map>
#include <regex>
#include <set>
#include <sstream>
#include <string>

namespace {

std::string contents(const char* path) {
  std::ifstream file(path);
  return {std::istreambuf_iterator<char>(file), {}};
}

// Every name of a command of command buffers that the registry defines, in either of its two ways.
std::set<std::string> registered() {
  const std::string registry = contents(LULL_VULKAN_REGISTRY);
  std::set<std::string> names;
  const std::regex definition("(?:<name>|<command[^>]* name=\")(vkCmd\\w+)");
  const std::size_t begin = registry.find("<commands ");
  const std::size_t end = registry.find("</commands>");
  const std::string commands = registry.substr(begin, end - begin);
  for (std::sregex_iterator match(commands.begin(), commands.end(), definition); match != std::sregex_iterator();
       ++match) {
    names.insert((*match)[1]);
  }
  return names;
}

// The lines of commands.txt: name → how often.
std::map<std::string, int> listed() {
  std::istringstream lines(contents(LULL_COMMAND_LIST));
  std::map<std::string, int> names;
  for (std::string line; std::getline(lines, line);) {
    std::istringstream words(line.substr(0, line.find('#')));
    std::string kind;
    std::string name;
    if (words >> kind >> name) ++names[name];
  }
  return names;
}

}  // namespace

class TestCommands : public QObject {
  Q_OBJECT
private slots:
  void eachCommandOfTheRegistryHasOneClass() {
    const auto names = registered();
    QVERIFY(names.size() > 200);
    std::map<std::string, int> classes;
    const std::set<std::string> kinds{"state", "free", "work", "enter", "leave", "hand", "unknown"};
    for (const auto& command : lull::governor::kCommandClasses) {
      ++classes[command.name];
      QVERIFY2(kinds.contains(command.kind), command.name);
    }
    for (const auto& name : names) QVERIFY2(classes[name] == 1, name.c_str());
    QCOMPARE(classes.size(), names.size());
  }
  void noneIsListedTwice() {
    const auto names = listed();
    QVERIFY(names.size() > 150);
    for (const auto& [name, times] : names) QVERIFY2(times == 1, name.c_str());
  }
  // What is unknown is so on purpose: listed as such, or newer than the list.
  void theFirstVulkanHasNothingUnknown() {
    const std::set<std::string> first{
        "vkCmdBindPipeline",    "vkCmdSetViewport",      "vkCmdBindDescriptorSets", "vkCmdDraw",
        "vkCmdDispatch",        "vkCmdDispatchIndirect", "vkCmdCopyBuffer",         "vkCmdCopyImage",
        "vkCmdFillBuffer",      "vkCmdUpdateBuffer",     "vkCmdSetEvent",           "vkCmdWaitEvents",
        "vkCmdPipelineBarrier", "vkCmdBeginQuery",       "vkCmdWriteTimestamp",     "vkCmdPushConstants",
        "vkCmdBeginRenderPass", "vkCmdExecuteCommands",  "vkCmdCopyBuffer2KHR",     "vkCmdPipelineBarrier2KHR"};
    for (const auto& command : lull::governor::kCommandClasses) {
      if (first.contains(command.name)) QVERIFY2(std::string(command.kind) != "unknown", command.name);
    }
  }
};

QTEST_GUILESS_MAIN(TestCommands)
#include "test_commands.moc"
