// SPDX-License-Identifier: Apache-2.0
#include "cli/interrupt.h"

#include <sys/eventfd.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <csignal>
#include <cstdint>

namespace lull::cli {

namespace {

// A signal handler can only reach what is static.
volatile std::sig_atomic_t g_pending = 0;
volatile int g_wakeUp = -1;

extern "C" void noteSignal(int) {
  const int kept = errno;
  g_pending = 1;
  const std::uint64_t one = 1;
  [[maybe_unused]] const auto n = ::write(g_wakeUp, &one, sizeof one);
  errno = kept;
}

}  // namespace

Result<Interrupt> Interrupt::install() {
  Fd fd(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK));
  if (!fd) return fromErrno("eventfd");
  g_wakeUp = fd.get();
  struct sigaction action {};
  action.sa_handler = noteSignal;
  action.sa_flags = static_cast<int>(SA_RESETHAND);  // and no SA_RESTART: a blocked write must notice
  for (const int signal : std::array{SIGINT, SIGTERM, SIGHUP}) {
    if (::sigaction(signal, &action, nullptr) != 0) return fromErrno("sigaction");
  }
  struct sigaction ignore {};
  ignore.sa_handler = SIG_IGN;
  if (::sigaction(SIGPIPE, &ignore, nullptr) != 0) return fromErrno("sigaction");
  return Interrupt(std::move(fd));
}

bool Interrupt::pending() const { return m_fd && g_pending != 0; }

}  // namespace lull::cli
