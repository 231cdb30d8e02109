// SPDX-License-Identifier: Apache-2.0
// What of this computer's system, or of a runtime image, a program inside sees.
#pragma once

#include "runtimes/sandbox/sandbox.h"

#include <filesystem>
#include <string>
#include <vector>

namespace lull::sandbox {

struct Link {
  std::string target;
  std::filesystem::path at;
};

struct SystemRoot {
  std::vector<Bind> binds;  // all read-only
  std::vector<Link> links;
};

// `image` empty: programs, libraries, and what drivers and the loader are configured by; no home, no /etc as such.
// Otherwise the image's own, as it is when it has been unpacked, configured or not; links in it never lead out of it.
[[nodiscard]] SystemRoot systemRoot(const std::filesystem::path& image);

// The sysfs folders of the device nodes' own hardware, and how drivers find them from a node's numbers.
[[nodiscard]] SystemRoot hardwareOf(const std::vector<std::filesystem::path>& devices,
                                    const std::filesystem::path& sys = "/sys");

// What of /proc is told beside a program's own processes: all other files there are to be hidden.
struct HiddenProc {
  std::vector<std::filesystem::path> files;
  std::vector<std::filesystem::path> folders;
};
[[nodiscard]] HiddenProc hiddenProc(const std::filesystem::path& proc = "/proc");

}  // namespace lull::sandbox
