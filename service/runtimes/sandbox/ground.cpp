// SPDX-License-Identifier: Apache-2.0
#include "runtimes/sandbox/ground.h"

#include "base/file.h"
#include "runtimes/sandbox/group.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <sys/xattr.h>
#include <unistd.h>

#include <optional>
#include <sstream>

namespace lull::sandbox {

namespace fs = std::filesystem;

namespace {

constexpr const char* kOwnGroup =
    "service";  // where the service itself is: no process may be in a group that is divided
constexpr const char* kControllers[] = {"memory", "pids", "cpu"};
constexpr int kMoves = 100;

bool put(const fs::path& file, const std::string& value) {
  const Fd fd(::open(file.c_str(), O_WRONLY | O_CLOEXEC));
  return fd && ::write(fd.get(), value.data(), value.size()) == static_cast<ssize_t>(value.size());
}

std::set<std::string> wordsIn(const fs::path& file) {
  const auto text = readFile(file);
  std::istringstream words(text ? *text : std::string());
  std::set<std::string> out;
  for (std::string word; words >> word;) out.insert(word);
  return out;
}

struct Mount {
  fs::path root;  // what of the hierarchy is seen there
  fs::path at;
};

// Fields 4 and 5; behind a lone dash the kind of file system.
std::optional<Mount> groupsMount(const GroundPlaces& places) {
  const auto text = readFile(places.proc / "self/mountinfo");
  if (!text) return std::nullopt;
  std::istringstream lines(*text);
  for (std::string line; std::getline(lines, line);) {
    if (line.find(" - cgroup2 ") == std::string::npos) continue;
    std::istringstream words(line);
    std::string skipped;
    Mount mount;
    words >> skipped >> skipped >> skipped >> mount.root >> mount.at;
    return mount;
  }
  return std::nullopt;
}

std::optional<fs::path> groupOf(const std::string& process, const GroundPlaces& places) {
  const auto mount = groupsMount(places);
  const auto text = readFile(places.proc / process / "cgroup");
  if (!mount || !text) return std::nullopt;
  std::istringstream lines(*text);
  for (std::string line; std::getline(lines, line);) {
    if (!line.starts_with("0::/")) continue;
    const auto below = fs::path(line.substr(3)).lexically_relative(mount->root);
    if (below.empty() || *below.begin() == "..") return std::nullopt;
    return (places.root / mount->at.relative_path() / below).lexically_normal();
  }
  return std::nullopt;
}

// systemd's mark on groups that it gave away (Delegate=yes).
bool isGiven(const fs::path& folder) {
  for (const char* mark : {"user.delegate", "trusted.delegate"}) {
    char value[4] = {};
    if (::getxattr(folder.c_str(), mark, value, sizeof value) == 1 && value[0] == '1') return true;
  }
  return false;
}

std::optional<fs::path> givenTo(const std::string& process, const GroundPlaces& places) {
  auto folder = groupOf(process, places);
  if (folder && !folder->has_filename()) folder = folder->parent_path();
  if (folder && folder->filename() == kOwnGroup && !isGiven(*folder)) folder = folder->parent_path();
  return folder && isGiven(*folder) ? folder : std::nullopt;
}

// Those that are born meanwhile are found the next time.
bool moveOut(const fs::path& folder) {
  const auto own = folder / kOwnGroup;
  if (::mkdir(own.c_str(), 0755) != 0 && errno != EEXIST) return false;
  for (int i = 0; i < kMoves; ++i) {
    const auto members = wordsIn(folder / "cgroup.procs");
    if (members.empty()) return true;
    for (const auto& pid : members) put(own / "cgroup.procs", pid);
  }
  return false;
}

std::string describeHeld(bool given, const std::set<std::string>& held) {
  if (!given) {
    return "memory and processes are looked over every second, pausing is by signals: the service has no control group "
           "of its own";
  }
  const auto by = [&held](const char* controller) {
    return held.contains(controller) ? "by the kernel" : "by looking every second";
  };
  const bool weighed = held.contains("cpu");
  return std::string("memory is held ") + by("memory") + ", processes " + by("pids") + ", cores " +
         (weighed ? "by the kernel" : "by affinity") + ", pausing is the kernel's" +
         (weighed ? "; they weigh least within the service's group, which itself weighs what its unit says (CPUWeight=)"
                  : "");
}

}  // namespace

Ground Ground::claim(const GroundPlaces& places) {
  const auto folder = givenTo("self", places);
  return folder ? claimAt(*folder) : Ground();
}

Ground Ground::claimAt(const fs::path& folder) {
  clearGroups(folder);
  if (!moveOut(folder)) return {};
  Ground ground;
  ground.m_folder = folder;
  for (const char* controller : kControllers) put(folder / "cgroup.subtree_control", std::string("+") + controller);
  ground.m_controllers = wordsIn(folder / "cgroup.subtree_control");
  return ground;
}

std::string describe(const Ground& ground) {
  std::set<std::string> held;
  for (const char* controller : kControllers) {
    if (ground.has(controller)) held.insert(controller);
  }
  return describeHeld(ground.given(), held);
}

std::string describeGroundOf(long pid, const GroundPlaces& places) {
  const auto folder = givenTo(std::to_string(pid), places);
  return describeHeld(folder.has_value(),
                      folder ? wordsIn(*folder / "cgroup.subtree_control") : std::set<std::string>());
}

}  // namespace lull::sandbox
