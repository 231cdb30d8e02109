// SPDX-License-Identifier: Apache-2.0
#include "runtimes/llama/processor_time.h"

#include <time.h>

namespace lull::runtimes::llama {

std::chrono::nanoseconds processorTime(pid_t pid) {
  clockid_t clock = 0;
  timespec spent{};
  if (pid <= 0 || ::clock_getcpuclockid(pid, &clock) != 0 || ::clock_gettime(clock, &spent) != 0) return {};
  return std::chrono::seconds(spent.tv_sec) + std::chrono::nanoseconds(spent.tv_nsec);
}

}  // namespace lull::runtimes::llama
