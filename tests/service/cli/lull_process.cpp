// SPDX-License-Identifier: Apache-2.0
#include "service/cli/lull_process.h"

namespace lull::test {

namespace {
constexpr int kPatienceMs = 60'000;
}

QString lullProgram() { return qEnvironmentVariable("LULL_BUILD_DIR") + "/bin/lull"; }

void prepare(QProcess& process, const QString& socket) {
  auto environment = QProcessEnvironment::systemEnvironment();
  environment.insert("TZ", "UTC");
  environment.insert("LULL_SOCKET", socket);
  environment.remove("COLUMNS");
  environment.remove("LULL_SAMPLES");
  environment.remove("NO_COLOR");
  process.setProcessEnvironment(environment);
  process.setProgram(lullProgram());
}

Ran run(const QString& socket, const QStringList& arguments, const QByteArray& input) {
  QProcess process;
  prepare(process, socket);
  process.setArguments(arguments);
  process.start();
  process.write(input);
  process.closeWriteChannel();
  if (!process.waitForFinished(kPatienceMs)) {
    process.kill();
    process.waitForFinished();
    return {.code = -2, .out = process.readAllStandardOutput(), .err = "did not end"};
  }
  return {.code = process.exitStatus() == QProcess::NormalExit ? process.exitCode() : -3,
          .out = process.readAllStandardOutput(),
          .err = process.readAllStandardError()};
}

bool fits80(const QByteArray& text) {
  for (const auto& line : QString::fromUtf8(text).split('\n')) {
    if (line.size() > 80) {
      qWarning("too wide: %s", qPrintable(line));
      return false;
    }
  }
  return true;
}

}  // namespace lull::test
