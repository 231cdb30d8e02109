// SPDX-License-Identifier: Apache-2.0
// lull-inside: the first program inside a sandbox. Takes the limits upon itself and becomes the program proper.
//   lull-inside REPORT_FD [LIMIT=VALUE…] -- PROGRAM [ARGUMENT…]
// It says '+' on the report descriptor when all holds, which closes as the program is executed; or else why not, as
// text. Links libc alone: it also runs inside roots that have none of our libraries.
#include <fcntl.h>
#include <sched.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <cstring>

namespace {

constexpr int kLowest = 19;       // what leads here keeps its priority: it must hear of an end at once
constexpr int kIoProcess = 1;     // IOPRIO_WHO_PROCESS
constexpr int kIoIdle = 3 << 13;  // IOPRIO_CLASS_IDLE; glibc has no names for them
constexpr int kSessionAttempts = 5;
constexpr int kSessionPauseUs = 60'000;
constexpr char kReady = '+';

int report = -1;

[[noreturn]] void giveUp(const char* what) {
  char text[512];
  const int n = std::snprintf(text, sizeof text, "%s: %s", what, std::strerror(errno));
  if (n > 0 && ::write(report, text, std::strlen(text)) < 0) ::_exit(126);
  ::_exit(127);
}

struct ResourceLimit {
  const char* name;
  int resource;
};
constexpr ResourceLimit kLimits[] = {{"processes", RLIMIT_NPROC}, {"file", RLIMIT_FSIZE}, {"core", RLIMIT_CORE}};

void limit(int resource, const char* value) {
  rlimit now{};
  if (::getrlimit(resource, &now) != 0) giveUp("getrlimit");
  const rlim_t wanted = std::strtoull(value, nullptr, 10);
  if (now.rlim_max != RLIM_INFINITY && now.rlim_max < wanted) return;  // a stricter one holds already
  const rlimit both{.rlim_cur = wanted, .rlim_max = wanted};
  if (::setrlimit(resource, &both) != 0) giveUp("setrlimit");
}

void takeIdlePriority() {
  const sched_param none{};
  if (::sched_setscheduler(0, SCHED_IDLE, &none) != 0) giveUp("sched_setscheduler");
}

// The kernel may weigh sessions, each as one, against each other ("autogroup"): what is idle within a new session would
// still get as much as all of the owner's. Others than the administrator set that ten times a second, all together.
void lowerSession() {
  const int file = ::open("/proc/self/autogroup", O_WRONLY | O_CLOEXEC);
  if (file < 0) return;
  for (int i = 0; i < kSessionAttempts; ++i) {
    if (::write(file, "19", 2) > 0 || errno != EAGAIN) break;
    ::usleep(kSessionPauseUs);
  }
  ::close(file);
}

// When memory runs out the kernel is to take this one, never a program of the owner's.
void offerToOom() {
  const int file = ::open("/proc/self/oom_score_adj", O_WRONLY | O_CLOEXEC);
  if (file < 0) return;
  static_cast<void>(!::write(file, "1000", 4));
  ::close(file);
}

void take(const char* word) {
  const char* value = std::strchr(word, '=');
  if (value == nullptr) {
    if (std::strcmp(word, "idle") == 0) takeIdlePriority();
    if (std::strcmp(word, "session") == 0) lowerSession();
    return;
  }
  for (const auto& known : kLimits) {
    const auto length = static_cast<std::size_t>(value - word);
    if (std::strlen(known.name) == length && std::strncmp(known.name, word, length) == 0) {
      limit(known.resource, value + 1);
    }
  }
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 4) return 2;
  report = std::atoi(argv[1]);
  if (::fcntl(report, F_SETFD, FD_CLOEXEC) != 0) return 2;
  int i = 2;
  for (; i < argc && std::strcmp(argv[i], "--") != 0; ++i) take(argv[i]);
  if (i + 1 >= argc) return 2;
  ::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
  if (::setpriority(PRIO_PROCESS, 0, kLowest) != 0) giveUp("setpriority");
  ::syscall(SYS_ioprio_set, kIoProcess, 0, kIoIdle);
  offerToOom();
  std::signal(SIGXFSZ, SIG_IGN);  // a file at its limit is an error that the program can tell, not its end
  if (::write(report, &kReady, 1) != 1) return 2;
  ::execv(argv[i + 1], argv + i + 1);
  giveUp(argv[i + 1]);
}
