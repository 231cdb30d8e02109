// SPDX-License-Identifier: Apache-2.0
// The checks of `lull doctor` that look at this machine from here, by files and by helpers: this process never loads a
// GPU driver.
#pragma once

#include "cli/doctor.h"
#include "cli/interrupt.h"

#include <filesystem>
#include <string>
#include <vector>

namespace lull::cli {

// Where this machine is looked at.
struct Doors {
  std::filesystem::path input = "/dev/input";
  std::filesystem::path sys = "/sys";
  std::vector<std::filesystem::path> drivers;  // folders of Vulkan driver manifests
  std::vector<std::filesystem::path> layers;   // folders of layer manifests, the first that has ours counts
  std::string loader = "libvulkan.so.1";
};
[[nodiscard]] Doors thisMachine();

[[nodiscard]] Check checkLoader(const Doors& doors);
[[nodiscard]] Check checkDrivers(const Doors& doors);
[[nodiscard]] Check checkLayer(const Doors& doors);
// Runs lull-sandbox-check: tries the sandbox, as whoever asks; and how limits hold for the service on the socket.
[[nodiscard]] Check checkSandboxHere(const Interrupt& interrupt, const std::filesystem::path& socket);
[[nodiscard]] Check checkProgram(const std::string& program, const std::string& purpose);
[[nodiscard]] Check checkInputHere(const Doors& doors);
[[nodiscard]] Check checkSensorsHere(const Doors& doors);
// Runs lull-gpus, for at most 20 s: a driver that hangs or crashes does so there.
[[nodiscard]] Check checkGpusHere(const Interrupt& interrupt);

}  // namespace lull::cli
