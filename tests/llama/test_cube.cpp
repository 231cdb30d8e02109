// SPDX-License-Identifier: Apache-2.0
// A program that draws: every frame that vkcube shows under the governor is, pixel by pixel, the one it shows without.
//
// Mesa's screenshot layer keeps the frames. With it vkcube sometimes stands still for ever, bare too (one run in four,
// Mesa 26.1): such a run is begun again. Without it, it must end each time.
#include "llama/modes.h"
#include "llama/need.h"
#include "llama/program.h"

#include <QProcess>
#include <QtTest>

using namespace lull;
using namespace lull::llama;

namespace {

constexpr std::chrono::minutes kPatience{2};
constexpr std::chrono::seconds kStandsStill{8};  // it needs half a second
constexpr int kTries = 8;
constexpr int kFrames = 40;

}  // namespace

class TestCube : public QObject {
  Q_OBJECT
private slots:
  void initTestCase() {
    LULL_NEED_LLAMA();
    m_screen.start("Xvfb", {"-displayfd", "1", "-screen", "0", "640x480x24", "-nolisten", "tcp", "-noreset"});
    QByteArray name;
    const auto named = [&] { return (name += m_screen.readAllStandardOutput()).endsWith('\n'); };
    QVERIFY2(QTest::qWaitFor(named, 60'000), "Xvfb did not start");
    m_display = "DISPLAY=:" + name.trimmed().toStdString();
    m_expected = framesOf({}, nullptr);
    QCOMPARE(m_expected.size(), kFrames);
    QVERIFY(m_expected.first() != m_expected.last());  // it turns
    QVERIFY(framesOf({}, nullptr) == m_expected);
  }
  void cleanupTestCase() {
    m_screen.terminate();
    m_screen.waitForFinished();
  }

  void governedItEnds_data() { modeRows(); }
  void governedItEnds() {
    QFETCH(QString, mode);
    const Mode& how = modeNamed(mode.toStdString());
    fakes::ServicePage page;
    Owner owner(page, how);
    Program program(cube(how.environment, &page));
    const auto status = program.waitExit(kPatience);
    owner.programEnded();
    QVERIFY2(status == 0, program.errors().c_str());
    QVERIFY(page.page().submits.load() >= kFrames);
    QCOMPARE(page.page().passedUngoverned.load(), std::uint64_t{0});
    QCOMPARE(owner.unanswered(), std::uint64_t{0});
  }

  void governedFramesAreTheSame_data() { modeRows(); }
  void governedFramesAreTheSame() {
    QFETCH(QString, mode);
    const Mode& how = modeNamed(mode.toStdString());
    fakes::ServicePage page;
    const Owner owner(page, how);
    const auto frames = framesOf(how.environment, &page);
    QCOMPARE(frames.size(), m_expected.size());
    for (int i = 0; i < kFrames; ++i) QVERIFY2(frames[i] == m_expected[i], qPrintable(QString("frame %1").arg(i)));
  }

private:
  static void modeRows() {
    QTest::addColumn<QString>("mode");
    for (const auto& mode : modes()) QTest::newRow(mode.name.c_str()) << QString::fromStdString(mode.name);
  }

  Launch cube(const std::vector<std::string>& environment, fakes::ServicePage* page) const {
    Launch launch{.program = "vkcube",
                  .arguments = {"--c", std::to_string(kFrames), "--width", "200", "--height", "200", "--wsi", "xcb"},
                  .page = page,
                  .environment = environment};
    launch.environment.push_back(m_display);
    return launch;
  }

  // The governor stands above the layer that takes the pictures, next to the program.
  Launch pictured(const std::vector<std::string>& environment, fakes::ServicePage* page, const QString& folder) const {
    Launch launch = cube(environment, page);
    const std::string ours = page != nullptr ? std::string(governor::kLayerName) + ":" : "";
    launch.environment.push_back("VK_INSTANCE_LAYERS=" + ours + "VK_LAYER_MESA_screenshot");
    launch.environment.push_back("VK_LAYER_PATH=" + layersOfBuild() + ":" +
                                 (rootFolder() / "usr/share/vulkan/explicit_layer.d").string());
    launch.environment.push_back("VK_LAYER_MESA_SCREENSHOT_CONFIG=output_dir=" + folder.toStdString() + ",frames=0-" +
                                 std::to_string(kFrames) + "-1");
    return launch;
  }

  QList<QByteArray> framesOf(const std::vector<std::string>& environment, fakes::ServicePage* page) const {
    for (int i = 0; i < kTries; ++i) {
      const QTemporaryDir folder;
      Program program(pictured(environment, page, folder.path()));
      const auto status = program.waitExit(kStandsStill);
      if (status == 0) return framesIn(folder);
      if (status) qWarning("%s", program.errors().c_str());
      if (status) return {};
    }
    return {};
  }

  static QList<QByteArray> framesIn(const QTemporaryDir& folder) {
    QList<QByteArray> frames;
    for (int i = 0; i < kFrames; ++i) {
      QFile file(folder.filePath(QString("%1.png").arg(i)));
      if (!file.open(QIODevice::ReadOnly)) break;
      frames.push_back(file.readAll());
    }
    return frames;
  }
  static std::string layersOfBuild() { return qEnvironmentVariable("LULL_BUILD_DIR").toStdString() + "/lib"; }

  QProcess m_screen;
  std::string m_display;
  QList<QByteArray> m_expected;
};

QTEST_GUILESS_MAIN(TestCube)
#include "test_cube.moc"
