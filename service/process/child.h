// SPDX-License-Identifier: Apache-2.0
// A program the service started. It gets exactly the descriptors, environment and folder named here, its own process
// group, no blocked or ignored signals, and SIGKILL when the thread that started it ends (so start children from the
// loop's thread only). The service learns of its end through a pidfd: no SIGCHLD handler, no thread, no poll.
#pragma once

#include "base/file.h"
#include "base/result.h"

#include <sys/types.h>

#include <asio/io_context.hpp>

#include <cstdint>
#include <filesystem>
#include <functional>
#include <initializer_list>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace lull::process {

// `theirs` is the number the child sees; `ours` stays open here and stays ours. Any numbers, in any order.
struct DescriptorMap {
  int ours = -1;
  int theirs = -1;
};

struct Launch {
  std::filesystem::path program = {};
  std::vector<std::string> arguments = {};      // without the program's own name
  std::vector<std::string> environment = {};    // "NAME=value"; nothing is inherited
  std::vector<DescriptorMap> descriptors = {};  // 0 and 1 are /dev/null and 2 is the service's unless named here
  std::filesystem::path folder = "/";
  int nice = 0;             // added to the service's own
  std::uint32_t cores = 0;  // it and all it starts run on the last so many of the service's; 0: on all
  int group = -1;           // cgroup.procs of the control group it is born into, open for writing
};

struct Exit {
  int code = 0;             // when it ended by itself
  int signal = 0;           // when a signal ended it; 0 otherwise
  std::uint64_t cpuNs = 0;  // processor time, with that of its descendants that had been waited for
  [[nodiscard]] bool clean() const { return code == 0 && signal == 0; }
};
// "ended with code 3", "was ended by signal 11 (Segmentation fault)".
[[nodiscard]] std::string describe(const Exit& exit);

class Child {
public:
  // Returns when the program has been executed, so that a missing or unusable program is an error here and not an
  // exit. `onExit` is called once on the loop, after whatever the child left in its group has been killed; never from
  // inside start(), and never after the Child is destroyed. It may destroy the Child.
  [[nodiscard]] static Result<Child> start(asio::io_context& loop, const Launch& launch,
                                           std::function<void(const Exit&)> onExit);
  Child(Child&&) noexcept = default;
  Child& operator=(Child&& other) noexcept;
  // Kills the whole group; does not wait for it (a process stuck in a driver ends when it can): it is reaped by the
  // loop while that runs, else by init.
  ~Child();

  [[nodiscard]] pid_t pid() const;
  [[nodiscard]] bool running() const;
  void terminate();  // SIGTERM to the program
  void kill();       // SIGKILL to its whole group; onExit follows

private:
  struct State;
  explicit Child(std::shared_ptr<State> state) : m_state(std::move(state)) {}
  std::shared_ptr<State> m_state;
};

struct Pipe {
  Fd read;
  Fd write;
};
// Both ends closed on exec.
[[nodiscard]] Result<Pipe> makePipe();

// The named variables of this process that are set, as Launch wants them.
[[nodiscard]] std::vector<std::string> fromEnvironment(std::initializer_list<std::string_view> names);

}  // namespace lull::process
