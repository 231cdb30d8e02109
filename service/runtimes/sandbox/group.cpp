// SPDX-License-Identifier: Apache-2.0
#include "runtimes/sandbox/group.h"

#include "runtimes/sandbox/watch.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <atomic>
#include <csignal>
#include <sstream>

namespace lull::sandbox {

namespace fs = std::filesystem;

namespace {

constexpr const char* kPrefix = "worker-";
constexpr std::uint64_t kPeriodUs = 100'000;

// The kernel takes a value in one call or not at all.
bool put(const fs::path& file, const std::string& value) {
  const Fd fd(::open(file.c_str(), O_WRONLY | O_CLOEXEC));
  return fd && ::write(fd.get(), value.data(), value.size()) == static_cast<ssize_t>(value.size());
}

std::vector<fs::path> groupsIn(const fs::path& folder) {
  std::vector<fs::path> out;
  std::error_code code;
  for (fs::directory_iterator it(folder, code), end; !code && it != end; it.increment(code)) {
    if (it->path().filename().native().starts_with(kPrefix)) out.push_back(it->path());
  }
  return out;
}

// What happened in a group is read after its last process has ended: until then its owner marks it as used.
Fd markUsed(const fs::path& group) {
  Fd mark(::open(group.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (mark) ::flock(mark.get(), LOCK_SH | LOCK_NB);
  return mark;
}
bool isUsed(const fs::path& group) {
  const Fd folder(::open(group.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  return folder && ::flock(folder.get(), LOCK_EX | LOCK_NB) != 0;
}

// Refused, without harm, while anything is in them.
void removeUnusedGroups(const fs::path& folder) {
  for (const auto& group : groupsIn(folder)) {
    if (!isUsed(group)) ::rmdir(group.c_str());
  }
}

}  // namespace

std::vector<GroupSetting> groupSettings(const Limits& limits) {
  std::vector<GroupSetting> out;
  if (limits.memoryBytes > 0) {
    out.push_back({"memory", "memory.max", std::to_string(limits.memoryBytes)});
    out.push_back({"memory", "memory.swap.max", "0"});
    out.push_back({"memory", "memory.oom.group", "1"});
  }
  if (limits.processes > 0) out.push_back({"pids", "pids.max", std::to_string(limits.processes)});
  if (limits.cores > 0) {
    out.push_back({"cpu", "cpu.max", std::to_string(limits.cores * kPeriodUs) + ' ' + std::to_string(kPeriodUs)});
  }
  // Priorities of processes count within a group only.
  out.push_back({"cpu", "cpu.weight", "1"});
  if (limits.priority == Priority::Idle) out.push_back({"cpu", "cpu.idle", "1"});
  return out;
}

std::optional<Group> Group::create(const Ground& ground, const Limits& limits) {
  if (!ground.given()) return std::nullopt;
  static std::atomic<unsigned> count{0};
  removeUnusedGroups(ground.folder());
  const auto folder =
      ground.folder() / (kPrefix + std::to_string(::getpid()) + '-' + std::to_string(count.fetch_add(1)));
  if (::mkdir(folder.c_str(), 0755) != 0) return std::nullopt;
  return Group(folder, limits);
}

Group::Group(fs::path folder, const Limits& limits)
    : m_folder(std::move(folder)), m_used(markUsed(m_folder)), m_memoryBytes(limits.memoryBytes), m_left(limits) {
  for (const auto& setting : groupSettings(limits)) {
    if (!put(m_folder / setting.file, setting.value)) continue;
    if (setting.file == "memory.max") m_left.memoryBytes = 0;
    if (setting.file == "pids.max") m_left.processes = 0;
    if (setting.file == "cpu.max") m_left.cores = 0;
  }
}

Fd Group::door() const { return Fd(::open((m_folder / "cgroup.procs").c_str(), O_WRONLY | O_CLOEXEC)); }

bool Group::freeze(bool frozen) const { return put(m_folder / "cgroup.freeze", frozen ? "1" : "0"); }

bool Group::isFrozen() const { return valueIn("cgroup.events", "frozen") == 1; }

bool Group::kill() const { return put(m_folder / "cgroup.kill", "1"); }

std::optional<std::uint64_t> Group::cpuNs() const {
  const auto us = valueIn("cpu.stat", "usage_usec");
  return us ? std::optional(*us * 1000) : std::nullopt;
}

std::string Group::endedForMemory() const {
  if (valueIn("memory.events", "oom_kill").value_or(0) == 0) return {};
  // Kills are counted whoever ran out; this one, when it was the group itself.
  const bool itself = m_left.memoryBytes == 0 && valueIn("memory.events", "oom").value_or(0) > 0;
  if (!itself) return "this computer had no memory left";
  return sandbox::brokenLimit({.memoryBytes = m_memoryBytes}, {.memoryBytes = m_memoryBytes + 1}, 0);
}

void Group::remove() {
  ::rmdir(m_folder.c_str());
  m_used = Fd();
}

std::optional<std::uint64_t> Group::valueIn(const char* file, const std::string& name) const {
  const auto text = readFile(m_folder / file);
  if (!text) return std::nullopt;
  std::istringstream words(*text);
  std::string key;
  for (std::uint64_t value = 0; words >> key >> value;) {
    if (key == name) return value;
  }
  return std::nullopt;
}

void clearGroups(const fs::path& folder) {
  for (const auto& path : groupsIn(folder)) {
    if (put(path / "cgroup.kill", "1")) continue;
    const auto members = readFile(path / "cgroup.procs");
    std::istringstream pids(members ? *members : std::string());
    for (pid_t pid = 0; pids >> pid;) {
      if (pid > 1) ::kill(pid, SIGKILL);  // one of another namespace is listed as 0: that would be our own group
    }
    put(path / "cgroup.freeze", "0");
  }
  for (const auto& path : groupsIn(folder)) ::rmdir(path.c_str());
}

}  // namespace lull::sandbox
