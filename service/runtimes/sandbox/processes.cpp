// SPDX-License-Identifier: Apache-2.0
#include "runtimes/sandbox/processes.h"

#include "base/file.h"

#include <nlohmann/json.hpp>

#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <cstring>
#include <ctime>
#include <filesystem>
#include <set>
#include <sstream>

namespace lull::sandbox {

namespace fs = std::filesystem;

namespace {

constexpr std::size_t kAtOnce = 65536;

fs::path folderOf(pid_t pid) { return fs::path("/proc") / std::to_string(pid); }

// The fields of /proc/<pid>/stat from the third on; the name in the second may hold anything.
std::string afterName(const std::string& stat) { return stat.substr(stat.rfind(')') + 1); }

// To the nanosecond, while it lives; its stat tells ticks.
std::uint64_t ownNs(pid_t pid) {
  clockid_t clock{};
  timespec used{};
  if (::clock_getcpuclockid(pid, &clock) != 0 || ::clock_gettime(clock, &used) != 0) return 0;
  return static_cast<std::uint64_t>(used.tv_sec) * 1'000'000'000 + static_cast<std::uint64_t>(used.tv_nsec);
}

// Fields 14 and 15 are its own, 16 and 17 those of children it has waited for.
std::uint64_t timesOf(pid_t pid) {
  const auto stat = readFile(folderOf(pid) / "stat");
  if (!stat) return 0;
  std::istringstream words(afterName(*stat));
  std::string skipped;
  for (int field = 3; field < 14; ++field) words >> skipped;
  std::uint64_t user = 0;
  std::uint64_t system = 0;
  std::uint64_t childrenUser = 0;
  std::uint64_t childrenSystem = 0;
  if (!(words >> user >> system >> childrenUser >> childrenSystem)) return 0;
  const auto tick = 1'000'000'000 / static_cast<std::uint64_t>(::sysconf(_SC_CLK_TCK));
  return std::max((user + system) * tick, ownNs(pid)) + (childrenUser + childrenSystem) * tick;
}

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

// Field 4 of /proc/<pid>/stat.
std::optional<pid_t> parentOf(pid_t pid) {
  const auto stat = readFile(folderOf(pid) / "stat");
  if (!stat) return std::nullopt;
  std::istringstream words(afterName(*stat));
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

std::vector<Relative> membersOf(const Crowd& crowd, std::size_t limit) {
  auto out = descendantsOf(crowd.root, limit);
  if (crowd.rootToo) out.insert(out.begin(), {crowd.root, ::getpid()});
  return out;
}

void signal(const Relative& process, int number) {
  const Fd handle(static_cast<int>(::syscall(SYS_pidfd_open, process.pid, 0)));
  // The handle is taken before the check, so that the process checked is the one that is signalled.
  if (!handle || parentOf(process.pid) != process.parent) return;
  ::syscall(SYS_pidfd_send_signal, handle.get(), number, nullptr, 0);
}

void signalAll(const Crowd& crowd, int number) {
  std::set<pid_t> reached;
  for (bool news = true; news;) {
    news = false;
    for (const auto& member : membersOf(crowd, kAtOnce)) {
      if (!reached.insert(member.pid).second) continue;
      news = true;
      signal(member, number);
    }
  }
}

Motion motionOf(pid_t pid) {
  auto motion = Motion::Still;
  std::error_code code;
  for (fs::directory_iterator thread(folderOf(pid) / "task", code), end; !code && thread != end;
       thread.increment(code)) {
    const auto text = readFile(thread->path() / "stat");
    const auto fields = text ? afterName(*text) : std::string();
    const char state = fields.size() > 1 ? fields[1] : 'X';
    if (state == 'D') motion = Motion::Waiting;
    if (!std::strchr("TtZXxD", state)) return Motion::Moving;
  }
  return motion;
}

std::uint64_t cpuNsOf(pid_t root) {
  auto sum = timesOf(root);
  for (const auto& relative : descendantsOf(root, kAtOnce)) sum += timesOf(relative.pid);
  return sum;
}

}  // namespace lull::sandbox
