// SPDX-License-Identifier: Apache-2.0
// The checks of `lull doctor`, each by itself. With a service its status is asked; without one the machine is looked at
// from here, by files and by the helper lull-gpus: this process never loads a GPU driver.
#pragma once

#include "base/result.h"
#include "cli/interrupt.h"
#include "lull/v1/envelope.pb.h"
#include "lull/v1/status.pb.h"

#include <filesystem>
#include <string>
#include <vector>

namespace lull::cli {

struct Check {
  enum class State { Ok, Note, Problem };  // Note: worth knowing, work goes on
  std::string name;
  State state = State::Ok;
  std::string text;
  std::string mend;  // what to do; empty: nothing
};

// Where this machine is looked at.
struct Doors {
  std::filesystem::path input = "/dev/input";
  std::filesystem::path sys = "/sys";
  std::vector<std::filesystem::path> drivers;  // folders of Vulkan driver manifests
  std::vector<std::filesystem::path> layers;   // folders of layer manifests, the first that has ours counts
  std::string loader = "libvulkan.so.1";
};
[[nodiscard]] Doors thisMachine();

// Of the service's answers.
[[nodiscard]] Check checkRight(v1::Right right);
[[nodiscard]] Check checkGpus(const v1::Status& status);
[[nodiscard]] Check checkPresence(const v1::Presence& presence);
[[nodiscard]] Check checkTemperatures(const v1::Status& status);
// What the governors of the service's workers told so far.
[[nodiscard]] Check checkGoverned(const v1::Status& status);
// What computes tasks with language models.
[[nodiscard]] Check checkRuntimes(const v1::RuntimeStore& store);

// Of this machine.
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
