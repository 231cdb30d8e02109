// SPDX-License-Identifier: Apache-2.0
// Starts a program in the foreground: it has this terminal, this process group and all that a program gets from a
// shell. It is asked to end (SIGTERM) when we are killed.
#pragma once

#include "base/file.h"

#include <sys/types.h>

#include <string>
#include <vector>

namespace lull::cli {

struct Foreground {
  std::vector<std::string> command;      // looked up in PATH as a shell does; not empty
  std::vector<std::string> environment;  // "NAME=value"
  std::vector<int> descriptors;          // stay open in it, under these numbers
};
struct Started {
  pid_t pid = -1;
  Fd pidFd;  // readable when it has ended
};
// Returns once the program runs. NotFound and Denied as the shell's 127 and 126.
[[nodiscard]] Result<Started> startInForeground(const Foreground& what);

}  // namespace lull::cli
