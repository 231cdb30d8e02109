// SPDX-License-Identifier: Apache-2.0
#include "app/options.h"

#include "base/version.h"
#include "wire/socket_path.h"

#include <CLI/CLI.hpp>

#include <cstdlib>

namespace lull::app {

namespace fs = std::filesystem;

namespace {

fs::path home(const char* variable, const char* below) {
  const char* told = std::getenv(variable);
  if (told != nullptr && *told != '\0') return fs::path(told) / "lull";
  const char* user = std::getenv("HOME");
  return fs::path(user != nullptr && *user != '\0' ? user : "/tmp") / below / "lull";
}

// Build tree: bin/ and lib/. Installed: libexec/lull and share/vulkan/explicit_layer.d.
void findInstallation(Options& options) {
  std::error_code code;
  const auto own = fs::read_symlink("/proc/self/exe", code).parent_path();
  const auto prefix = own.parent_path();
  options.programFolder = fs::exists(own / "lull-presence", code) ? own : prefix / "libexec/lull";
  const auto built = prefix / "lib";
  options.layerFolder =
      fs::exists(built / "VkLayer_lull_governor.json", code) ? built : prefix / "share/vulkan/explicit_layer.d";
}

void fillDefaults(Options& options) {
  if (options.stateFolder.empty()) {
    options.stateFolder = options.user ? home("XDG_STATE_HOME", ".local/state") : fs::path("/var/lib/lull");
  }
  if (options.socket.empty()) options.socket = options.user ? wire::userSocket() : fs::path(wire::kSystemSocket);
  if (options.settingsFile.empty()) options.settingsFile = options.stateFolder / "settings.json";
  // The service's helpers and workers run elsewhere: every path must hold there too.
  for (auto* path : {&options.stateFolder, &options.settingsFile, &options.input, &options.sys, &options.proc}) {
    *path = fs::absolute(*path);
  }
  if (!options.llamaRoot.empty()) options.llamaRoot = fs::canonical(options.llamaRoot);
}

}  // namespace

ParsedOptions parseOptions(int argc, char** argv) {
  Options options;
  std::string level;
  CLI::App app(
      "lulld lends this computer's GPU while nobody needs it.\n"
      "It stays in the foreground; SIGTERM ends it in order, SIGHUP makes it read its settings again.");
  app.set_version_flag("--version", std::string("lulld ") + kVersion);
  app.add_flag("--user", options.user, "Serve this user only, with state and socket in the user's folders");
  app.add_flag("--foreground", options.foreground, "Log to standard error, not only to the log file");
  app.add_option("--state-dir", options.stateFolder,
                 "Folder of tasks and ledger (/var/lib/lull, or ~/.local/state/lull)");
  app.add_option("--socket", options.socket, "Socket to listen on (/run/lull/lulld.sock, or in $XDG_RUNTIME_DIR/lull)");
  app.add_option("--config", options.settingsFile, "Settings file (settings.json in the state folder)");
  app.add_option("--log-level", level, "Log this much, whatever the setting log.level says")
      ->check(CLI::IsMember({"trace", "debug", "info", "warning", "error"}));
  app.add_option("--input-dir", options.input, "Where the input devices are")->group("Where the machine is looked at");
  app.add_option("--sys-dir", options.sys, "Where sysfs is")->group("Where the machine is looked at");
  app.add_option("--proc-dir", options.proc, "Where procfs is")->group("Where the machine is looked at");
  app.add_option("--system-bus", options.systemBus, "D-Bus address of the system's bus")
      ->group("Where the machine is looked at");
  app.add_option("--llama-root", options.llamaRoot, "A root with llama.cpp, rather than this computer's or an image")
      ->check(CLI::ExistingDirectory)
      ->group("Where other programs are");
  try {
    app.parse(argc, argv);
    findInstallation(options);
    fillDefaults(options);
  } catch (const CLI::ParseError& e) {
    return {.options = std::nullopt, .exitCode = app.exit(e) == 0 ? 0 : 2};
  } catch (const fs::filesystem_error& e) {
    std::fprintf(stderr, "lulld: %s\n", e.what());
    return {.options = std::nullopt, .exitCode = 2};
  }
  if (!level.empty()) options.logLevel = log::levelFrom(level);
  return {.options = std::move(options), .exitCode = 0};
}

}  // namespace lull::app
