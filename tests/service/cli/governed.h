// SPDX-License-Identifier: Apache-2.0
// One `lull governor -- PROGRAM` as in a first terminal, led through the program's standard input. Its sockets lie in
// $XDG_RUNTIME_DIR, which the test sets.
#pragma once

#include <QProcess>
#include <QStringList>

#include <functional>

namespace lull::test {

class Governed {
public:
  Governed(const QStringList& options, const QStringList& program);
  ~Governed();  // kills both
  Governed(const Governed&) = delete;
  Governed& operator=(const Governed&) = delete;

  // The next line the program prints; null when none comes in time.
  [[nodiscard]] QByteArray line();
  [[nodiscard]] QByteArray ask(const QByteArray& line);
  void send(const QByteArray& line);
  void signal(int number);  // to lull, not to the program
  [[nodiscard]] qint64 pid() const { return m_process.processId(); }
  // Its exit status; -2: it does not end.
  [[nodiscard]] int end();
  [[nodiscard]] QByteArray errors() { return m_process.readAllStandardError(); }
  void hangUp() { m_process.closeWriteChannel(); }

private:
  QProcess m_process;
};

// Programs to govern.
[[nodiscard]] QStringList vulkanHost();
[[nodiscard]] QStringList shell(const QString& script);
// 'R', 'S', 'T', 'Z', …; 0: there is no such process.
[[nodiscard]] char stateOf(qint64 pid);

}  // namespace lull::test
