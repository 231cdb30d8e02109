// SPDX-License-Identifier: Apache-2.0
#include "cli/helper.h"

#include "base/file.h"

#include <fcntl.h>
#include <fmt/core.h>
#include <poll.h>
#include <spawn.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <cstring>

extern char** environ;

namespace lull::cli {

namespace {

Instant now() { return SystemClock().now().instant; }

constexpr int kAnswerFd = 3;
constexpr std::size_t kComplaintBytes = 4096;

struct Helper {
  pid_t pid = -1;
  Fd output;
  Fd complaint;  // its standard error
};

Result<Helper> start(const std::filesystem::path& program) {
  std::array<int, 2> ends{};
  if (::pipe2(ends.data(), O_CLOEXEC) != 0) return fromErrno("pipe");
  Helper helper{.output = Fd(ends[0]), .complaint = Fd(::memfd_create("complaint", MFD_CLOEXEC))};
  const Fd input(ends[1]);
  if (!helper.complaint) return fromErrno("memfd_create");
  posix_spawn_file_actions_t actions;
  ::posix_spawn_file_actions_init(&actions);
  ::posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
  ::posix_spawn_file_actions_addopen(&actions, STDOUT_FILENO, "/dev/null", O_WRONLY, 0);
  ::posix_spawn_file_actions_adddup2(&actions, helper.complaint.get(), STDERR_FILENO);
  ::posix_spawn_file_actions_adddup2(&actions, input.get(), kAnswerFd);
  std::array<std::string, 3> words{program.native(), "--fd", std::to_string(kAnswerFd)};
  std::array<char*, 4> arguments{words[0].data(), words[1].data(), words[2].data(), nullptr};
  const int code = ::posix_spawn(&helper.pid, program.c_str(), &actions, nullptr, arguments.data(), environ);
  ::posix_spawn_file_actions_destroy(&actions);
  if (code != 0) return fromErrno(code, "start", program.native());
  return helper;
}

Error tooLong(const std::filesystem::path& program, const HelperLimits& limits) {
  return {Error::Kind::Unavailable, fmt::format("{} has not ended after {} s; the GPU driver hangs",
                                                program.filename().native(), limits.time.count() / 1000)};
}

// The last line it wrote to standard error.
std::string lastWords(const Helper& helper) {
  std::array<char, kComplaintBytes> bytes{};
  const off_t size = ::lseek(helper.complaint.get(), 0, SEEK_END);
  const off_t from = std::max<off_t>(size - static_cast<off_t>(bytes.size()), 0);
  const ssize_t n = ::pread(helper.complaint.get(), bytes.data(), bytes.size(), from);
  std::string_view text(bytes.data(), static_cast<std::size_t>(std::max<ssize_t>(n, 0)));
  while (text.ends_with('\n')) text.remove_suffix(1);
  const auto line = text.rfind('\n');
  return std::string(line == std::string_view::npos ? text : text.substr(line + 1));
}

// Until the end of its answer.
Result<std::string> readAll(const Helper& helper, const std::filesystem::path& program, const Interrupt& interrupt,
                            const HelperLimits& limits) {
  const Instant deadline = now() + limits.time;
  std::string bytes;
  std::array<char, 16384> chunk{};
  while (bytes.size() <= limits.bytes) {
    const auto left = std::chrono::ceil<Milliseconds>(deadline - now()).count();
    if (left <= 0) return tooLong(program, limits);
    std::array<pollfd, 2> fds{pollfd{helper.output.get(), POLLIN, 0}, pollfd{interrupt.fd(), POLLIN, 0}};
    const int ready = ::poll(fds.data(), fds.size(), static_cast<int>(left));
    if (fds[1].revents != 0 || interrupt.pending()) return Error(Error::Kind::Unavailable, "interrupted");
    if (ready <= 0) continue;
    const ssize_t n = ::read(helper.output.get(), chunk.data(), chunk.size());
    if (n == 0) return bytes;
    if (n > 0) bytes.append(chunk.data(), static_cast<std::size_t>(n));
  }
  return Error(Error::Kind::TooBig, program.filename().native() + " says too much");
}

}  // namespace

Result<std::string> runHelper(const std::filesystem::path& program, const Interrupt& interrupt,
                              const HelperLimits& limits) {
  const auto helper = start(program);
  if (!helper) return helper.error();
  auto output = readAll(*helper, program, interrupt, limits);
  if (!output) ::kill(helper->pid, SIGKILL);
  int status = 0;
  while (::waitpid(helper->pid, &status, 0) < 0 && errno == EINTR) {
  }
  if (!output || (WIFEXITED(status) && WEXITSTATUS(status) == 0)) return output;
  const auto name = program.filename().native();
  if (WIFSIGNALED(status)) {
    return Error(Error::Kind::Unavailable,
                 fmt::format("{} crashed ({}); the GPU driver is broken", name, ::strsignal(WTERMSIG(status))));
  }
  const auto words = lastWords(*helper);
  return Error(Error::Kind::Unavailable,
               words.empty() ? fmt::format("{} ended with code {}", name, WEXITSTATUS(status)) : words);
}

}  // namespace lull::cli
