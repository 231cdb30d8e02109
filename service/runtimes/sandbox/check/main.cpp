// SPDX-License-Identifier: Apache-2.0
// lull-sandbox-check --fd NUMBER: tries the sandbox once, for `lull doctor`. Writes nothing when it works, or one
// sentence and what to do.
#include "runtimes/sandbox/trial.h"

#include <unistd.h>

#include <cstdlib>
#include <string_view>

using namespace lull;

int main(int argc, char** argv) {
  if (argc != 3 || std::string_view(argv[1]) != "--fd") return 2;
  const int answer = std::atoi(argv[2]);
  std::error_code code;
  const auto own = std::filesystem::read_symlink("/proc/self/exe", code).parent_path();
  if (code) return 2;
  asio::io_context loop;
  sandbox::Trial trial(loop, own);
  bool told = false;
  trial.begin([&](const std::string& refusal) {
    told = ::write(answer, refusal.data(), refusal.size()) == static_cast<ssize_t>(refusal.size());
  });
  loop.run();
  return told ? 0 : 1;
}
