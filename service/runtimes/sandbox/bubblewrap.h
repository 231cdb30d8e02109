// SPDX-License-Identifier: Apache-2.0
// A Spec in bubblewrap's words (0.8 or newer).
#pragma once

#include "runtimes/sandbox/sandbox.h"
#include "runtimes/sandbox/system_root.h"

#include <optional>
#include <string>
#include <vector>

namespace lull::sandbox {

// Where it is installed; nullopt: nowhere.
[[nodiscard]] std::optional<std::filesystem::path> findBubblewrap();

// Numbers of descriptors that bubblewrap itself reads and writes; none of them stays open for the program.
struct Plumbing {
  int filterByName = -1;
  int filterByArguments = -1;
  int info = -1;
  int driverManifest = -1;  // -1: none
};

// Without the command. `driver`: files of this computer's for the Spec's devices, where the root has none.
[[nodiscard]] std::vector<std::string> bubblewrapOptions(const Spec& spec, const SystemRoot& driver,
                                                         const Plumbing& plumbing);

// Where lull-inside is, inside.
inline constexpr const char* kInsideProgram = "/lull/inside";

}  // namespace lull::sandbox
