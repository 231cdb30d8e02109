// SPDX-License-Identifier: Apache-2.0
#include "fakes/child_exit.h"

#include <poll.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <thread>

namespace lull::fakes {

int openPidFd(pid_t pid) { return static_cast<int>(::syscall(SYS_pidfd_open, pid, 0)); }

bool hasEnded(pid_t pid, int pidFd, std::chrono::milliseconds limit) {
  if (pid < 0) return false;
  if (pidFd >= 0) {
    pollfd ended{.fd = pidFd, .events = POLLIN, .revents = 0};
    return ::poll(&ended, 1, static_cast<int>(limit.count())) > 0;
  }
  const auto end = std::chrono::steady_clock::now() + limit;
  for (;;) {
    siginfo_t info{};
    const bool known = ::waitid(P_PID, static_cast<id_t>(pid), &info, WEXITED | WNOWAIT | WNOHANG) == 0;
    if (known && info.si_pid == pid) return true;
    if (!known || std::chrono::steady_clock::now() >= end) return false;
    std::this_thread::sleep_for(std::chrono::milliseconds(2));
  }
}

}  // namespace lull::fakes
