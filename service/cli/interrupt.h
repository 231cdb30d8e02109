// SPDX-License-Identifier: Apache-2.0
// Ctrl-C as something to wait for: the first one is noticed and the program ends in order; a second one kills.
#pragma once

#include "base/file.h"

namespace lull::cli {

class Interrupt {
public:
  // Never interrupts: for tests.
  Interrupt() = default;
  // Takes over SIGINT, SIGTERM and SIGHUP of this process, and ignores SIGPIPE. Once per process.
  [[nodiscard]] static Result<Interrupt> install();

  // Becomes readable with the first signal and stays so; -1 when not installed.
  [[nodiscard]] int fd() const { return m_fd.get(); }
  [[nodiscard]] bool pending() const;
  // It was Ctrl-C, and not the wish that the program ends.
  [[nodiscard]] bool isStop() const;
  // What Ctrl-C asked for was done: the next one is the first again.
  void heed() const;

private:
  explicit Interrupt(Fd fd) : m_fd(std::move(fd)) {}
  Fd m_fd;
};

// For a child before exec: signals as they were before install(), none blocked.
void restoreSignals();
// This signal was ignored when we were started: it is not ours to obey.
[[nodiscard]] bool wasIgnored(int signal);

}  // namespace lull::cli
