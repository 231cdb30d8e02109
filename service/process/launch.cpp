// SPDX-License-Identifier: Apache-2.0
#include "process/launch.h"

#include <fcntl.h>
#include <sched.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <climits>
#include <csignal>

namespace lull::process {

namespace {

enum class Step { Parent, Signals, Group, Cores, Priority, Folder, Descriptors, Execute };

const char* nameOf(Step step) {
  switch (step) {
    case Step::Parent:
      return "prctl";
    case Step::Signals:
      return "sigprocmask";
    case Step::Group:
      return "joining the control group";
    case Step::Cores:
      return "sched_setaffinity";
    case Step::Priority:
      return "setpriority";
    case Step::Folder:
      return "chdir";
    case Step::Descriptors:
      return "dup";
    case Step::Execute:
      return "exec";
  }
  return "fork";
}

struct Trouble {
  Step step;
  int code;
};

// Everything the child needs, allocated before the fork.
struct Prepared {
  std::vector<char*> arguments;
  std::vector<char*> environment;
  std::vector<DescriptorMap> descriptors;
  const char* program = nullptr;
  const char* folder = nullptr;
  int nice = 0;
  int group = -1;
  bool fewerCores = false;
  cpu_set_t cores{};
  int firstFree = 3;  // above every number the child is to see
  int troublePipe = -1;
  pid_t parent = 0;
};

char* mutableText(const std::string& text) { return const_cast<char*>(text.c_str()); }

// The last ones: where processors differ, those are the frugal ones.
void chooseCores(Prepared& p, std::uint32_t count) {
  if (count == 0 || ::sched_getaffinity(0, sizeof p.cores, &p.cores) != 0) return;
  auto surplus = CPU_COUNT(&p.cores) - static_cast<int>(std::min<std::uint32_t>(count, CPU_SETSIZE));
  p.fewerCores = surplus > 0;
  for (std::size_t core = 0; core < CPU_SETSIZE && surplus > 0; ++core) {
    if (!CPU_ISSET(core, &p.cores)) continue;
    CPU_CLR(core, &p.cores);
    --surplus;
  }
}

Prepared prepare(const Launch& launch) {
  Prepared p;
  p.program = launch.program.c_str();
  p.folder = launch.folder.c_str();
  p.nice = launch.nice;
  p.group = launch.group;
  chooseCores(p, launch.cores);
  p.parent = ::getpid();
  p.arguments.push_back(mutableText(launch.program.native()));
  for (const auto& argument : launch.arguments) p.arguments.push_back(mutableText(argument));
  p.arguments.push_back(nullptr);
  for (const auto& variable : launch.environment) p.environment.push_back(mutableText(variable));
  p.environment.push_back(nullptr);
  p.descriptors = launch.descriptors;
  for (const auto& map : p.descriptors) p.firstFree = std::max(p.firstFree, map.theirs + 1);
  return p;
}

// From here to runChild: in the child, async-signal-safe calls only.

[[noreturn]] void giveUp(const Prepared& p, Step step) {
  const Trouble trouble{step, errno};
  static_cast<void>(!::write(p.troublePipe, &trouble, sizeof trouble));
  ::_exit(127);
}

// Ignored signals survive exec, and handlers must not run in the child.
void resetSignals(const Prepared& p) {
  struct sigaction action = {};
  action.sa_handler = SIG_DFL;
  for (int signal = 1; signal < NSIG; ++signal) ::sigaction(signal, &action, nullptr);
  sigset_t none;
  sigemptyset(&none);
  if (::sigprocmask(SIG_SETMASK, &none, nullptr) != 0) giveUp(p, Step::Signals);
}

void closeOthersOnExec() {
  if (::close_range(3, UINT_MAX, CLOSE_RANGE_CLOEXEC) == 0) return;
  rlimit limit{};  // kernels before 5.11 lack CLOSE_RANGE_CLOEXEC
  ::getrlimit(RLIMIT_NOFILE, &limit);
  const int end = static_cast<int>(std::min<rlim_t>(limit.rlim_cur, 65536));
  for (int fd = 3; fd < end; ++fd) ::fcntl(fd, F_SETFD, FD_CLOEXEC);
}

bool isNamed(const Prepared& p, int theirs) {
  for (const auto& map : p.descriptors) {
    if (map.theirs == theirs) return true;
  }
  return false;
}

// First everything moves out of the way of the numbers wanted, then into place.
void placeDescriptors(Prepared& p) {
  p.troublePipe = ::fcntl(p.troublePipe, F_DUPFD_CLOEXEC, p.firstFree);
  for (auto& map : p.descriptors) {
    map.ours = ::fcntl(map.ours, F_DUPFD_CLOEXEC, p.firstFree);
    if (map.ours < 0) giveUp(p, Step::Descriptors);
  }
  const int nothing = ::open("/dev/null", O_RDWR | O_CLOEXEC);
  if (nothing < 0) giveUp(p, Step::Descriptors);
  closeOthersOnExec();
  for (const int standard : {STDIN_FILENO, STDOUT_FILENO}) {
    if (!isNamed(p, standard) && ::dup2(nothing, standard) < 0) giveUp(p, Step::Descriptors);
  }
  for (const auto& map : p.descriptors) {
    if (::dup2(map.ours, map.theirs) < 0) giveUp(p, Step::Descriptors);
  }
}

[[noreturn]] void runChild(Prepared& p) {
  ::setpgid(0, 0);
  if (::prctl(PR_SET_PDEATHSIG, SIGKILL) != 0) giveUp(p, Step::Parent);
  if (::getppid() != p.parent) ::_exit(127);  // it ended before the line above
  resetSignals(p);
  if (p.group >= 0 && ::write(p.group, "0", 1) != 1) giveUp(p, Step::Group);
  if (p.fewerCores && ::sched_setaffinity(0, sizeof p.cores, &p.cores) != 0) giveUp(p, Step::Cores);
  if (p.nice != 0 && ::setpriority(PRIO_PROCESS, 0, ::getpriority(PRIO_PROCESS, 0) + p.nice) != 0) {
    giveUp(p, Step::Priority);
  }
  if (::chdir(p.folder) != 0) giveUp(p, Step::Folder);
  placeDescriptors(p);
  ::execve(p.program, p.arguments.data(), p.environment.data());
  giveUp(p, Step::Execute);
}

// No signal handler of the service may run in the child before its signals are reset.
class AllSignalsBlocked {
public:
  AllSignalsBlocked() {
    sigset_t all;
    sigfillset(&all);
    ::pthread_sigmask(SIG_SETMASK, &all, &m_before);
  }
  ~AllSignalsBlocked() { ::pthread_sigmask(SIG_SETMASK, &m_before, nullptr); }
  AllSignalsBlocked(const AllSignalsBlocked&) = delete;
  AllSignalsBlocked& operator=(const AllSignalsBlocked&) = delete;

private:
  sigset_t m_before{};
};

pid_t forkInto(Prepared& p) {
  const AllSignalsBlocked blocked;
  const pid_t pid = ::fork();
  if (pid == 0) runChild(p);
  return pid;
}

std::string subjectOf(Step step, const Launch& launch) {
  if (step == Step::Execute) return launch.program.native();
  return step == Step::Folder ? launch.folder.native() : std::string();
}

// End of stream: exec succeeded and closed the other end.
Outcome awaitExec(int fd, const Launch& launch) {
  Trouble trouble{};
  ssize_t n = 0;
  do {
    n = ::read(fd, &trouble, sizeof trouble);
  } while (n < 0 && errno == EINTR);
  if (n != static_cast<ssize_t>(sizeof trouble)) return {};
  return fromErrno(trouble.code, nameOf(trouble.step), subjectOf(trouble.step, launch));
}

}  // namespace

Result<Pipe> makePipe() {
  int ends[2] = {-1, -1};
  if (::pipe2(ends, O_CLOEXEC) != 0) return fromErrno("pipe");
  return Pipe{Fd(ends[0]), Fd(ends[1])};
}

Result<pid_t> forkAndExecute(const Launch& launch) {
  auto trouble = makePipe();
  if (!trouble) return trouble.error();
  Prepared prepared = prepare(launch);
  prepared.troublePipe = trouble->write.get();
  const pid_t pid = forkInto(prepared);
  if (pid < 0) return fromErrno("fork");
  trouble->write.reset();
  if (auto executed = awaitExec(trouble->read.get(), launch); !executed) {
    ::waitpid(pid, nullptr, 0);
    return executed.error();
  }
  return pid;
}

}  // namespace lull::process
