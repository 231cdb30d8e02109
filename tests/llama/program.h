// SPDX-License-Identifier: Apache-2.0
// Programs of the Debian tree that tests/llama/root makes, under the governor or bare.
#pragma once

#include "base/file.h"
#include "fakes/service_page.h"

#include <sys/types.h>

#include <chrono>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

namespace lull::llama {

// LULL_LLAMA_ROOT, or where CTest has it made. Empty: there is none.
[[nodiscard]] std::filesystem::path rootFolder();

struct Launch {
  std::string program;
  std::vector<std::string> arguments;
  fakes::ServicePage* page = nullptr;    // nullptr: bare, the layer is not loaded at all
  std::vector<std::string> environment;  // "NAME=value", above those that each program gets
};

class Program {
public:
  explicit Program(const Launch& launch);
  ~Program();  // kills it
  Program(const Program&) = delete;
  Program& operator=(const Program&) = delete;

  [[nodiscard]] pid_t pid() const { return m_pid; }
  // The status of waitpid; nullopt when it still lives.
  [[nodiscard]] std::optional<int> waitExit(std::chrono::milliseconds limit);
  // What it has written so far.
  [[nodiscard]] std::string output() const;
  [[nodiscard]] std::string errors() const;
  // User and system time of all its threads: so far, and of all its life once it has ended.
  [[nodiscard]] double cpuSeconds() const;

private:
  Fd m_out;
  Fd m_errors;
  Fd m_pidFd;
  pid_t m_pid = -1;
  double m_cpuSeconds = 0;
};

}  // namespace lull::llama
