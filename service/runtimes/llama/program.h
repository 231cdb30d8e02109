// SPDX-License-Identifier: Apache-2.0
// A program of llama.cpp that this worker started. It gets this process's environment and the governor's descriptors,
// and ends with it. What it writes goes to a log in the task's work folder.
#pragma once

#include "base/result.h"
#include "worker.pb.h"

#include <sys/types.h>

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

namespace lull::runtimes::llama {

// How a program ended: 0 by itself and well.
struct Ended {
  int code = 0;
  int signal = 0;
  [[nodiscard]] std::string text() const;  // "ended with code 1", "was ended by signal 11"
};

class Program {
public:
  // To be called on the process's first thread: the program is killed when that one ends.
  [[nodiscard]] static Result<Program> start(const worker::v1::Llama& where, const std::string& name,
                                             std::vector<std::string> arguments, const std::filesystem::path& log);
  Program(Program&& other) noexcept;
  Program& operator=(Program&&) = delete;
  ~Program();  // kills it

  [[nodiscard]] pid_t pid() const { return m_pid; }
  // Nullopt while it lives.
  [[nodiscard]] std::optional<Ended> ended();
  [[nodiscard]] Ended waitEnd();
  void kill();

private:
  explicit Program(pid_t pid) : m_pid(pid) {}
  pid_t m_pid;
  std::optional<Ended> m_ended;
};

// The end of a log, on one line: what went wrong.
[[nodiscard]] std::string lastWords(const std::filesystem::path& log);

}  // namespace lull::runtimes::llama
