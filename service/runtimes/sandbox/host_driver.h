// SPDX-License-Identifier: Apache-2.0
// Drivers that live on this computer and cannot be in an image: NVIDIA's, whose libraries are of the kernel module's
// very version, and what they need of X11's where the image has none. Libraries alone, no configuration.
#pragma once

#include "runtimes/sandbox/system_root.h"

#include <filesystem>
#include <string>
#include <vector>

namespace lull::sandbox {

struct HostDriver {
  SystemRoot files;
  std::string manifest;  // for kDriverManifest; empty: there is no such driver, or it is not needed
};

inline constexpr const char* kDriverFolder = "/lull/driver";
inline constexpr const char* kDriverManifest = "/lull/driver/icd.json";

// Found as the Vulkan loader finds it: by the manifests of this computer.
[[nodiscard]] HostDriver hostDriver(const std::vector<std::filesystem::path>& devices,
                                    const std::filesystem::path& image, const std::filesystem::path& root = "/");
// With what makes the loader and the dynamic linker find it inside.
[[nodiscard]] std::vector<std::string> withDriver(std::vector<std::string> environment);

}  // namespace lull::sandbox
