// SPDX-License-Identifier: Apache-2.0
#include "runtimes/sandbox/processes.h"

#include "base/file.h"

#include <nlohmann/json.hpp>

#include <sys/syscall.h>
#include <unistd.h>

#include <filesystem>
#include <set>
#include <sstream>

namespace lull::sandbox {

namespace fs = std::filesystem;

namespace {

constexpr std::size_t kAtOnce = 65536;

fs::path folderOf(pid_t pid) { return fs::path("/proc") / std::to_string(pid); }

// Each thread has its own children.
void addChildren(pid_t pid, std::vector<Relative>& out) {
  std::error_code code;
  for (fs::directory_iterator thread(folderOf(pid) / "task", code), end; !code && thread != end;
       thread.increment(code)) {
    const auto text = readFile(thread->path() / "children");
    if (!text) continue;
    std::istringstream words(*text);
    for (pid_t child = 0; words >> child;) out.push_back({child, pid});
  }
}

}  // namespace

std::optional<pid_t> leaderIn(const std::string& info) {
  const auto json = nlohmann::json::parse(info, nullptr, false);
  if (!json.is_object()) return std::nullopt;
  const auto pid = json.find("child-pid");
  if (pid == json.end() || !pid->is_number_integer()) return std::nullopt;
  return pid->get<pid_t>();
}

// Field 4 of /proc/<pid>/stat; the name in field 2 may hold anything.
std::optional<pid_t> parentOf(pid_t pid) {
  const auto stat = readFile(folderOf(pid) / "stat");
  if (!stat) return std::nullopt;
  std::istringstream words(stat->substr(stat->rfind(')') + 1));
  std::string state;
  pid_t parent = 0;
  if (!(words >> state >> parent)) return std::nullopt;
  return parent;
}

std::vector<Relative> descendantsOf(pid_t root, std::size_t limit) {
  std::vector<Relative> out;
  addChildren(root, out);
  for (std::size_t i = 0; i < out.size() && out.size() < limit; ++i) addChildren(out[i].pid, out);
  if (out.size() > limit) out.resize(limit);
  return out;
}

void signalDescendants(pid_t root, int number) {
  std::set<pid_t> reached;
  for (bool news = true; news;) {
    news = false;
    for (const auto& relative : descendantsOf(root, kAtOnce)) {
      if (!reached.insert(relative.pid).second) continue;
      news = true;
      const Fd handle(static_cast<int>(::syscall(SYS_pidfd_open, relative.pid, 0)));
      // The handle is taken before the check, so that the process checked is the one that is signalled.
      if (!handle || parentOf(relative.pid) != relative.parent) continue;
      ::syscall(SYS_pidfd_send_signal, handle.get(), number, nullptr, 0);
    }
  }
}

}  // namespace lull::sandbox
