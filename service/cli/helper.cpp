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

std::vector<char*> pointersTo(std::vector<std::string>& words) {
  std::vector<char*> out;
  out.reserve(words.size() + 1);
  for (auto& word : words) out.push_back(word.data());
  out.push_back(nullptr);
  return out;
}

int spawn(Helper& helper, int input, const HelperLaunch& launch) {
  posix_spawn_file_actions_t actions;
  ::posix_spawn_file_actions_init(&actions);
  ::posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
  ::posix_spawn_file_actions_addopen(&actions, STDOUT_FILENO, "/dev/null", O_WRONLY, 0);
  ::posix_spawn_file_actions_adddup2(&actions, helper.complaint.get(), STDERR_FILENO);
  ::posix_spawn_file_actions_adddup2(&actions, input, kAnswerFd);
  for (const int fd : launch.descriptors) ::posix_spawn_file_actions_adddup2(&actions, fd, fd);
  std::vector<std::string> words{launch.program.native(), "--fd", std::to_string(kAnswerFd)};
  words.insert(words.end(), launch.arguments.begin(), launch.arguments.end());
  auto variables = launch.environment.value_or(std::vector<std::string>{});
  const auto arguments = pointersTo(words);
  const auto environment = pointersTo(variables);
  const int code = ::posix_spawn(&helper.pid, launch.program.c_str(), &actions, nullptr, arguments.data(),
                                 launch.environment ? environment.data() : environ);
  ::posix_spawn_file_actions_destroy(&actions);
  return code;
}

Result<Helper> start(const HelperLaunch& launch) {
  std::array<int, 2> ends{};
  if (::pipe2(ends.data(), O_CLOEXEC) != 0) return fromErrno("pipe");
  Helper helper{.output = Fd(ends[0]), .complaint = Fd(::memfd_create("complaint", MFD_CLOEXEC))};
  const Fd input(ends[1]);
  if (!helper.complaint) return fromErrno("memfd_create");
  const int code = spawn(helper, input.get(), launch);
  if (code != 0) return fromErrno(code, "start", launch.program.native());
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
Outcome readAll(const Helper& helper, const std::filesystem::path& program, const Interrupt& interrupt,
                const HelperLimits& limits, std::string& bytes) {
  const Instant deadline = now() + limits.time;
  std::array<char, 16384> chunk{};
  while (bytes.size() <= limits.bytes) {
    const auto left = std::chrono::ceil<Milliseconds>(deadline - now()).count();
    if (left <= 0) return tooLong(program, limits);
    std::array<pollfd, 2> fds{pollfd{helper.output.get(), POLLIN, 0}, pollfd{interrupt.fd(), POLLIN, 0}};
    const int ready = ::poll(fds.data(), fds.size(), static_cast<int>(left));
    if (fds[1].revents != 0 || interrupt.pending()) return Error(Error::Kind::Unavailable, "interrupted");
    if (ready <= 0) continue;
    const ssize_t n = ::read(helper.output.get(), chunk.data(), chunk.size());
    if (n == 0) return {};
    if (n > 0) bytes.append(chunk.data(), static_cast<std::size_t>(n));
  }
  return Error(Error::Kind::TooBig, program.filename().native() + " says too much");
}

}  // namespace

HelperRun runHelper(const HelperLaunch& launch, const Interrupt& interrupt, const HelperLimits& limits) {
  HelperRun run;
  const auto helper = start(launch);
  if (!helper) {
    run.end = helper.error();
    return run;
  }
  run.end = readAll(*helper, launch.program, interrupt, limits, run.output);
  if (!run.end) ::kill(helper->pid, SIGKILL);
  int status = 0;
  while (::waitpid(helper->pid, &status, 0) < 0 && errno == EINTR) {
  }
  if (!run.end || (WIFEXITED(status) && WEXITSTATUS(status) == 0)) return run;
  const auto name = launch.program.filename().native();
  if (WIFSIGNALED(status)) {
    run.end = Error(Error::Kind::Unavailable,
                    fmt::format("{} crashed ({}); the GPU driver is broken", name, ::strsignal(WTERMSIG(status))));
    return run;
  }
  const auto words = lastWords(*helper);
  run.end = Error(Error::Kind::Unavailable,
                  words.empty() ? fmt::format("{} ended with code {}", name, WEXITSTATUS(status)) : words);
  return run;
}

Result<std::string> runHelper(const std::filesystem::path& program, const Interrupt& interrupt,
                              const HelperLimits& limits) {
  auto run = runHelper(HelperLaunch{.program = program, .arguments = {}, .environment = {}, .descriptors = {}},
                       interrupt, limits);
  if (!run.end) return run.end.error();
  return std::move(run.output);
}

}  // namespace lull::cli
