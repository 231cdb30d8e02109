// SPDX-License-Identifier: Apache-2.0
// `lull` as a person has it: on a terminal.
#pragma once

#include "service/cli/fake_service.h"
#include "service/cli/lull_process.h"

#include <QElapsedTimer>
#include <QProcess>
#include <QtTest>

#include <fcntl.h>
#include <poll.h>
#include <pty.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <array>
#include <csignal>

namespace lull::test {

inline constexpr int kPatienceMs = 20'000;

// `lull` on a terminal of 100 columns.
class OnTerminal {
public:
  // `out`: standard output goes there; -1: to the terminal too.
  OnTerminal(const FakeService& service, const QStringList& arguments, const QStringList& environment = {},
             int out = -1) {
    winsize size{.ws_row = 40, .ws_col = 100, .ws_xpixel = 0, .ws_ypixel = 0};
    if (::openpty(&m_ours, &m_theirs, nullptr, nullptr, &size) != 0) qFatal("no pseudo terminal");
    ::fcntl(m_ours, F_SETFD, FD_CLOEXEC);
    prepare(m_process, service.socket());
    auto variables = m_process.processEnvironment();
    variables.insert("TERM", "xterm");
    for (const auto& variable : environment) variables.insert(variable.section('=', 0, 0), variable.section('=', 1));
    m_process.setProcessEnvironment(variables);
    m_process.setArguments(arguments);
    m_process.setChildProcessModifier([fd = m_theirs, out] {
      ::setsid();
      ::ioctl(fd, TIOCSCTTY, 0);
      ::dup2(fd, 0);
      ::dup2(out < 0 ? fd : out, 1);
      ::dup2(fd, 2);
    });
    m_process.start();
    m_process.waitForStarted();
    ::close(m_theirs);
  }
  ~OnTerminal() {
    m_process.kill();
    m_process.waitForFinished();
    ::close(m_ours);
  }

  // Reads until `part` is there; what was read before is kept.
  bool waitFor(const QByteArray& part) {
    QElapsedTimer timer;
    timer.start();
    while (!m_all.contains(part)) {
      if (timer.elapsed() > kPatienceMs || !readMore()) return m_all.contains(part);
    }
    return true;
  }
  QByteArray readToEnd() {
    while (readMore()) {
    }
    m_process.waitForFinished();
    return m_all;
  }
  // Until there is something to read, which is left there.
  bool waitForMore() {
    pollfd fd{m_ours, POLLIN, 0};
    return ::poll(&fd, 1, kPatienceMs) > 0 && (fd.revents & POLLIN) != 0;
  }
  void interrupt() { ::kill(static_cast<pid_t>(m_process.processId()), SIGINT); }
  void press(char key) { QCOMPARE(::write(m_ours, &key, 1), ssize_t(1)); }
  void type(const QByteArray& keys) {
    for (const char key : keys) press(key);
  }
  [[nodiscard]] int code() const { return m_process.exitStatus() == QProcess::NormalExit ? m_process.exitCode() : -1; }
  [[nodiscard]] const QByteArray& all() const { return m_all; }
  void forget() { m_all.clear(); }

private:
  bool readMore() {
    pollfd fd{m_ours, POLLIN, 0};
    if (::poll(&fd, 1, kPatienceMs) <= 0) return false;
    std::array<char, 4096> chunk;
    const ssize_t n = ::read(m_ours, chunk.data(), chunk.size());  // EIO when the other side has ended
    if (n <= 0) return false;
    m_all.append(chunk.data(), n);
    return true;
  }

  QProcess m_process;
  int m_ours = -1;
  int m_theirs = -1;
  QByteArray m_all;
};

}  // namespace lull::test
