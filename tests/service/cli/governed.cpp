// SPDX-License-Identifier: Apache-2.0
#include "service/cli/governed.h"

#include "fakes/test_worker.h"
#include "service/cli/lull_process.h"

#include <QElapsedTimer>
#include <QFile>

#include <signal.h>

namespace lull::test {

namespace {
constexpr int kPatienceMs = 60'000;
}

Governed::Governed(const QStringList& options, const QStringList& program) {
  prepare(m_process, "/nonexistent/lulld.sock");
  auto environment = m_process.processEnvironment();
  for (const auto& variable : fakes::vulkanEnvironment()) {
    const auto text = QString::fromStdString(variable);
    environment.insert(text.section('=', 0, 0), text.section('=', 1));
  }
  environment.remove("VK_LAYER_PATH");  // lull governor finds the layer by itself
  m_process.setProcessEnvironment(environment);
  m_process.setArguments(QStringList{"governor"} + options + QStringList{"--"} + program);
  m_process.start();
}

Governed::~Governed() {
  if (m_process.state() == QProcess::NotRunning) return;
  m_process.kill();  // the program is ended with it
  m_process.waitForFinished(kPatienceMs);
}

QByteArray Governed::line() {
  QElapsedTimer timer;
  timer.start();
  while (!m_process.canReadLine() && timer.elapsed() < kPatienceMs) {
    if (!m_process.waitForReadyRead(1'000) && m_process.state() == QProcess::NotRunning) break;
  }
  return m_process.canReadLine() ? m_process.readLine().trimmed() : QByteArray();
}

QByteArray Governed::ask(const QByteArray& words) {
  send(words);
  return line();
}

void Governed::send(const QByteArray& words) {
  m_process.write(words + "\n");
  m_process.waitForBytesWritten(kPatienceMs);
}

void Governed::signal(int number) { ::kill(static_cast<pid_t>(pid()), number); }

int Governed::end() {
  if (m_process.state() != QProcess::NotRunning && !m_process.waitForFinished(kPatienceMs)) return -2;
  return m_process.exitStatus() == QProcess::NormalExit ? m_process.exitCode() : -3;
}

QStringList vulkanHost() {
  const auto build = QString::fromStdString(fakes::buildFolder().string());
  return {build + "/tests/lull_vulkan_host", build + "/tests/kernels/burn.spv"};
}

QStringList shell(const QString& script) { return {"sh", "-c", script}; }

char stateOf(qint64 pid) {
  QFile file(QString("/proc/%1/stat").arg(pid));
  if (!file.open(QIODevice::ReadOnly)) return 0;
  const auto text = file.readAll();
  return text.mid(text.lastIndexOf(')') + 2, 1).at(0);
}

}  // namespace lull::test
