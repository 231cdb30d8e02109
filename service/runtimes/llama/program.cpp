// SPDX-License-Identifier: Apache-2.0
#include "runtimes/llama/program.h"

#include "base/file.h"
#include "base/utf8.h"
#include "governor/page.h"
#include "process/launch.h"
#include "runtimes/llama/own_page.h"

#include <fcntl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <chrono>
#include <csignal>
#include <cstdlib>
#include <cstring>
#include <thread>

namespace lull::runtimes::llama {

namespace {

// A program that aborts says more after the cause: where it was.
constexpr std::size_t kWhereLossIsTold = std::size_t{64} * 1024;

constexpr auto kLook = std::chrono::milliseconds(50);  // at a program that is about to end
constexpr auto kSoon = std::chrono::seconds(5);

// Descriptors that the governor's layer in the program finds by number.
void passOn(const char* variable, std::vector<process::DescriptorMap>& descriptors) {
  const char* text = std::getenv(variable);
  int fd = -1;
  if (text != nullptr) std::from_chars(text, text + std::strlen(text), fd);
  if (fd >= 0) descriptors.push_back({fd, fd});
}

std::vector<std::string> ownEnvironment() {
  std::vector<std::string> out;
  for (char** entry = ::environ; *entry != nullptr; ++entry) {
    if (!std::string_view(*entry).starts_with("LULL_WORKER_FD=")) out.emplace_back(*entry);
  }
  return out;
}

// As a shell finds it.
std::filesystem::path inPath(const std::string& name) {
  if (name.find('/') != std::string::npos) return name;
  const char* path = std::getenv("PATH");
  std::string_view rest = path != nullptr ? path : "/usr/local/bin:/usr/bin:/bin";
  while (!rest.empty()) {
    const auto end = std::min(rest.find(':'), rest.size());
    auto candidate = std::filesystem::path(rest.substr(0, end)) / name;
    if (::access(candidate.c_str(), X_OK) == 0) return candidate;
    rest.remove_prefix(std::min(end + 1, rest.size()));
  }
  return name;
}

Ended endedBy(int status, Killed killed) {
  if (!WIFSIGNALED(status)) return {.code = WEXITSTATUS(status)};
  return {.signal = WTERMSIG(status), .killed = WTERMSIG(status) == SIGKILL ? killed : Killed::No};
}

worker::Failure notStarted(const Error& error) {
  return worker::failure(worker::Failure::KIND_STORAGE,
                         "llama.cpp could not be started on this computer. Install it: lull runtime install llama",
                         error.text());
}

}  // namespace

worker::Attempt<Program> Program::start(const worker::v1::Llama& where, const std::string& name,
                                        std::vector<std::string> arguments, const std::filesystem::path& log) {
  const Fd out(::open(log.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600));
  if (!out) return worker::fromStorage(fromErrno("create", log.native()));
  std::vector<std::string> words{where.start().begin(), where.start().end()};
  words.push_back(name);
  words.insert(words.end(), arguments.begin(), arguments.end());
  process::Launch launch{.program = inPath(words.front()),
                         .arguments = {words.begin() + 1, words.end()},
                         .environment = ownEnvironment(),
                         .descriptors = {{out.get(), 1}, {out.get(), 2}}};
  passOn(governor::kPageFdVariable, launch.descriptors);
  passOn(governor::kEventFdVariable, launch.descriptors);
  auto pid = process::forkAndExecute(launch);
  if (!pid) return notStarted(pid.error());
  return Program(*pid);
}

Program::Program(Program&& other) noexcept
    : m_pid(std::exchange(other.m_pid, -1)), m_killed(other.m_killed), m_ended(other.m_ended) {}

Program::~Program() {
  if (m_pid < 0) return;
  kill(Killed::Lingered);
  static_cast<void>(waitEnd());
}

std::optional<Ended> Program::ended() {
  const std::lock_guard lock(m_mutex);
  int status = 0;
  if (!m_ended && ::waitpid(m_pid, &status, WNOHANG) == m_pid) m_ended = endedBy(status, m_killed);
  return m_ended;
}

// Its number stays its own until ended() has taken its end, so that kill() meets no other.
Ended Program::waitEnd() {
  if (const auto end = ended()) return *end;
  siginfo_t info{};
  while (::waitid(P_PID, static_cast<id_t>(m_pid), &info, WEXITED | WNOWAIT) != 0 && errno == EINTR) {
  }
  return ended().value_or(Ended{.code = -1});
}

Ended Program::endSoon() {
  const OwnPage page;
  for (std::chrono::milliseconds waited{0}; waited < kSoon && !ended();) {
    std::this_thread::sleep_for(kLook);
    if (page.isOpen()) waited += kLook;
  }
  kill(Killed::Lingered);
  return waitEnd();
}

// A stopped process must be able to go too; the group holds whatever it started itself.
void Program::kill(Killed why) {
  const std::lock_guard lock(m_mutex);
  if (m_ended) return;
  if (m_killed == Killed::No) m_killed = why;
  ::kill(-m_pid, SIGKILL);
}

namespace {

std::string lastLines(const std::filesystem::path& log, std::size_t most) {
  const Fd fd(::open(log.c_str(), O_RDONLY | O_CLOEXEC));
  const off_t size = fd ? ::lseek(fd.get(), 0, SEEK_END) : 0;
  const off_t from = std::max<off_t>(0, size - static_cast<off_t>(most));
  std::string text(most, '\0');
  const ssize_t n = size > 0 ? ::pread(fd.get(), text.data(), most, from) : 0;
  text.resize(static_cast<std::size_t>(std::max<ssize_t>(n, 0)));
  if (text.size() == most) text.erase(0, text.find('\n') + 1);  // a line without its beginning tells little
  return text;
}

}  // namespace

std::string lastWords(const std::filesystem::path& log, std::size_t most) {
  auto text = lastLines(log, most);
  std::ranges::replace(text, '\n', ' ');
  return validUtf8(text);
}

std::optional<worker::Failure> lossToldIn(const std::filesystem::path& log, const Ended& ended) {
  auto loss = lossOf(ended, lastLines(log, kWhereLossIsTold));
  if (loss) loss->set_technical(loss->technical() + ": " + lastWords(log));
  return loss;
}

}  // namespace lull::runtimes::llama
