// SPDX-License-Identifier: Apache-2.0
// lull doctor tries the governor: the real program on the software GPU, and programs that crash, hang or lie.
#include "cli/governor/check.h"
#include "cli/governor/layer.h"

#include "fakes/test_worker.h"

#include <QFile>
#include <QTemporaryDir>
#include <QtTest>

using namespace lull;
using namespace lull::cli;

namespace {

constexpr auto kFirst = "loader 1.3.239\nlayer yes\nstep open Vulkan\n";

Tried tried(const char* then) { return parseTried(std::string(kFirst) + then); }

bool contains(const std::string& text, const char* part) { return text.find(part) != std::string::npos; }

}  // namespace

class TestGovernorCheck : public QObject {
  Q_OBJECT

private slots:
  void initTestCase() {
    for (const auto& variable : fakes::vulkanEnvironment()) {
      const auto text = QString::fromStdString(variable);
      if (!text.startsWith("VK_LAYER_PATH=")) qputenv(text.section('=', 0, 0).toUtf8(), text.section('=', 1).toUtf8());
    }
  }

  void words_data() {
    QTest::addColumn<QByteArray>("said");
    QTest::addColumn<bool>("crashed");
    QTest::addColumn<int>("state");
    QTest::addColumn<QByteArray>("text");
    const auto row = [](const char* name, const char* said, bool crashed, Check::State state, const char* text) {
      QTest::newRow(name) << QByteArray(said) << crashed << static_cast<int>(state) << QByteArray(text);
    };
    using enum Check::State;
    row("works", "gpu 0\tBig GPU\nstep x\nworks 2.31\t5000\nend\n", false, Ok, "Big GPU: gives the GPU back in 2.3 ms");
    row("not metered", "gpu 0\tBig GPU\nworks 2.31\t0\nend\n", false, Note, "not metered");
    row("does not work", "gpu 0\tBig GPU\nfails its work was not done in time\nend\n", false, Problem,
        "Big GPU: its work was not done in time");
    row("crashes", "gpu 0\tBig GPU\nstep open the GPU\n", true, Problem, "while it tried to open the GPU: the driver");
    row("crashes early", "", true, Problem, "while it tried to open Vulkan: the driver");
    row("half a line", "gpu 0\tBig GPU\nwor", true, Problem, "Big GPU");
    row("no instance", "fails vkCreateInstance failed with VkResult -9\n", true, Problem, "VkResult -9");
    row("no GPU", "end\n", false, Note, "no GPU");
  }
  void words() {
    QFETCH(QByteArray, said);
    QFETCH(bool, crashed);
    QFETCH(int, state);
    QFETCH(QByteArray, text);
    const Outcome end = crashed ? Outcome(Error(Error::Kind::Unavailable, "the driver crashed")) : Outcome();
    const auto checks = checksOf(tried(said.constData()), end);
    QCOMPARE(checks.size(), std::size_t{1});
    QCOMPARE(static_cast<int>(checks[0].state), state);
    QVERIFY2(contains(checks[0].text, text.constData()), checks[0].text.c_str());
    QCOMPARE(checks[0].mend.empty(), checks[0].state == Check::State::Ok || text == "no GPU");
  }

  void layerNotFound() {
    const auto checks = checksOf(parseTried("loader 1.1.70\nlayer no\ngpu 0\tx\nfails y\n"), {});
    QCOMPARE(checks.size(), std::size_t{1});
    QVERIFY(contains(checks[0].text, "1.1.70 does not find"));
  }

  void onThisMachine() {
    const auto build = fakes::buildFolder();
    const Interrupt never;
    const auto checks =
        checkGovernor(build / "bin/lull-governor-check", build / "lib", never, {.time = Milliseconds(60'000)});
    QVERIFY(!checks.empty());
    for (const auto& check : checks) {
      QVERIFY2(check.state == Check::State::Ok, check.text.c_str());
      QVERIFY2(contains(check.text, "gives the GPU back in"), check.text.c_str());
    }
  }

  // Without the library behind the manifest the loader goes on without the layer: that must not pass for working.
  void aLayerThatCannotBeLoaded() {
    const QTemporaryDir folder;
    QFile file(folder.filePath(kLayerManifest));
    QVERIFY(file.open(QIODevice::WriteOnly));
    file.write(R"({"file_format_version": "1.2.0", "layer": {"name": "VK_LAYER_LULL_governor", "type": "GLOBAL",
        "library_path": "./gone.so", "api_version": "1.3.230", "implementation_version": "1", "description": "x"}})");
    file.close();
    const Interrupt never;
    const auto checks = checkGovernor(fakes::buildFolder() / "bin/lull-governor-check", folder.path().toStdString(),
                                      never, {.time = Milliseconds(60'000)});
    QVERIFY(!checks.empty());
    for (const auto& check : checks) QVERIFY2(check.state == Check::State::Problem, check.text.c_str());
  }

  void oneDriverCrashes() {
    const auto checks = runScript(
        "if [ $3 = 0 ]; then printf 'loader 1.3\\nlayer yes\\ngpu 0\\tBad\\nstep open the GPU\\n' >&3; kill -SEGV $$; "
        "fi;"
        "[ $3 = 1 ] && printf 'loader 1.3\\nlayer yes\\ngpu 1\\tGood\\nworks 1.5\\t9\\nend\\n' >&3");
    QCOMPARE(checks.size(), std::size_t{2});
    QVERIFY2(contains(checks[0].text, "Bad: while it tried to open the GPU") && contains(checks[0].text, "crashed"),
             checks[0].text.c_str());
    QCOMPARE(checks[1].state, Check::State::Ok);
  }
  void theLastDriverCrashes() {
    const auto checks = runScript(
        "printf 'loader 1.3\\nlayer yes\\n' >&3;"
        "[ $3 = 0 ] && { printf 'gpu 0\\tBad\\nstep open the GPU\\n' >&3; kill -SEGV $$; }; echo end >&3");
    QCOMPARE(checks.size(), std::size_t{1});
    QCOMPARE(checks[0].state, Check::State::Problem);
  }
  void aDriverHangs() {
    const auto checks = runScript(
        "printf 'loader 1.3\\nlayer yes\\ngpu 0\\tStuck\\nstep finish its work\\n' >&3; [ $3 = 0 ] && exec sleep 600",
        300);
    QVERIFY(!checks.empty());
    QVERIFY2(contains(checks[0].text, "Stuck: while it tried to finish its work") &&
                 contains(checks[0].text, "has not ended"),
             checks[0].text.c_str());
  }

private:
  static std::vector<Check> runScript(const QByteArray& script, int limitMs = 20'000) {
    const QTemporaryDir folder;
    QFile file(folder.filePath("check"));
    if (!file.open(QIODevice::WriteOnly)) return {};
    file.write("#!/bin/sh\n" + script + "\n");
    file.close();
    file.setPermissions(file.permissions() | QFileDevice::ExeOwner);
    const Interrupt never;
    return checkGovernor(folder.filePath("check").toStdString(), folder.path().toStdString(), never,
                         {.time = Milliseconds(limitMs)});
  }
};

QTEST_GUILESS_MAIN(TestGovernorCheck)
#include "test_governor_check.moc"
