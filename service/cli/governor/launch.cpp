// SPDX-License-Identifier: Apache-2.0
#include "cli/governor/launch.h"

#include "cli/interrupt.h"

#include <fcntl.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <csignal>

namespace lull::cli {

namespace {

std::vector<char*> pointersTo(const std::vector<std::string>& texts) {
  std::vector<char*> out;
  out.reserve(texts.size() + 1);
  for (const auto& text : texts) out.push_back(const_cast<char*>(text.c_str()));
  out.push_back(nullptr);
  return out;
}

// This process has one thread, so the child may do anything before exec.
[[noreturn]] void become(const Foreground& what, pid_t parent, int trouble) {
  ::prctl(PR_SET_PDEATHSIG, SIGTERM);
  if (::getppid() != parent) ::_exit(1);
  restoreSignals();
  for (const int fd : what.descriptors) ::fcntl(fd, F_SETFD, 0);
  const auto arguments = pointersTo(what.command);
  const auto environment = pointersTo(what.environment);
  ::execvpe(arguments[0], arguments.data(), environment.data());
  const int code = errno;
  [[maybe_unused]] const auto n = ::write(trouble, &code, sizeof code);
  ::_exit(127);
}

// errno of the exec that failed; 0: it runs.
int awaitExec(int fd) {
  int code = 0;
  ssize_t n = 0;
  do {
    n = ::read(fd, &code, sizeof code);
  } while (n < 0 && errno == EINTR);
  return n == static_cast<ssize_t>(sizeof code) ? code : 0;
}

Error notStarted(int code, const std::string& program) {
  if (code == ENOENT) return {Error::Kind::NotFound, "there is no program “" + program + "”"};
  if (code == EACCES) return {Error::Kind::Denied, "“" + program + "” may not be executed"};
  return {Error::Kind::Denied, fromErrno(code, "start", program).text()};
}

}  // namespace

Result<Started> startInForeground(const Foreground& what) {
  std::array<int, 2> ends{};
  if (::pipe2(ends.data(), O_CLOEXEC) != 0) return fromErrno("pipe");
  const Fd read(ends[0]);
  Fd write(ends[1]);
  const pid_t parent = ::getpid();
  const pid_t pid = ::fork();
  if (pid < 0) return fromErrno("fork");
  if (pid == 0) become(what, parent, write.get());
  write.reset();
  if (const int code = awaitExec(read.get()); code != 0) {
    ::waitpid(pid, nullptr, 0);
    return notStarted(code, what.command.front());
  }
  Started started{.pid = pid, .pidFd = Fd(static_cast<int>(::syscall(SYS_pidfd_open, pid, 0)))};
  if (started.pidFd) return started;
  const auto error = fromErrno("pidfd_open");
  ::kill(pid, SIGKILL);
  ::waitpid(pid, nullptr, 0);
  return error;
}

}  // namespace lull::cli
