// SPDX-License-Identifier: Apache-2.0
// Recordings are cut, and compute the same as if they were not.
#include "fakes/test_worker.h"
#include "fakes/vulkan_program.h"

#include <QtTest>

#include <fstream>
#include <iterator>

using namespace lull;
using namespace lull::fakes;

namespace {

std::vector<std::string> hostCommand() {
  return {(buildFolder() / "tests/lull_recording_host").string(), (buildFolder() / "tests/kernels/mix.spv").string()};
}

std::vector<std::string> with(std::vector<std::string> environment, const QString& more) {
  if (!more.isEmpty()) environment.push_back(more.toStdString());
  return environment;
}

// What a program without a governor answers.
std::string bare(const std::string& line, const std::vector<std::string>& layers = {}) {
  VulkanProgram program(hostCommand(), vulkanEnvironment(layers), nullptr);
  if (program.ask("start") != "ok") return "it does not start";
  return program.ask(line);
}

struct Figures {
  std::uint64_t chunks = 0;
  std::uint64_t pieces = 0;
  std::uint64_t uncut = 0;
  std::uint64_t unknown = 0;
};

Figures figuresOf(ServicePage& page) {
  return {page.page().chunks.load(), page.page().pieces.load(), page.page().uncut.load(),
          page.page().unknownCommands.load()};
}

}  // namespace

class TestRecording : public QObject {
  Q_OBJECT
private slots:
  void cutItComputesTheSame_data() {
    QTest::addColumn<QString>("line");
    QTest::addColumn<QString>("how");
    QTest::addColumn<bool>("leaveWhole");
    QTest::addColumn<quint64>("leastChunks");
    QTest::addColumn<quint64>("leastPieces");
    for (const char* line : {"chain 20", "copies"}) {
      QTest::addRow("%s, as time goes", line) << line << "" << false << quint64{4} << quint64{2};
      QTest::addRow("%s, each alone", line) << line << "LULL_GOVERNOR_CUT=every" << false << quint64{4} << quint64{0};
      QTest::addRow("%s, single groups", line)
          << line << "LULL_GOVERNOR_SPLIT=1" << false << quint64{4000} << quint64{4000};
      QTest::addRow("%s, not split", line) << line << "LULL_GOVERNOR_SPLIT=off" << false << quint64{2} << quint64{0};
      QTest::addRow("%s, off", line) << line << "LULL_GOVERNOR_CUT=off" << false << quint64{0} << quint64{0};
      QTest::addRow("%s, left whole", line) << line << "" << true << quint64{0} << quint64{0};
    }
  }
  void cutItComputesTheSame() {
    QFETCH(QString, line);
    QFETCH(QString, how);
    QFETCH(bool, leaveWhole);
    QFETCH(quint64, leastChunks);
    QFETCH(quint64, leastPieces);
    const std::string expected = bare(line.toStdString());
    QVERIFY(expected.size() > 10);
    ServicePage page;
    page.page().leaveWhole.store(leaveWhole ? 1 : 0);
    page.open();
    VulkanProgram program(hostCommand(), with(vulkanEnvironment({governor::kLayerName}), how), &page);
    QCOMPARE(program.ask("start"), std::string("ok"));
    QCOMPARE(program.ask(line.toStdString()), expected);
    const Figures figures = figuresOf(page);
    QVERIFY2(figures.chunks >= leastChunks, qPrintable(QString::number(figures.chunks)));
    QVERIFY2(figures.pieces >= leastPieces, qPrintable(QString::number(figures.pieces)));
    if (leastChunks == 0) QCOMPARE(figures.chunks, std::uint64_t{0});
    if (leastPieces == 0) QCOMPARE(figures.pieces, std::uint64_t{0});
    QCOMPARE(figures.uncut, std::uint64_t{0});
    QCOMPARE(figures.unknown, std::uint64_t{0});
  }
  // The chunk in which it stands is begun with all its state, and what follows stays in it.
  void aCommandThatNoRegistryNamesGoesWhereTheOthersGo_data() {
    QTest::addColumn<QString>("how");
    QTest::newRow("as time goes") << "";
    QTest::newRow("each alone") << "LULL_GOVERNOR_CUT=every";
    QTest::newRow("single groups") << "LULL_GOVERNOR_SPLIT=1";
    QTest::newRow("off") << "LULL_GOVERNOR_CUT=off";
  }
  void aCommandThatNoRegistryNamesGoesWhereTheOthersGo() {
    QFETCH(QString, how);
    const std::string expected = bare("strange", {kStrangeCommand});
    QVERIFY(expected.size() > 10);
    ServicePage page;
    page.open();
    VulkanProgram program(hostCommand(), with(vulkanEnvironment({governor::kLayerName, kStrangeCommand}), how), &page);
    QCOMPARE(program.ask("start"), std::string("ok"));
    QCOMPARE(program.ask("strange"), expected);
    const Figures figures = figuresOf(page);
    QCOMPARE(figures.unknown, std::uint64_t{1});
    const bool off = how == "LULL_GOVERNOR_CUT=off";
    QCOMPARE(figures.uncut, off ? std::uint64_t{0} : std::uint64_t{1});
    QCOMPARE(figures.chunks > 1, !off);
  }
  // None is begun between noting it for one and recording it.
  void aRenderPassAloneIsOneChunk() {
    const std::string expected = bare("pass");
    QVERIFY(expected.size() > 10);
    ServicePage page;
    page.open();
    VulkanProgram program(hostCommand(), with(vulkanEnvironment({governor::kLayerName}), "LULL_GOVERNOR_CUT=every"),
                          &page);
    QCOMPARE(program.ask("start"), std::string("ok"));
    QCOMPARE(program.ask("pass"), expected);
    QCOMPARE(figuresOf(page).chunks, std::uint64_t{0});  // counted where there are several
  }
  // A secondary buffer's time is learned as its own, also when another is executed by the same call.
  void secondaryBuffersAreTimedApart() {
    const std::string expected = bare("together 6");
    QVERIFY(expected.size() > 10);
    ServicePage page;
    page.page().sliceNs.store(1'000'000);
    page.open();
    VulkanProgram program(hostCommand(), with(vulkanEnvironment({governor::kLayerName}), "LULL_GOVERNOR_SPLIT=off"),
                          &page);
    QCOMPARE(program.ask("start"), std::string("ok"));
    QCOMPARE(program.ask("together 6"), expected);
    const std::uint64_t before = figuresOf(page).chunks;
    QVERIFY(program.ask("alone").size() > 10);
    const std::uint64_t chunks = figuresOf(page).chunks - before;
    QVERIFY2(chunks >= 4, qPrintable(QString::number(chunks)));
  }
  void aCommandThatIsNotThereStaysAbsent() {
    ServicePage page;
    page.open();
    VulkanProgram program(hostCommand(), vulkanEnvironment({governor::kLayerName}), &page);
    QCOMPARE(program.ask("start"), std::string("ok"));
    QCOMPARE(program.ask("strange"), std::string("absent"));
  }
  // Below the governor validation sees what is replayed.
  void whatIsReplayedIsValid_data() {
    QTest::addColumn<QString>("how");
    QTest::newRow("each alone") << "LULL_GOVERNOR_CUT=every";
    QTest::newRow("as time goes") << "";
  }
  void whatIsReplayedIsValid() {
    if (!hasValidation()) QSKIP("the Khronos validation layer is not installed");
    QFETCH(QString, how);
    QTemporaryDir folder;
    const std::string log = folder.filePath("messages").toStdString();
    std::ofstream(folder.filePath("vk_layer_settings.txt").toStdString())
        << "khronos_validation.debug_action = VK_DBG_LAYER_ACTION_LOG_MSG\n"
        << "khronos_validation.report_flags = error\n"
        << "khronos_validation.enables = VK_VALIDATION_FEATURE_ENABLE_SYNCHRONIZATION_VALIDATION_EXT\n"
        << "khronos_validation.log_filename = " << log << "\n";
    ServicePage page;
    page.open();
    auto environment = with(vulkanEnvironment({governor::kLayerName, kValidation}), how);
    environment.push_back("VK_LAYER_SETTINGS_PATH=" + folder.path().toStdString());
    VulkanProgram program(hostCommand(), environment, &page);
    QCOMPARE(program.ask("start"), std::string("ok"));
    QVERIFY(program.ask("chain 20").size() > 10);
    QVERIFY(program.ask("copies").size() > 10);
    QVERIFY(figuresOf(page).chunks > 1);
    std::ifstream messages(log);
    QVERIFY(messages.is_open());  // validation was there
    const std::string text{std::istreambuf_iterator<char>(messages), {}};
    QVERIFY2(text.find("VUID") == std::string::npos && text.find("SYNC-") == std::string::npos, text.c_str());
  }
};

QTEST_GUILESS_MAIN(TestRecording)
#include "test_recording.moc"
