// SPDX-License-Identifier: Apache-2.0
// watch, log --follow, Ctrl-C, and what changes on a real terminal.
#include "base/time.h"
#include "service/cli/command_test.h"
#include "service/cli/on_terminal.h"

#include <QElapsedTimer>
#include <QtTest>

#include <unistd.h>

#include <array>
#include <csignal>

using namespace lull;
using namespace lull::test;

namespace {

bool waitForOutput(QProcess& process, QByteArray& all, const QByteArray& part) {
  QElapsedTimer timer;
  timer.start();
  while (!all.contains(part)) {
    if (timer.elapsed() > kPatienceMs) return false;
    process.waitForReadyRead(100);
    all += process.readAllStandardOutput();
  }
  return true;
}

}  // namespace

class TestStreams : public CommandTest {
  Q_OBJECT

private slots:
  void watchWritesALinePerChange() {
    QProcess process;
    start(process, {"watch"});
    QByteArray all;
    QVERIFY(waitForOutput(process, all, "Ready: there is no task."));
    m_service->publish(
        [](v1::Status& status) { status.mutable_memory()->set_available_bytes(5); });  // no line of its own
    m_service->publish([](v1::Status& status) {
      status.set_sentence("Working.");
      auto& task = *status.add_running();
      task = makeTask("t-abc", "x", v1::TASK_STATE_RUNNING);
      task.set_progress(0.5);
    });
    QVERIFY2(waitForOutput(process, all, "Working. [t-abc running 50 %]\n"), all);
    QCOMPARE(all.count('\n'), 2);
    static const QRegularExpression clock("^\\d\\d:\\d\\d:\\d\\d  Ready");
    QVERIFY(clock.match(QString::fromUtf8(all)).hasMatch());
    endWithCtrlC(process);
  }

  void watchAsJson() {
    QProcess process;
    start(process, {"watch", "--json"});
    QByteArray all;
    QVERIFY(waitForOutput(process, all, "\n"));
    m_service->publish([](v1::Status& status) { status.set_queued(7); });
    QVERIFY(waitForOutput(process, all, "\"queued\":\"7\""));
    const auto lines = all.trimmed().split('\n');
    QCOMPARE(lines.size(), 2);
    QCOMPARE(QJsonDocument::fromJson(lines[0]).object()["status"].toObject()["sentence"].toString(),
             "Ready: there is no task.");
    // Each line is whole, in the shape of `status --json`.
    const auto second = QJsonDocument::fromJson(lines[1]).object()["status"].toObject();
    QCOMPARE(second["sentence"].toString(), "Ready: there is no task.");
    QCOMPARE(second["queued"].toString(), "7");
    endWithCtrlC(process);
  }

  void watchTellsWhenTheServiceEnds() {
    QProcess process;
    start(process, {"watch"});
    QVERIFY(m_service->waitForWatchers(1));
    m_service.reset();
    QVERIFY(process.waitForFinished(kPatienceMs));
    QCOMPARE(process.exitCode(), 3);
    QVERIFY(process.readAllStandardError().contains("gone away"));
  }

  void watchEndsQuietlyWithItsReader() {
    QProcess process;
    prepare(process, m_service->socket());
    process.start("bash", {"-c", "\"$0\" watch | head -n 1; echo ${PIPESTATUS[0]}", lullProgram()});
    QVERIFY(m_service->waitForWatchers(1));
    // head has had its line and ends; the next line finds nobody.
    QByteArray all;
    QVERIFY(waitForOutput(process, all, "Ready"));
    QElapsedTimer timer;
    timer.start();
    for (int i = 0; process.state() != QProcess::NotRunning && timer.elapsed() < kPatienceMs; ++i) {
      m_service->publish([i](v1::Status& status) { status.set_sentence("Sentence " + std::to_string(i)); });
      process.waitForFinished(50);
    }
    all += process.readAllStandardOutput();
    QVERIFY2(all.endsWith("\n0\n"), all);
    QCOMPARE(process.readAllStandardError(), QByteArray());
  }

  void logFollows() {
    QProcess process;
    start(process, {"log", "--follow"});
    QVERIFY(m_service->waitForWatchers(1));
    v1::LogLine line;
    line.set_unix_ms(1'795'348'800'000);
    line.set_level("error");
    line.set_text("the disk is full");
    m_service->sayInLog({line}, 3);
    QByteArray all;
    QVERIFY(waitForOutput(process, all, "2026-11-22 12:00:00 error   the disk is full\n"));
    endWithCtrlC(process);
    QVERIFY(process.readAllStandardError().contains("3 lines were dropped"));
  }

  void onATerminalTheStatusIsRepainted() {
    OnTerminal terminal(*m_service, {"watch"});
    QVERIFY2(terminal.waitFor("Ctrl-C ends this view."), terminal.all());
    QVERIFY(terminal.all().contains("\x1b["));
    terminal.forget();
    m_service->publish([](v1::Status& status) { status.set_sentence("Working hard."); });
    QVERIFY2(terminal.waitFor("Working hard."), terminal.all());
    QVERIFY(terminal.waitFor("Ctrl-C ends this view."));
    static const QRegularExpression up("\x1b\\[\\d+A");
    QVERIFY(up.match(QString::fromUtf8(terminal.all())).hasMatch());
    terminal.press('\x03');  // what Ctrl-C sends
    QVERIFY(terminal.readToEnd().contains("Working"));
    QCOMPARE(terminal.code(), 130);
  }

  void colours() {
    m_service->publish([](v1::Status& status) { status.set_activity(v1::ACTIVITY_WORKING); });
    QVERIFY(OnTerminal(*m_service, {"status"}).readToEnd().contains("\x1b[32mReady"));
    QVERIFY(!OnTerminal(*m_service, {"status"}, {"NO_COLOR=1"}).readToEnd().contains('\x1b'));
    QVERIFY(!OnTerminal(*m_service, {"status"}, {"TERM=dumb"}).readToEnd().contains('\x1b'));
    QVERIFY(!run(m_service->socket(), {"status"}).out.contains('\x1b'));
  }

  void aPlotOnATerminal() {
    m_service->change([](auto& state) {
      v1::Point point;
      point.set_unix_ms(SystemClock().now().unixMs - 3'600'000);
      point.set_value(71);
      state.points.push_back(point);
    });
    QVERIFY(OnTerminal(*m_service, {"history", "temperature"}).readToEnd().contains("█"));
    QVERIFY(!run(m_service->socket(), {"history", "temperature"}).out.contains("█"));
  }

  void curvesOfATraining() {
    m_service->change([](auto& state) {
      auto task = runningTask();
      for (int i = 0; i < 5; ++i) {
        auto& loss = *task.add_losses();
        loss.set_step(static_cast<std::uint64_t>(1000 * i));
        loss.set_training(8.0 / (1 << i));
        if (i > 2) loss.set_held_out(4);
      }
      state.tasks[task.id()].task = task;
    });
    const auto shown = OnTerminal(*m_service, {"task", "t-abc"}).readToEnd();
    const auto text = QString::fromUtf8(shown);
    const auto lines = text.split("\r\n");
    const auto training = lines.indexOf(QRegularExpression(".*Training loss.*"));
    const auto heldOut = lines.indexOf(QRegularExpression(".*Held-out loss\\S*"));
    QVERIFY2(training > 0 && heldOut > training, shown);
    // It falls: 8 at first, 4 in the first quarter, 2 in the second, then less than a row is high.
    QCOMPARE(lines[training + 1].count("█"), 1);
    QCOMPARE(lines[training + 5].count("█"), 43);
    QCOMPARE(lines[training + 5].count("▅") + lines[training + 5].count("▃"), 43);
    QVERIFY2(lines[training + 6].simplified().startsWith("0 samples 4,000 samples"), qPrintable(lines[training + 6]));
    QVERIFY2(lines[heldOut + 6].simplified().startsWith("3,000 samples 4,000 samples"), qPrintable(lines[heldOut + 6]));
  }

  void progressOfADownload() {
    m_service->change([](auto& state) {
      auto& fake = state.tasks["t-big"];
      fake.task = makeTask("t-big", "x", v1::TASK_STATE_DONE);
      addResult(fake, "big.bin", std::string(1'500'000, 'x'));
    });
    const auto shown = OnTerminal(*m_service, {"result", "t-big", "-o", m_service->folder() + "/big.bin"}).readToEnd();
    QVERIFY2(shown.contains("524 kB of 1.5 MB, 35 %"), shown);
    QVERIFY(shown.contains("\r\x1b[K"));
  }

private:
  void start(QProcess& process, const QStringList& arguments) const {
    prepare(process, m_service->socket());
    process.setArguments(arguments);
    process.start();
  }
  static void endWithCtrlC(QProcess& process) {
    ::kill(static_cast<pid_t>(process.processId()), SIGINT);
    QVERIFY(process.waitForFinished(kPatienceMs));
    QCOMPARE(process.exitStatus(), QProcess::NormalExit);
    QCOMPARE(process.exitCode(), 130);
  }
};

QTEST_GUILESS_MAIN(TestStreams)
#include "test_streams.moc"
