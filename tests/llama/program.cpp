// SPDX-License-Identifier: Apache-2.0
#include "llama/program.h"

#include "fakes/child_exit.h"
#include "governor/page.h"

#include <signal.h>
#include <spawn.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdlib>
#include <ctime>

namespace lull::llama {

namespace fs = std::filesystem;

namespace {

fs::path buildFolder() {
  const char* folder = std::getenv("LULL_BUILD_DIR");
  return folder != nullptr ? folder : fs::current_path();
}

std::string shaderCache() {
  const char* folder = std::getenv("MESA_SHADER_CACHE_DIR");
  return folder != nullptr ? folder : (buildFolder() / "tests/shader-cache").string();
}

// The software driver only, no layer but ours, and ggml's ways that are fast on a processor.
std::vector<std::string> environmentFor(const Launch& launch) {
  std::vector<std::string> out{
      "VK_DRIVER_FILES=" + (rootFolder() / "usr/share/vulkan/icd.d/lull_software.json").string(),
      "VK_LOADER_LAYERS_DISABLE=~implicit~",
      "VK_LAYER_PATH=" + (buildFolder() / "lib").string(),
      "MESA_SHADER_CACHE_DIR=" + shaderCache(),
      "LP_NUM_THREADS=2",
      "GGML_VK_VISIBLE_DEVICES=0",
      "GGML_VK_DISABLE_COOPMAT=1",
      "GGML_VK_DISABLE_F16=1",
      "GGML_NO_BACKTRACE=1",  // it would call a debugger
      "LD_PRELOAD=" + (buildFolder() / "lib/lull_llama_whole_log.so").string(),
      "HOME=/nonexistent",
      "LC_ALL=C.UTF-8",
      "PATH=/usr/bin:/bin"};
  if (launch.page != nullptr) {
    out.push_back(std::string("VK_INSTANCE_LAYERS=") + governor::kLayerName);
    for (const auto& [name, value] : launch.page->environment()) out.push_back(name + "=" + value);
  }
  for (const auto& entry : launch.environment) {
    const auto name = entry.substr(0, entry.find('=') + 1);
    std::erase_if(out, [&](const std::string& old) { return old.starts_with(name); });
    out.push_back(entry);
  }
  return out;
}

std::vector<char*> pointers(std::vector<std::string>& strings) {
  std::vector<char*> out;
  for (auto& s : strings) out.push_back(s.data());
  out.push_back(nullptr);
  return out;
}

std::string contents(int file) {
  std::string bytes;
  char part[4096];
  for (ssize_t n = 0; (n = ::pread(file, part, sizeof part, static_cast<off_t>(bytes.size()))) > 0;) {
    bytes.append(part, static_cast<std::size_t>(n));
  }
  return bytes;
}

double seconds(const timeval& time) {
  return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_usec) / 1e6;
}

}  // namespace

fs::path rootFolder() {
  const char* given = std::getenv("LULL_LLAMA_ROOT");
  const fs::path folder = given != nullptr ? fs::path(given) : buildFolder().parent_path() / "llama-root";
  std::error_code code;
  return fs::exists(folder / "stamp", code) ? folder : fs::path();
}

Program::Program(const Launch& launch)
    : m_out(::memfd_create("out", MFD_CLOEXEC)), m_errors(::memfd_create("errors", MFD_CLOEXEC)) {
  std::vector<std::string> command{(rootFolder() / "start").string(), launch.program};
  command.insert(command.end(), launch.arguments.begin(), launch.arguments.end());
  auto environment = environmentFor(launch);
  auto argv = pointers(command);
  auto envp = pointers(environment);
  posix_spawn_file_actions_t actions;
  ::posix_spawn_file_actions_init(&actions);
  ::posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", 0, 0);
  ::posix_spawn_file_actions_adddup2(&actions, m_out.get(), 1);
  ::posix_spawn_file_actions_adddup2(&actions, m_errors.get(), 2);
  if (::posix_spawn(&m_pid, argv[0], &actions, nullptr, argv.data(), envp.data()) != 0) m_pid = -1;
  ::posix_spawn_file_actions_destroy(&actions);
  if (m_pid >= 0) m_pidFd.reset(fakes::openPidFd(m_pid));
}

Program::~Program() {
  if (m_pid < 0) return;
  ::kill(m_pid, SIGKILL);
  ::waitpid(m_pid, nullptr, 0);
}

std::optional<int> Program::waitExit(std::chrono::milliseconds limit) {
  if (!fakes::hasEnded(m_pid, m_pidFd.get(), limit)) return std::nullopt;
  int status = 0;
  rusage usage{};
  if (::wait4(m_pid, &status, 0, &usage) != m_pid) return std::nullopt;
  m_pid = -1;
  m_cpuSeconds = seconds(usage.ru_utime) + seconds(usage.ru_stime);
  return status;
}

std::string Program::output() const { return contents(m_out.get()); }
std::string Program::errors() const { return contents(m_errors.get()); }

double Program::cpuSeconds() const {
  clockid_t clock = 0;
  timespec time{};
  if (m_pid < 0 || ::clock_getcpuclockid(m_pid, &clock) != 0 || ::clock_gettime(clock, &time) != 0) return m_cpuSeconds;
  return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_nsec) / 1e9;
}

}  // namespace lull::llama
