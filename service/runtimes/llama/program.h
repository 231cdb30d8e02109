// SPDX-License-Identifier: Apache-2.0
// A program of llama.cpp that this worker started. It gets this process's environment and the governor's descriptors,
// and ends with it. What it writes goes to a log in the task's work folder.
#pragma once

#include "runtimes/llama/ended.h"
#include "worker.pb.h"

#include <sys/types.h>

#include <filesystem>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

namespace lull::runtimes::llama {

class Program {
public:
  // To be called on the process's first thread: the program is killed when that one ends.
  [[nodiscard]] static worker::Attempt<Program> start(const worker::v1::Llama& where, const std::string& name,
                                                      std::vector<std::string> arguments,
                                                      const std::filesystem::path& log);
  Program(Program&& other) noexcept;
  Program& operator=(Program&&) = delete;
  ~Program();  // kills it

  [[nodiscard]] pid_t pid() const { return m_pid; }
  // Nullopt while it lives.
  [[nodiscard]] std::optional<Ended> ended();
  [[nodiscard]] Ended waitEnd();
  // Of one whose connection broke, which ends by itself as a rule: waits 5 s, as far as the gate is open, then kills
  // it.
  [[nodiscard]] Ended endSoon();
  void kill(Killed why);  // from any thread

private:
  explicit Program(pid_t pid) : m_pid(pid) {}
  pid_t m_pid;
  std::mutex m_mutex;  // of what follows
  Killed m_killed = Killed::No;
  std::optional<Ended> m_ended;
};

inline constexpr std::size_t kLastWords = 600;  // bytes
// The end of a log, on one line: what went wrong.
[[nodiscard]] std::string lastWords(const std::filesystem::path& log, std::size_t most = kLastWords);
// The loss that a program ended of (ended.h), as far as its log tells.
[[nodiscard]] std::optional<worker::Failure> lossToldIn(const std::filesystem::path& log, const Ended& ended);

}  // namespace lull::runtimes::llama
