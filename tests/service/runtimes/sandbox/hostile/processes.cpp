// SPDX-License-Identifier: Apache-2.0
// Other processes: seeing, signalling, reading them.
#include "attempts.h"

#include <dirent.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string>

namespace hostile {

namespace {

Got see(Words words) { return through(::access((std::string("/proc/") + words[0]).c_str(), F_OK)); }

Got signal(Words words) { return through(::kill(std::atoi(words[0]), 0)); }

// More processes than the number given.
Got count(Words words) {
  DIR* folder = ::opendir("/proc");
  if (folder == nullptr) return Got::Denied;
  int seen = 0;
  while (const dirent* entry = ::readdir(folder)) seen += entry->d_name[0] >= '0' && entry->d_name[0] <= '9' ? 1 : 0;
  return seen > std::atoi(words[0]) ? Got::Through : Got::Denied;
}

Got traceChild(Words) {
  const pid_t child = ::fork();
  if (child < 0) return Got::Unusable;
  if (child == 0) {
    for (;;) ::pause();
  }
  const Got got = through(::ptrace(PTRACE_ATTACH, child, nullptr, nullptr));
  const int code = errno;
  ::kill(child, SIGKILL);
  ::waitpid(child, nullptr, 0);
  errno = code;
  return got;
}

Got traceLeader(Words) { return through(::ptrace(PTRACE_SEIZE, 1, nullptr, nullptr)); }

Got readMemory(Words) {
  char from = 'x';
  char to = 0;
  const iovec local{&to, 1};
  const iovec remote{&from, 1};
  return through(::process_vm_readv(::getpid(), &local, 1, &remote, 1, 0));
}

Got takeDescriptor(Words) {
  const long self = ::syscall(SYS_pidfd_open, ::getpid(), 0);
  if (self < 0) return Got::Unusable;
  return through(::syscall(SYS_pidfd_getfd, self, 0, 0));
}

// The word, told backwards, in what the leader inside tells of itself.
Got leaderTells(Words words) {
  std::string word(words[0]);
  std::reverse(word.begin(), word.end());
  for (const char* name : {"/proc/1/cmdline", "/proc/1/environ", "/proc/1/maps"}) {
    const int file = ::open(name, O_RDONLY);
    if (file < 0) continue;
    std::string text(1U << 16U, '\0');
    const ssize_t n = ::read(file, text.data(), text.size());
    if (n > 0 && text.find(word) != std::string::npos) return Got::Through;
  }
  return Got::Denied;
}

Got rise(Words) {
  const sched_param none{};
  if (::setpriority(PRIO_PROCESS, 0, 0) == 0) return Got::Through;
  return ::sched_getscheduler(0) == SCHED_IDLE ? through(::sched_setscheduler(0, SCHED_OTHER, &none)) : Got::Denied;
}

Got beSpared(Words) {
  const int file = ::open("/proc/self/oom_score_adj", O_WRONLY);
  return through(file < 0 ? -1 : ::write(file, "-1000", 5));
}

constexpr Attempt kAttempts[] = {{"see", see},
                                 {"signal", signal},
                                 {"count", count},
                                 {"ptrace", traceChild},
                                 {"ptrace-leader", traceLeader},
                                 {"read-memory", readMemory},
                                 {"take-descriptor", takeDescriptor},
                                 {"leader-tells", leaderTells},
                                 {"rise", rise},
                                 {"spare", beSpared}};

}  // namespace

std::span<const Attempt> processAttempts() { return kAttempts; }

}  // namespace hostile
