// SPDX-License-Identifier: Apache-2.0
// How lulld was started, with every default filled in.
#pragma once

#include "base/log.h"

#include <filesystem>
#include <optional>

namespace lull::app {

struct Options {
  bool user = false;                  // serve one user instead of the whole machine
  bool foreground = false;            // log to standard error too
  std::filesystem::path stateFolder;  // tasks, ledger, wishes
  std::filesystem::path socket;       // its folder also holds the governor pages
  std::filesystem::path settingsFile;
  std::optional<log::Level> logLevel;  // over the setting log.level
  // The doors: where the machine is looked at.
  std::filesystem::path input = "/dev/input";
  std::filesystem::path sys = "/sys";
  std::filesystem::path proc = "/proc";
  std::string systemBus;  // D-Bus address; empty: this computer's
  // Where this installation's other parts are.
  std::filesystem::path llamaRoot;  // a root with llama.cpp; empty: found, or installed
  std::filesystem::path programFolder;
  std::filesystem::path layerFolder;
};

struct ParsedOptions {
  std::optional<Options> options;  // none: the program is to end with exitCode
  int exitCode = 0;
};
// Prints help, the version or what is wrong with the command line.
[[nodiscard]] ParsedOptions parseOptions(int argc, char** argv);

}  // namespace lull::app
