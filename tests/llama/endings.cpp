// SPDX-License-Identifier: Apache-2.0
#include "llama/endings.h"

#include <fstream>
#include <sstream>

namespace lull::llama {

namespace fs = std::filesystem;

pid_t childOf(pid_t parent) {
  for (const auto& entry : fs::directory_iterator("/proc")) {
    std::ifstream file(entry.path() / "stat");
    std::string text;
    if (!std::getline(file, text)) continue;
    std::istringstream fields(text.substr(text.rfind(')') + 2));
    char state = 0;
    pid_t found = 0;
    fields >> state >> found;
    if (found == parent && state != 'Z') return std::stoi(entry.path().filename());
  }
  return 0;
}

pid_t innermost(pid_t pid) {
  for (pid_t inner = pid; inner != 0; inner = childOf(pid)) pid = inner;
  return pid;
}

fs::path startThatEnds(const fs::path& folder, const std::string& start, const std::string& end) {
  const auto script = folder / "start";
  std::ofstream(script) << "#!/bin/sh\n" << (start.empty() ? "" : "'" + start + "' \"$@\"\n") << end << "\n";
  fs::permissions(script, fs::perms::owner_all);
  return script;
}

}  // namespace lull::llama
