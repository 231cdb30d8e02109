// SPDX-License-Identifier: Apache-2.0
// The program itself: its options, its pictures, its exit codes.
#include "fakes/scenes.h"

#include <QColor>
#include <QImage>
#include <QProcess>
#include <QTemporaryDir>
#include <QtTest>

using namespace lull;

namespace {

struct Ended {
  int code = -1;
  QString out;
  QString err;
};

Ended run(const QStringList& arguments) {
  QProcess program;
  program.start(qEnvironmentVariable("LULL_BUILD_DIR") + "/bin/lull-dashboard", arguments);
  const bool ended = QTest::qWaitFor([&program] { return program.state() == QProcess::NotRunning; }, 40'000);
  if (!ended) {
    program.kill();
    program.waitForFinished();
    return {};
  }
  return {program.exitCode(), QString::fromUtf8(program.readAllStandardOutput()),
          QString::fromUtf8(program.readAllStandardError())};
}

int differentColours(const QImage& image) {
  QSet<QRgb> seen;
  for (int y = 0; y < image.height(); y += 4) {
    for (int x = 0; x < image.width(); x += 4) seen.insert(image.pixel(x, y));
  }
  return static_cast<int>(seen.size());
}

}  // namespace

class TestDashboard : public QObject {
  Q_OBJECT

  QTemporaryDir m_folder;

private slots:
  void initTestCase() { qputenv("XDG_RUNTIME_DIR", m_folder.path().toUtf8()); }

  void pictures_data() {
    QTest::addColumn<QByteArray>("scene");
    QTest::addColumn<QString>("theme");
    QTest::addColumn<QSize>("size");
    QTest::newRow("light") << QByteArray("working") << "light" << QSize(1280, 800);
    QTest::newRow("a training") << QByteArray("learning") << "light" << QSize(1280, 800);
    QTest::newRow("dark") << QByteArray("resting-hot") << "dark" << QSize(1920, 1080);
    QTest::newRow("small") << QByteArray("many-reasons") << "light" << QSize(800, 600);
  }
  void pictures() {
    QFETCH(QByteArray, scene);
    QFETCH(QString, theme);
    QFETCH(QSize, size);
    fakes::FakeService service(m_folder.filePath("s"));
    QVERIFY(service.start() && fakes::play(service, scene.constData()));
    const auto file = m_folder.filePath("picture.png");
    const auto ended = run({"--socket", service.socketPath(), "--screenshot", file, "--after-connected", "--theme",
                            theme, "--size", QString("%1x%2").arg(size.width()).arg(size.height())});
    QVERIFY2(ended.code == 0, qPrintable(ended.err));
    const QImage image(file);
    QCOMPARE(image.size(), size);
    QVERIFY2(differentColours(image) > 60, "an empty window has far fewer");
    QCOMPARE(QColor(image.pixel(2, 2)).lightness() < 128, theme == "dark");
    // QML tells its faults on standard error, and goes on.
    QVERIFY2(!ended.err.contains("qrc:/"), qPrintable(ended.err));
  }

  void noPictureWithoutAService() {
    const auto ended = run(
        {"--socket", m_folder.filePath("nobody"), "--screenshot", m_folder.filePath("none.png"), "--after-connected"});
    QCOMPARE(ended.code, 1);
    QVERIFY2(ended.err.contains("no service within 10 s"), qPrintable(ended.err));
    QVERIFY(!QFile::exists(m_folder.filePath("none.png")));
  }

  void pictureOfALostService() {
    const auto file = m_folder.filePath("lost.png");
    QCOMPARE(run({"--socket", m_folder.filePath("nobody"), "--screenshot", file}).code, 0);
    QVERIFY(!QImage(file).isNull());
  }

  void noPictureWhereNobodyMayWrite() {
    const auto ended =
        run({"--socket", m_folder.filePath("nobody"), "--screenshot", m_folder.filePath("no/where.png")});
    QCOMPARE(ended.code, 1);
    QVERIFY2(ended.err.contains("no/where.png"), qPrintable(ended.err));
  }

  void reportsItsFirstFrameAndEndsInTime() {
    QElapsedTimer clock;
    clock.start();
    const auto ended = run({"--socket", m_folder.filePath("nobody"), "--first-frame-report", "--quit-after", "0.5"});
    QCOMPARE(ended.code, 0);
    QVERIFY2(ended.out.contains("first_frame_monotonic_ns"), qPrintable(ended.out));
    QVERIFY(clock.elapsed() >= 500);
  }

  void wrongOptions_data() {
    QTest::addColumn<QStringList>("arguments");
    QTest::addColumn<QString>("said");
    QTest::newRow("unknown") << QStringList{"--hurry"} << "hurry";
    QTest::newRow("size") << QStringList{"--size", "big"} << "1280x800";
    QTest::newRow("seconds") << QStringList{"--quit-after", "soon"} << "--quit-after";
    QTest::newRow("theme") << QStringList{"--theme", "pink"} << "light, dark";
    QTest::newRow("left over") << QStringList{"hello"} << "hello";
  }
  void wrongOptions() {
    QFETCH(QStringList, arguments);
    QFETCH(QString, said);
    const auto ended = run(arguments);
    QCOMPARE(ended.code, 2);
    QVERIFY2(ended.err.contains(said) && ended.err.contains("--help"), qPrintable(ended.err));
  }

  void helpAndVersion() {
    const auto help = run({"--help"});
    QCOMPARE(help.code, 0);
    for (const auto* option : {"--socket", "--screenshot", "--size", "--after-connected", "--quit-after",
                               "--first-frame-report", "--renderer", "--theme", "--scale"}) {
      QVERIFY2(help.out.contains(option), option);
    }
    QVERIFY(run({"--version"}).out.startsWith("lull-dashboard "));
  }
};

QTEST_GUILESS_MAIN(TestDashboard)
#include "test_dashboard.moc"
