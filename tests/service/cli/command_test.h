// SPDX-License-Identifier: Apache-2.0
// A test class whose functions each have a service and a folder of their own and ask it with the real `lull`.
#pragma once

#include "service/cli/fake_service.h"
#include "service/cli/lull_process.h"

#include <QFile>
#include <QObject>
#include <QTemporaryDir>
#include <QTest>

#include <csignal>
#include <memory>

namespace lull::test {

class CommandTest : public QObject {
  Q_OBJECT

protected:
  [[nodiscard]] Ran lull(const QStringList& arguments) const { return run(m_service->socket(), arguments); }
  // Somebody presses Ctrl-C once it watches how the task goes on.
  [[nodiscard]] Ran afterCtrlC(const QStringList& arguments) const {
    QProcess process;
    prepare(process, m_service->socket());
    process.setArguments(arguments);
    process.start();
    if (!m_service->waitForWatchers(1)) return {};
    ::kill(static_cast<pid_t>(process.processId()), SIGINT);
    if (!process.waitForFinished(60'000)) return {};
    return {.code = process.exitCode(), .out = process.readAllStandardOutput(), .err = process.readAllStandardError()};
  }

  [[nodiscard]] QString path(const QString& name) const { return m_folder->filePath(name); }
  void write(const QString& name, const QByteArray& bytes) const {
    QFile file(path(name));
    QVERIFY(file.open(QIODevice::WriteOnly));
    QCOMPARE(file.write(bytes), bytes.size());
  }
  [[nodiscard]] QByteArray read(const QString& name) const {
    QFile file(path(name));
    return file.open(QIODevice::ReadOnly) ? file.readAll() : QByteArray("(no file)");
  }

  std::unique_ptr<FakeService> m_service;
  std::unique_ptr<QTemporaryDir> m_folder;

protected slots:  // Qt Test finds these two by name; a class with more to set up calls this init() from its own
  void init() {
    m_service = std::make_unique<FakeService>();
    m_folder = std::make_unique<QTemporaryDir>();
  }
  void cleanup() {
    m_service.reset();
    m_folder.reset();
  }
};

}  // namespace lull::test
