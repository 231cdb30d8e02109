// SPDX-License-Identifier: Apache-2.0
#include "wire/socket_path.h"

#include <unistd.h>

#include <cstdlib>
#include <string>
#include <system_error>

namespace lull::wire {

std::filesystem::path userSocket() {
  const char* runtime = std::getenv("XDG_RUNTIME_DIR");
  if (runtime != nullptr && *runtime != '\0') return std::filesystem::path(runtime) / "lull" / "lulld.sock";
  return std::filesystem::path("/tmp") / ("lull-" + std::to_string(::getuid())) / "lulld.sock";
}

std::filesystem::path defaultSocket() {
  const char* told = std::getenv(kSocketVariable);
  if (told != nullptr && *told != '\0') return told;
  std::error_code ignored;
  auto user = userSocket();
  return std::filesystem::exists(user, ignored) ? user : std::filesystem::path(kSystemSocket);
}

}  // namespace lull::wire
