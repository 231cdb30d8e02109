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

constexpr std::array kTaken{SIGINT, SIGTERM, SIGHUP, SIGPIPE};
std::array<bool, kTaken.size()> g_ignoredBefore{};  // as nohup and background jobs of shells have it

extern "C" void noteSignal(int signal) {
  const int kept = errno;
  g_pending = signal;
  const std::uint64_t one = 1;
  [[maybe_unused]] const auto n = ::write(g_wakeUp, &one, sizeof one);
  errno = kept;
}

bool take(int signal) {
  struct sigaction action {};
  action.sa_handler = noteSignal;
  action.sa_flags = static_cast<int>(SA_RESETHAND);  // and no SA_RESTART: a blocked write must notice
  return ::sigaction(signal, &action, nullptr) == 0;
}

}  // namespace

Result<Interrupt> Interrupt::install() {
  Fd fd(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK));
  if (!fd) return fromErrno("eventfd");
  g_wakeUp = fd.get();
  for (std::size_t i = 0; i < kTaken.size(); ++i) {
    struct sigaction before {};
    g_ignoredBefore[i] = ::sigaction(kTaken[i], nullptr, &before) == 0 && before.sa_handler == SIG_IGN;
  }
  for (const int signal : std::array{SIGINT, SIGTERM, SIGHUP}) {
    if (!take(signal)) return fromErrno("sigaction");
  }
  struct sigaction ignore {};
  ignore.sa_handler = SIG_IGN;
  if (::sigaction(SIGPIPE, &ignore, nullptr) != 0) return fromErrno("sigaction");
  return Interrupt(std::move(fd));
}

bool Interrupt::pending() const { return m_fd && g_pending != 0; }

bool Interrupt::isStop() const { return m_fd && g_pending == SIGINT; }

void Interrupt::heed() const {
  std::uint64_t count = 0;
  [[maybe_unused]] const auto n = ::read(m_fd.get(), &count, sizeof count);
  g_pending = 0;
  (void)take(SIGINT);
}

void restoreSignals() {
  for (std::size_t i = 0; i < kTaken.size(); ++i) ::signal(kTaken[i], g_ignoredBefore[i] ? SIG_IGN : SIG_DFL);
  sigset_t none;
  ::sigemptyset(&none);
  ::sigprocmask(SIG_SETMASK, &none, nullptr);
}

bool wasIgnored(int signal) {
  for (std::size_t i = 0; i < kTaken.size(); ++i) {
    if (kTaken[i] == signal) return g_ignoredBefore[i];
  }
  struct sigaction now {};
  return ::sigaction(signal, nullptr, &now) == 0 && now.sa_handler == SIG_IGN;
}

}  // namespace lull::cli
