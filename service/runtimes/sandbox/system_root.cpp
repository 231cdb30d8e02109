// SPDX-License-Identifier: Apache-2.0
#include "runtimes/sandbox/system_root.h"

#include <sys/stat.h>
#include <sys/sysmacros.h>

#include <algorithm>
#include <array>
#include <set>
#include <string_view>

namespace lull::sandbox {

namespace fs = std::filesystem;

namespace {

constexpr std::array kSystemFolders{"bin", "sbin", "lib", "lib32", "lib64", "libx32"};

// How the dynamic linker and the drivers are configured. Of Vulkan's folder only the drivers' manifests: its loader
// settings could leave layers out.
constexpr std::array kConfiguration{"etc/ld.so.cache",  "etc/ld.so.conf", "etc/ld.so.conf.d", "etc/alternatives",
                                    "etc/vulkan/icd.d", "etc/glvnd",      "etc/drirc"};

// What programs need to know of the machine; drivers read their parameters below /proc/driver.
constexpr std::array kToldProc{"cpuinfo", "devices", "driver", "filesystems", "loadavg",     "meminfo", "mounts", "net",
                               "self",    "stat",    "sys",    "sysvipc",     "thread-self", "uptime",  "version"};

// Whether it is there with no link on the way: bubblewrap would follow one out of an image, to files of the owner's.
bool isPlain(const fs::path& from, const fs::path& name) {
  auto path = from;
  for (const auto& part : name) {
    path /= part;
    std::error_code code;
    const auto status = fs::symlink_status(path, code);
    if (fs::is_symlink(status) || !fs::exists(status)) return false;
  }
  return true;
}

void takeFolder(SystemRoot& root, const fs::path& from, const std::string& name) {
  std::error_code code;
  const auto status = fs::symlink_status(from / name, code);
  if (fs::is_symlink(status)) {
    root.links.push_back({fs::read_symlink(from / name, code).native(), fs::path("/") / name});
  } else if (fs::is_directory(status)) {
    root.binds.push_back({from / name, fs::path("/") / name, Access::ReadOnly});
  } else if (fs::is_directory(from / "usr" / name, code)) {
    root.links.push_back({(fs::path("usr") / name).native(), fs::path("/") / name});  // unpacked, never configured
  }
}

bool isProcess(const std::string& name) {
  return std::ranges::all_of(name, [](char c) { return c >= '0' && c <= '9'; });
}

// /sys/dev/char/226:128 → ../../devices/pci0000:00/0000:00:02.0/drm/renderD128
void takeHardware(SystemRoot& root, const fs::path& node, const fs::path& sys) {
  struct stat status {};
  if (::stat(node.c_str(), &status) != 0 || !S_ISCHR(status.st_mode)) return;
  const auto numbers = std::to_string(major(status.st_rdev)) + ':' + std::to_string(minor(status.st_rdev));
  std::error_code code;
  const auto link = sys / "dev/char" / numbers;
  const auto hardware = fs::canonical(link / "device", code);
  if (code) return;  // nodes without hardware of their own: /dev/nvidiactl
  const auto below = [&sys](const fs::path& path) { return fs::path("/sys") / path.lexically_relative(sys); };
  root.links.push_back({fs::read_symlink(link, code).native(), below(link)});
  const bool known = std::ranges::any_of(root.binds, [&](const Bind& bind) { return bind.from == hardware; });
  if (!known) root.binds.push_back({hardware, below(hardware), Access::ReadOnly});
}

}  // namespace

SystemRoot systemRoot(const fs::path& image) {
  const fs::path from = image.empty() ? fs::path("/") : image;
  SystemRoot root;
  if (image.empty() || isPlain(from, "usr")) root.binds.push_back({from / "usr", "/usr", Access::ReadOnly});
  for (const char* name : kSystemFolders) takeFolder(root, from, name);
  std::error_code code;
  for (const char* name : kConfiguration) {
    const bool there = image.empty() ? fs::exists(from / name, code) : isPlain(from, name);
    if (there) root.binds.push_back({from / name, fs::path("/") / name, Access::ReadOnly});
  }
  return root;
}

SystemRoot hardwareOf(const std::vector<fs::path>& devices, const fs::path& sys) {
  SystemRoot root;
  for (const auto& node : devices) takeHardware(root, node, sys);
  // How many processors there are, and how they share caches: programs size themselves by it.
  std::error_code code;
  const auto processors = sys / "devices/system/cpu";
  if (fs::exists(processors, code)) root.binds.push_back({processors, "/sys/devices/system/cpu", Access::ReadOnly});
  return root;
}

HiddenProc hiddenProc(const fs::path& proc) {
  HiddenProc hidden;
  std::error_code code;
  for (fs::directory_iterator it(proc, code), end; !code && it != end; it.increment(code)) {
    const auto name = it->path().filename().native();
    const bool told = std::ranges::any_of(kToldProc, [&name](std::string_view known) { return known == name; });
    if (told || isProcess(name) || it->is_symlink(code)) continue;
    (it->is_directory(code) ? hidden.folders : hidden.files).push_back(fs::path("/proc") / name);
  }
  std::ranges::sort(hidden.files);
  std::ranges::sort(hidden.folders);
  return hidden;
}

}  // namespace lull::sandbox
