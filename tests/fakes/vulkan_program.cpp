// SPDX-License-Identifier: Apache-2.0
#include "fakes/vulkan_program.h"

#include "fakes/child_exit.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>

namespace lull::fakes {

namespace {

using SteadyClock = std::chrono::steady_clock;

int leftMs(SteadyClock::time_point end) {
  const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(end - SteadyClock::now()).count();
  return static_cast<int>(std::max<long long>(0, left));
}

std::vector<char*> pointers(std::vector<std::string>& strings) {
  std::vector<char*> out;
  for (auto& s : strings) out.push_back(s.data());
  out.push_back(nullptr);
  return out;
}

int aside(int fd) { return ::fcntl(fd, F_DUPFD_CLOEXEC, 32); }

}  // namespace

VulkanProgram::VulkanProgram(std::vector<std::string> command, std::vector<std::string> environment,
                             ServicePage* page) {
  int in[2] = {-1, -1};
  int out[2] = {-1, -1};
  if (::pipe2(in, O_CLOEXEC) != 0 || ::pipe2(out, O_CLOEXEC) != 0) std::abort();
  m_in.reset(in[1]);
  m_out.reset(out[0]);
  const Fd theirIn(in[0]);
  const Fd theirOut(out[1]);
  const Fd pageFd(page != nullptr ? aside(page->fd()) : -1);
  const Fd eventFd(page != nullptr ? aside(page->eventFd()) : -1);
  posix_spawn_file_actions_t actions;
  ::posix_spawn_file_actions_init(&actions);
  ::posix_spawn_file_actions_adddup2(&actions, theirIn.get(), 0);
  ::posix_spawn_file_actions_adddup2(&actions, theirOut.get(), 1);
  if (page != nullptr) {
    ::posix_spawn_file_actions_adddup2(&actions, pageFd.get(), 4);
    ::posix_spawn_file_actions_adddup2(&actions, eventFd.get(), 5);
    environment.push_back(std::string(governor::kPageFdVariable) + "=4");
    environment.push_back(std::string(governor::kEventFdVariable) + "=5");
  }
  auto argv = pointers(command);
  auto envp = pointers(environment);
  if (::posix_spawn(&m_pid, argv[0], &actions, nullptr, argv.data(), envp.data()) != 0) m_pid = -1;
  ::posix_spawn_file_actions_destroy(&actions);
  if (m_pid >= 0) m_pidFd.reset(openPidFd(m_pid));
}

VulkanProgram::~VulkanProgram() {
  if (m_pid < 0) return;
  ::kill(m_pid, SIGKILL);
  if (!waitExit()) std::abort();
}

void VulkanProgram::send(const std::string& line) {
  const std::string bytes = line + "\n";
  [[maybe_unused]] const auto written = ::write(m_in.get(), bytes.data(), bytes.size());
}

std::optional<std::string> VulkanProgram::reply(std::chrono::milliseconds limit) {
  const auto end = SteadyClock::now() + limit;
  for (;;) {
    if (const auto at = m_buffer.find('\n'); at != std::string::npos) {
      std::string line = m_buffer.substr(0, at);
      m_buffer.erase(0, at + 1);
      return line;
    }
    pollfd out{.fd = m_out.get(), .events = POLLIN, .revents = 0};
    if (::poll(&out, 1, leftMs(end)) <= 0) return std::nullopt;
    char chunk[512];
    const ssize_t n = ::read(m_out.get(), chunk, sizeof chunk);
    if (n <= 0) return std::nullopt;
    m_buffer.append(chunk, static_cast<std::size_t>(n));
  }
}

std::string VulkanProgram::ask(const std::string& line) {
  send(line);
  return reply().value_or("");
}

std::optional<int> VulkanProgram::waitExit(std::chrono::milliseconds limit) {
  if (!hasEnded(m_pid, m_pidFd.get(), limit)) return std::nullopt;
  int status = 0;
  if (::waitpid(m_pid, &status, 0) != m_pid) return std::nullopt;
  m_pid = -1;
  return status;
}

}  // namespace lull::fakes
