// SPDX-License-Identifier: Apache-2.0
// What `lull` tells the shell, and how an error becomes it.
#pragma once

#include "base/result.h"

#include <string_view>

namespace lull::cli {

enum class Exit : int {
  Ok = 0,
  Failed = 1,       // the service, or the operating system, refused the request
  Usage = 2,        // the command line is wrong
  Unreachable = 3,  // nobody answers on the socket, or it fell silent
  Denied = 4,
  NotFound = 5,    // no such task, result, setting or file
  TaskFailed = 6,  // a task that was waited for did not end well
  SomeFailed = 7,  // a batch is done, and some of its requests were answered by an error
  Interrupted = 130,
};

// What a command ends with. An error is not printed yet; an Exit is: all that was to be said has been said.
using Answer = Result<Exit>;

[[nodiscard]] Exit exitFor(Error::Kind kind);
// The stable name in `--json` errors: "not_found".
[[nodiscard]] std::string_view nameOf(Error::Kind kind);

}  // namespace lull::cli
