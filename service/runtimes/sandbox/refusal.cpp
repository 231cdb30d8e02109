// SPDX-License-Identifier: Apache-2.0
#include "runtimes/sandbox/refusal.h"

#include "base/file.h"
#include "runtimes/sandbox/bubblewrap.h"

#include <algorithm>
#include <optional>

namespace lull::sandbox {

namespace fs = std::filesystem;

namespace {

constexpr const char* kBegin = "this computer cannot run tasks in a sandbox: ";

std::optional<std::string> valueOf(const fs::path& file) {
  auto text = readFile(file);
  if (!text) return std::nullopt;
  while (!text->empty() && text->back() == '\n') text->pop_back();
  return std::move(*text);
}

}  // namespace

std::string whyNoSandbox(const std::string& symptom, const fs::path& proc) {
  const auto sys = proc / "sys";
  if (!findBubblewrap()) {
    return std::string(kBegin) + "bubblewrap is not installed. sudo apt install bubblewrap";
  }
  if (valueOf(sys / "user/max_user_namespaces") == "0") {
    return std::string(kBegin) +
           "user namespaces are switched off (user.max_user_namespaces is 0). "
           "sudo sysctl user.max_user_namespaces=10000, and the same in a file in /etc/sysctl.d";
  }
  if (valueOf(sys / "kernel/unprivileged_userns_clone") == "0") {
    return std::string(kBegin) +
           "the kernel keeps user namespaces for root (kernel.unprivileged_userns_clone is 0). "
           "sudo sysctl kernel.unprivileged_userns_clone=1, and the same in a file in /etc/sysctl.d";
  }
  if (valueOf(sys / "kernel/apparmor_restrict_unprivileged_userns") == "1" && !symptom.empty()) {
    return std::string(kBegin) +
           "AppArmor keeps user namespaces from bubblewrap. Install the profile bwrap-userns-restrict of the package "
           "apparmor-profiles into /etc/apparmor.d and load it: sudo apparmor_parser -r "
           "/etc/apparmor.d/bwrap-userns-restrict";
  }
  return std::string(kBegin) + (symptom.empty() ? "the kernel refuses" : symptom);
}

}  // namespace lull::sandbox
