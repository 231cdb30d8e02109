// SPDX-License-Identifier: Apache-2.0
// Service and dashboard in a real window under Xvfb: an input event, the dashboard says Resting, the worker is drained,
// the event ends, work goes on, the result is right, the ledger's sums agree.
#include "fakes/device.h"

#include <QElapsedTimer>
#include <QImage>
#include <QProcess>
#include <QTemporaryDir>
#include <QtTest>

#include <sys/prctl.h>

#include <csignal>

using namespace lull;
using test::chainModule;
using test::chainOf;
using test::chainTask;
using test::Device;

namespace {

constexpr int kBoundMs = 60'000;
constexpr std::uint32_t kGroups = 64;
constexpr std::uint64_t kIterations = 30000;

void endWithTheTest() { ::prctl(PR_SET_PDEATHSIG, SIGKILL); }

// A screen of its own: the server picks a free display and tells its number.
class Screen {
public:
  Screen() {
    m_server.setChildProcessModifier(endWithTheTest);
    m_server.start("Xvfb", {"-displayfd", "1", "-screen", "0", "1280x800x24", "-nolisten", "tcp", "-noreset"});
    QElapsedTimer timer;
    timer.start();
    QByteArray number;
    while (!number.contains('\n') && timer.elapsed() < kBoundMs && m_server.waitForReadyRead(kBoundMs))
      number += m_server.readAllStandardOutput();
    m_name = ":" + QString::fromLatin1(number.trimmed());
  }
  ~Screen() {
    m_server.terminate();
    m_server.waitForFinished();
  }
  [[nodiscard]] QString name() const { return m_name; }

private:
  QProcess m_server;
  QString m_name;
};

QString outputOf(const QString& program, const QStringList& arguments, const QProcessEnvironment& environment) {
  QProcess process;
  process.setProcessEnvironment(environment);
  process.start(program, arguments);
  if (!process.waitForFinished(kBoundMs)) return {};
  return QString::fromUtf8(process.readAllStandardOutput()).trimmed();
}

}  // namespace

class TestWindow : public QObject {
  Q_OBJECT

private slots:
  void theOwnerSeesWhatHappens() {
    const Screen screen;
    QVERIFY2(screen.name().size() > 1, "Xvfb did not start");
    auto environment = QProcessEnvironment::systemEnvironment();
    environment.insert("DISPLAY", screen.name());
    environment.insert("QT_QPA_PLATFORM", "xcb");
    environment.remove("WAYLAND_DISPLAY");

    Device device({.idleAfterS = 2});
    device.start();
    QProcess dashboard;
    dashboard.setProcessEnvironment(environment);
    dashboard.setChildProcessModifier(endWithTheTest);
    dashboard.start(qEnvironmentVariable("LULL_BUILD_DIR") + "/bin/lull-dashboard",
                    {"--socket", QString::fromStdString(device.socket().native())});
    QVERIFY(dashboard.waitForStarted());

    const auto window = [&] {
      const auto ids = outputOf(
          "xdotool", {"search", "--onlyvisible", "--pid", QString::number(dashboard.processId()), "--name", "Lull"},
          environment);
      return ids.section('\n', 0, 0);
    };
    QTRY_VERIFY_WITH_TIMEOUT(!window().isEmpty(), kBoundMs);
    const auto id = window();
    const auto title = [&] { return outputOf("xdotool", {"getwindowname", id}, environment); };

    const auto task = device.submit(chainTask("A long chain", kGroups, kIterations), chainModule());
    QTRY_VERIFY_WITH_TIMEOUT(title().contains("Working"), kBoundMs);
    // A worker that only starts has nothing to give back yet.
    device.waitFor("work on the GPU", [](const auto& s) {
      return s.running_size() == 1 && s.running(0).state() == v1::TASK_STATE_RUNNING && s.running(0).progress() > 0;
    });
    const auto status = device.touchUntil(
        "the give-back", [&](const auto& s) { return s.give_back().count() > 0 && title().contains("Resting"); });
    QVERIFY(status.give_back().last_ms() >= 0);
    picture(device, id, environment);
    QTRY_VERIFY_WITH_TIMEOUT(title().contains("Working"), kBoundMs);

    const auto done = device.waitForTask(task, v1::TASK_STATE_DONE);
    QVERIFY(device.result(task, "chain.bin") == chainOf(kGroups, kIterations));
    const auto total = device.waitFor("the sums", [](const auto& s) { return s.total().tasks_done() == 1; }).total();
    QCOMPARE(total.gpu_ns(), done.gpu_ns());
    QCOMPARE(total.micro_credits(), done.micro_credits());

    device.kill9();
    QTRY_VERIFY_WITH_TIMEOUT(!title().contains("Working") && !title().contains("Ready"), kBoundMs);
    device.start();
    QTRY_VERIFY_WITH_TIMEOUT(title().contains("Ready"), kBoundMs);

    dashboard.terminate();
    QVERIFY(dashboard.waitForFinished(kBoundMs));
  }

private:
  // The window is really painted: not one flat colour.
  static void picture(const Device& device, const QString& id, const QProcessEnvironment& environment) {
    const auto file = QString::fromStdString((device.folder() / "window.png").native());
    (void)outputOf("import", {"-window", id, file}, environment);
    const QImage image(file);
    QVERIFY(image.width() >= 800 && image.height() >= 600);
    QSet<QRgb> colours;
    for (int y = 0; y < image.height(); y += 4) {
      for (int x = 0; x < image.width(); x += 4) colours.insert(image.pixel(x, y));
    }
    QVERIFY2(colours.size() > 20, qPrintable(QString("only %1 colours").arg(colours.size())));
  }
};

QTEST_GUILESS_MAIN(TestWindow)
#include "test_window.moc"
