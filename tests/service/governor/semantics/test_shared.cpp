// SPDX-License-Identifier: Apache-2.0
// What others have a hand in, under the governor: the cases "shared." on a software GPU that pretends to share, and
// what the page says of them.
#include "fakes/test_worker.h"
#include "fakes/vulkan_program.h"
#include "governor/trace.h"
#include "service/governor/semantics/harness.h"
#include "service/governor/semantics/toggler.h"

#include <QtTest>

#include <QTemporaryFile>

#include <memory>

using namespace lull;
using namespace lull::semantics;
using fakes::kPatience;
using fakes::ServicePage;
using fakes::VulkanProgram;

namespace {

const std::vector<std::string> kPretending{"LULL_PRETEND_SHARING=1", "LULL_PRETEND_QUEUES=2"};
const std::vector<std::string> kNames{"shared.waited_for",          "shared.signalled_for_others",
                                      "shared.fence_of_what_waits", "shared.unheard_of_behind_a_wait",
                                      "shared.presented",           "shared.lost"};

Mode governed(ServicePage& page, const std::vector<std::string>& more = {}) {
  Mode mode{.layers = {governor::kLayerName, fakes::kPretendedGpu}, .environment = kPretending, .page = &page};
  mode.environment.insert(mode.environment.end(), more.begin(), more.end());
  return mode;
}

}  // namespace

class TestShared : public QObject {
  Q_OBJECT
private slots:
  void initTestCase() {
    m_plain = runCases({.layers = {fakes::kPretendedGpu}, .environment = kPretending}, kNames);
    QVERIFY2(failures(m_plain).empty() && skipped(m_plain).empty(), failures(m_plain).c_str());
  }
  void sameUnderTheGovernor_data() {
    QTest::addColumn<bool>("toggled");
    QTest::addColumn<QString>("variable");
    QTest::newRow("as it is") << false << "";
    QTest::newRow("own chunks") << false << "LULL_GOVERNOR_CUT=every";
    QTest::newRow("time stamps") << false << "LULL_GOVERNOR_STAMPS=1";
    QTest::newRow("gate toggled") << true << "";
  }
  void sameUnderTheGovernor() {
    QFETCH(bool, toggled);
    QFETCH(QString, variable);
    ServicePage page;
    page.open();
    std::unique_ptr<Toggler> toggler;
    if (toggled) toggler = std::make_unique<Toggler>(page, Toggler::Limits{});
    std::vector<std::string> more;
    if (!variable.isEmpty()) more.push_back(variable.toStdString());
    const std::string different = differences(m_plain, runCases(governed(page, more), kNames));
    QVERIFY2(different.empty(), different.c_str());
    QCOMPARE(page.page().inFlight.load(), std::uint64_t{0});
  }
  // Work that waits for somebody else is not in flight meanwhile, nor is its waiting metered: the gate closes at once,
  // and when the signal has come nothing runs until it opens.
  void whatWaitsForOthersIsNotInFlight_data() {
    QTest::addColumn<QString>("variable");
    QTest::newRow("by completions") << "";
    QTest::newRow("by time stamps") << "LULL_GOVERNOR_STAMPS=1";
  }
  void whatWaitsForOthersIsNotInFlight() {
    QFETCH(QString, variable);
    ServicePage page;
    page.open();
    std::vector<std::string> more{"LULL_SEMANTICS_LED=1"};
    if (!variable.isEmpty()) more.push_back(variable.toStdString());
    VulkanProgram program(semanticsCommand({kNames[0]}), environmentOf(governed(page, more)), &page);
    std::optional<std::string> line = program.reply();
    while (line && *line != "WAITING shared") line = program.reply();
    QVERIFY(line);
    QVERIFY(QTest::qWaitFor([&] { return page.page().inFlight.load() == 0; }, 20'000));
    QTest::qWait(3000);  // what must not be metered
    QVERIFY(page.waitDrained(page.close(), kPatience));
    const std::uint64_t slices = page.page().slices.load();
    program.send("go on");
    QVERIFY(!program.reply(std::chrono::milliseconds(300)));
    QCOMPARE(page.page().slices.load(), slices);
    QCOMPARE(page.page().inFlight.load(), std::uint64_t{0});
    page.open();
    std::string last;
    while (const auto text = program.reply()) last = *text;
    QCOMPARE(last, "PASS " + kNames[0] + " " + m_plain.at(kNames[0]).text);
    QVERIFY2(page.page().gpuNs.load() < 2'500'000'000, std::to_string(page.page().gpuNs.load()).c_str());
    QCOMPARE(page.page().passedUngoverned.load(), std::uint64_t{0});
  }
  // Dispatches that may be skipped say nothing of what they cost: they are among no slice's known works.
  void whatMayBeSkippedIsNotLearned() {
    QTemporaryFile file;
    QVERIFY(file.open());
    QVERIFY(file.resize(static_cast<qint64>(governor::kTraceBytes)));
    ServicePage page;
    page.open();
    const std::string variable = std::string(governor::kTraceVariable) + "=" + file.fileName().toStdString();
    const Report report =
        runCases({.layers = {governor::kLayerName}, .environment = {variable}, .page = &page}, {"nesting.conditional"});
    QVERIFY2(failures(report).empty() && skipped(report).empty(), failures(report).c_str());
    const auto* trace = reinterpret_cast<const governor::Trace*>(file.map(0, file.size()));
    QVERIFY(trace != nullptr);
    std::uint64_t works = 0;
    for (std::uint64_t i = 0; i < trace->written.load(); ++i) works += trace->slices[i].works;
    QCOMPARE(works, std::uint64_t{8});  // of 20: four times two that are surely done, three that are not
  }

private:
  Report m_plain;
};

QTEST_GUILESS_MAIN(TestShared)
#include "test_shared.moc"
