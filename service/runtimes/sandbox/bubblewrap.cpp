// SPDX-License-Identifier: Apache-2.0
#include "runtimes/sandbox/bubblewrap.h"

#include "runtimes/sandbox/host_driver.h"

#include <unistd.h>

#include <initializer_list>

namespace lull::sandbox {

namespace fs = std::filesystem;

namespace {

constexpr const char* kUser = "1000";  // inside; outside it is whoever the service runs as
constexpr const char* kHostName = "lull";

class Options {
public:
  void add(std::initializer_list<std::string> words) { m_words.insert(m_words.end(), words); }
  void addRoot(const SystemRoot& root) {
    for (const auto& bind : root.binds) add({"--ro-bind", bind.from, bind.to});
    for (const auto& link : root.links) add({"--symlink", link.target, link.at});
  }
  // A file system in memory. Its folders belong to the user inside; read-only from the end of the set-up on.
  void addMemory(const std::string& at, std::uint64_t bytes) {
    if (bytes > 0) add({"--size", std::to_string(bytes)});
    add({"--perms", "0700", "--tmpfs", at});
  }
  [[nodiscard]] std::vector<std::string> take() { return std::move(m_words); }

private:
  std::vector<std::string> m_words;
};

void addProc(Options& options) {
  options.add({"--proc", "/proc"});
  const auto hidden = hiddenProc();
  for (const auto& file : hidden.files) options.add({"--ro-bind", "/dev/null", file});
  for (const auto& folder : hidden.folders) {
    options.addMemory(folder, 4096);
    options.add({"--remount-ro", folder});
  }
  // bubblewrap leaves it writable for root's processes.
  for (const char* folder : {"/proc/sys", "/proc/driver"}) {
    if (::access(folder, F_OK) == 0) options.add({"--ro-bind", folder, folder});
  }
}

// No terminal and no other device than those that everybody has and those that the Spec names.
void addDevices(Options& options, const std::vector<fs::path>& devices) {
  options.add({"--size", "65536", "--tmpfs", "/dev"});
  for (const char* name : {"/dev/null", "/dev/zero", "/dev/full", "/dev/random", "/dev/urandom"}) {
    options.add({"--dev-bind", name, name});
  }
  for (const auto& device : devices) {
    if (::access(device.c_str(), F_OK) == 0) options.add({"--dev-bind", device, device});
  }
  options.add({"--symlink", "/proc/self/fd", "/dev/fd"});
}

}  // namespace

std::optional<fs::path> findBubblewrap() {
  for (const char* path : {"/usr/bin/bwrap", "/usr/local/bin/bwrap", "/bin/bwrap"}) {
    if (::access(path, X_OK) == 0) return path;
  }
  return std::nullopt;
}

std::vector<std::string> bubblewrapOptions(const Spec& spec, const SystemRoot& driver, const Plumbing& plumbing) {
  Options options;
  options.add({"--unshare-user", "--unshare-ipc", "--unshare-pid", "--unshare-net", "--unshare-uts", "--unshare-cgroup",
               "--disable-userns", "--die-with-parent", "--new-session", "--cap-drop", "ALL", "--uid", kUser, "--gid",
               kUser, "--hostname", kHostName, "--clearenv"});
  options.add({"--info-fd", std::to_string(plumbing.info)});
  options.add({"--add-seccomp-fd", std::to_string(plumbing.filterByName)});
  options.add({"--add-seccomp-fd", std::to_string(plumbing.filterByArguments)});
  options.addRoot(systemRoot(spec.image));
  addProc(options);
  addDevices(options, spec.devices);
  options.addRoot(hardwareOf(spec.devices));
  options.addRoot(driver);
  if (plumbing.driverManifest >= 0) {
    options.add({"--ro-bind-data", std::to_string(plumbing.driverManifest), kDriverManifest});
  }
  for (const char* place : {"/tmp", "/dev/shm"}) options.addMemory(place, spec.limits.temporaryBytes);
  options.add({"--ro-bind", spec.ownPrograms / "lull-inside", kInsideProgram});
  for (const auto& bind : spec.binds) {
    options.add({bind.access == Access::ReadWrite ? "--bind" : "--ro-bind", bind.from, bind.to});
  }
  options.add({"--remount-ro", "/dev", "--remount-ro", "/"});
  for (const auto& variable : spec.environment) {
    const auto equals = variable.find('=');
    options.add({"--setenv", variable.substr(0, equals), variable.substr(std::min(equals, variable.size() - 1) + 1)});
  }
  options.add({"--chdir", spec.folder});
  return options.take();
}

}  // namespace lull::sandbox
