// SPDX-License-Identifier: Apache-2.0
// lulld: compose, run.
#include "app/daemon.h"
#include "base/file.h"

#include <sys/prctl.h>
#include <sys/stat.h>

#include <csignal>
#include <cstdio>

int main(int argc, char** argv) {
  // Files of tasks and ledger are nobody else's; a client that hangs up is no reason to die.
  ::umask(0077);
  std::signal(SIGPIPE, SIG_IGN);
  ::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);

  const auto parsed = lull::app::parseOptions(argc, argv);
  if (!parsed.options) return parsed.exitCode;
  const auto& options = *parsed.options;
  if (auto made = lull::makePrivateFolder(options.stateFolder); !made) {
    std::fprintf(stderr, "lulld: %s\nName another folder with --state-dir, or use --user.\n",
                 made.error().text().c_str());
    return 1;
  }
  lull::log::setUp({.program = "lulld",
                    .level = options.logLevel.value_or(lull::log::Level::Info),
                    .toStandardError = options.foreground,
                    .file = options.stateFolder / "lulld.log"});
  auto daemon = lull::app::Daemon::create(options);
  if (!daemon) {
    lull::log::error("{}", daemon.error().text());
    if (!options.foreground) std::fprintf(stderr, "lulld: %s\n", daemon.error().text().c_str());
    return 1;
  }
  (*daemon)->run();
  return 0;
}
