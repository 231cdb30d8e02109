// SPDX-License-Identifier: Apache-2.0
#include "process/child.h"

#include "process/launch.h"

#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <asio/posix/stream_descriptor.hpp>

#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <cstring>
#include <utility>

namespace lull::process {

namespace {

std::uint64_t nanoseconds(const timeval& span) {
  return static_cast<std::uint64_t>(span.tv_sec) * 1'000'000'000 + static_cast<std::uint64_t>(span.tv_usec) * 1000;
}

}  // namespace

struct Child::State {
  State(asio::io_context& loop, pid_t child, std::function<void(const Exit&)> callback)
      : pid(child), ended(loop), onExit(std::move(callback)) {}

  pid_t pid;
  bool running = true;
  asio::posix::stream_descriptor ended;  // a pidfd: readable once the child is a zombie
  std::function<void(const Exit&)> onExit;

  // The group's number stays taken until its leader is reaped, so nobody else can be hit.
  void killGroup() const {
    if (running) ::kill(-pid, SIGKILL);
  }
  [[nodiscard]] Exit reap() {
    killGroup();
    int status = 0;
    rusage used{};
    while (::wait4(pid, &status, 0, &used) < 0 && errno == EINTR) {
    }
    running = false;
    const auto cpuNs = nanoseconds(used.ru_utime) + nanoseconds(used.ru_stime);
    if (WIFSIGNALED(status)) return {.code = 0, .signal = WTERMSIG(status), .cpuNs = cpuNs};
    return {.code = WEXITSTATUS(status), .signal = 0, .cpuNs = cpuNs};
  }
  // Keeps itself alive until the child is reaped, also when its Child is gone.
  static void watch(const std::shared_ptr<State>& self) {
    self->ended.async_wait(asio::posix::stream_descriptor::wait_read, [self](const std::error_code& error) {
      if (error || !self->running) return;
      const Exit exit = self->reap();
      if (const auto callback = std::exchange(self->onExit, nullptr)) callback(exit);
    });
  }
};

namespace {

Error killed(pid_t pid, Error error) {
  ::kill(-pid, SIGKILL);
  ::waitpid(pid, nullptr, 0);
  return error;
}

}  // namespace

Result<Child> Child::start(asio::io_context& loop, const Launch& launch, std::function<void(const Exit&)> onExit) {
  auto pid = forkAndExecute(launch);
  if (!pid) return pid.error().during("starting " + launch.program.native());
  Fd pidfd(static_cast<int>(::syscall(SYS_pidfd_open, *pid, 0)));
  if (!pidfd) return killed(*pid, fromErrno("pidfd_open"));
  try {
    auto state = std::make_shared<State>(loop, *pid, std::move(onExit));
    state->ended.assign(pidfd.get());
    static_cast<void>(pidfd.release());
    State::watch(state);
    return Child(std::move(state));
  } catch (const std::exception& e) {
    return killed(*pid, {Error::Kind::Io, std::string("watching a child: ") + e.what()});
  }
}

Child& Child::operator=(Child&& other) noexcept {
  if (this == &other) return *this;
  Child old(std::move(m_state));
  m_state = std::move(other.m_state);
  return *this;
}

Child::~Child() {
  if (!m_state) return;
  m_state->killGroup();
  m_state->onExit = nullptr;
}

pid_t Child::pid() const { return m_state->pid; }
bool Child::running() const { return m_state && m_state->running; }
void Child::terminate() {
  if (running()) ::kill(m_state->pid, SIGTERM);
}
void Child::kill() { m_state->killGroup(); }

std::string describe(const Exit& exit) {
  if (exit.signal == 0) return "ended with code " + std::to_string(exit.code);
  const char* name = sigdescr_np(exit.signal);
  return "was ended by signal " + std::to_string(exit.signal) + " (" + (name != nullptr ? name : "unknown") + ")";
}

std::vector<std::string> fromEnvironment(std::initializer_list<std::string_view> names) {
  std::vector<std::string> found;
  for (const auto name : names) {
    const char* value = std::getenv(std::string(name).c_str());
    if (value != nullptr) found.push_back(std::string(name) + "=" + value);
  }
  return found;
}

}  // namespace lull::process
