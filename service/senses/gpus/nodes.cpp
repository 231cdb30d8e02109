// SPDX-License-Identifier: Apache-2.0
#include "senses/gpus/nodes.h"

#include "base/file.h"

#include <algorithm>
#include <set>
#include <sstream>

namespace lull::gpus {

namespace fs = std::filesystem;

namespace {

void addRenderNodes(const fs::path& folder, std::set<std::string>& out) {
  std::error_code code;
  for (fs::directory_iterator it(folder, code), end; !code && it != end; it.increment(code)) {
    const auto name = it->path().filename().native();
    if (name.starts_with("renderD")) out.insert("/dev/dri/" + name);
  }
}

// /sys/dev/char/226:128/uevent says DEVNAME=dri/renderD128.
void addByNumbers(std::pair<unsigned, unsigned> numbers, const fs::path& sys, std::set<std::string>& out) {
  const auto name = std::to_string(numbers.first) + ':' + std::to_string(numbers.second);
  const auto text = readFile(sys / "dev/char" / name / "uevent");
  if (!text) return;
  std::istringstream lines(*text);
  for (std::string line; std::getline(lines, line);) {
    constexpr std::string_view kKey = "DEVNAME=dri/renderD";
    if (line.starts_with(kKey)) out.insert("/dev/" + line.substr(std::string_view("DEVNAME=").size()));
  }
}

// NVIDIA's own driver: one node for each GPU, and some for all of them.
void addNvidia(const std::string& address, const fs::path& proc, std::set<std::string>& out) {
  const auto text = readFile(proc / "driver/nvidia/gpus" / address / "information");
  if (!text) return;
  std::istringstream lines(*text);
  for (std::string line; std::getline(lines, line);) {
    constexpr std::string_view kKey = "Device Minor:";
    if (!line.starts_with(kKey)) continue;
    std::istringstream words(line.substr(kKey.size()));
    unsigned minor = 0;
    if (words >> minor) out.insert("/dev/nvidia" + std::to_string(minor));
  }
  for (const char* name : {"/dev/nvidiactl", "/dev/nvidia-modeset", "/dev/nvidia-uvm"}) out.insert(name);
}

}  // namespace

std::vector<std::string> nodesOf(const Whereabouts& gpu, const fs::path& sys, const fs::path& proc) {
  std::set<std::string> out;
  if (gpu.renderNode) addByNumbers(*gpu.renderNode, sys, out);
  if (!gpu.pciAddress.empty()) {
    addRenderNodes(sys / "bus/pci/devices" / gpu.pciAddress / "drm", out);
    addNvidia(gpu.pciAddress, proc, out);
  }
  return {out.begin(), out.end()};
}

}  // namespace lull::gpus
