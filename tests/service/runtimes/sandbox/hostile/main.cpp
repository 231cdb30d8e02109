// SPDX-License-Identifier: Apache-2.0
// lull-hostile VERB [WORD…]: tries one thing. Ends with 0 when it got through, 1 when it was denied (and says how), 2
// when it could not be tried.
#include "attempts.h"

#include <cstdio>
#include <cstring>

int main(int argc, char** argv) {
  using namespace hostile;
  if (argc < 2) return 2;
  for (const auto room : {fileAttempts, networkAttempts, processAttempts, kernelAttempts, greedAttempts}) {
    for (const auto& attempt : room()) {
      if (std::strcmp(attempt.verb, argv[1]) != 0) continue;
      errno = 0;
      const Got got = attempt.attempt({argv + 2, static_cast<std::size_t>(argc - 2)});
      const int code = errno;
      const char* word = got == Got::Through ? "through" : got == Got::Denied ? "denied" : "unusable";
      std::printf("%s: %s (%s)\n", argv[1], word, code == 0 ? "-" : strerrorname_np(code));
      std::fflush(stdout);
      return static_cast<int>(got);
    }
  }
  return 2;
}
