// SPDX-License-Identifier: Apache-2.0
// The layer inside a program that knows nothing of it, on the software GPU.
#include "fakes/test_worker.h"
#include "fakes/vulkan_program.h"
#include "governor/controls.h"
#include "governor/trace.h"

#include <QtTest>

#include <signal.h>
#include <sys/wait.h>

#include <thread>

using namespace lull;
using namespace lull::fakes;

namespace {

constexpr std::chrono::milliseconds kMoment{150};

std::vector<std::string> hostCommand() {
  return {(buildFolder() / "tests/lull_vulkan_host").string(), (buildFolder() / "tests/kernels/burn.spv").string()};
}

std::vector<std::string> governed(std::vector<std::string> more = {}) {
  auto environment = vulkanEnvironment();
  environment.push_back(std::string("VK_INSTANCE_LAYERS=") + governor::kLayerName);
  environment.insert(environment.end(), more.begin(), more.end());
  return environment;
}

// Two queues, which are one in the driver: a wait that is handed over before what it waits for never ends.
std::vector<std::string> twoQueues(std::vector<std::string> more = {}) {
  auto environment = vulkanEnvironment({governor::kLayerName, kPretendedGpu});
  environment.push_back("LULL_PRETEND_QUEUES=all:2");
  environment.insert(environment.end(), more.begin(), more.end());
  return environment;
}

std::vector<std::string> stampsIf(bool wanted) {
  return wanted ? std::vector<std::string>{"LULL_GOVERNOR_STAMPS=1"} : std::vector<std::string>{};
}

bool waitFor(const std::function<bool()>& condition) { return QTest::qWaitFor(condition, 60'000); }

}  // namespace

class TestLayer : public QObject {
  Q_OBJECT
private slots:
  // Two would answer for each other's work.
  void aPageServesOneProcessAtATime() {
    ServicePage page;
    page.open();
    VulkanProgram first(hostCommand(), governed(), &page);
    QCOMPARE(first.ask("start"), std::string("ok"));
    VulkanProgram second(hostCommand(), governed(), &page);
    QCOMPARE(second.ask("start"), std::string("error vkCreateDevice gave -3"));
    QCOMPARE(page.page().attached.load(), 1U);
    QCOMPARE(first.ask("work 1 1"), std::string("ok"));
    QCOMPARE(first.ask("wait"), std::string("ok"));
    QCOMPARE(first.ask("destroy"), std::string("ok"));
    VulkanProgram third(hostCommand(), governed(), &page);
    QCOMPARE(third.ask("start"), std::string("ok"));
    QCOMPARE(third.ask("work 1 1"), std::string("ok"));
    QCOMPARE(third.ask("wait"), std::string("ok"));
  }
  void withoutAPageItIsHeldAndEnds_data() {
    QTest::addColumn<QString>("how");
    for (const char* how : {"no page", "no such descriptor", "no number", "other version"}) QTest::newRow(how) << how;
  }
  void withoutAPageItIsHeldAndEnds() {
    QFETCH(QString, how);
    ServicePage page;
    page.page().version = 77;
    page.open();
    std::vector<std::string> more{"LULL_GOVERNOR_GRACE_MS=1500"};
    if (how == "no such descriptor") more.push_back(std::string(governor::kPageFdVariable) + "=777");
    if (how == "no number") more.push_back(std::string(governor::kPageFdVariable) + "=page");
    VulkanProgram program(hostCommand(), governed(more), how == "other version" ? &page : nullptr);
    QCOMPARE(program.ask("start"), std::string("ok"));
    QCOMPARE(program.ask("empty"), std::string("ok"));  // carries no work
    QCOMPARE(program.ask("wait"), std::string("ok"));
    QCOMPARE(program.ask("work 1 1"), std::string("ok"));
    QCOMPARE(program.ask("fence"), std::string("pending"));
    program.send("wait");
    QVERIFY(!program.reply(kMoment));
    const auto status = program.waitExit();
    QVERIFY(status && WIFEXITED(*status));
    QCOMPARE(WEXITSTATUS(*status), governor::kExitWithoutService);
  }
  void aServiceThatStaysDeadEndsTheProgram() {
    ServicePage page;
    page.page().heartbeatLimitNs.store(50'000'000);
    page.page().graceNs.store(1'000'000'000);
    page.open();
    VulkanProgram program(hostCommand(), governed(), &page);
    QCOMPARE(program.ask("start"), std::string("ok"));
    const auto status = program.waitExit();
    QVERIFY(status && WIFEXITED(*status));
    QCOMPARE(WEXITSTATUS(*status), governor::kExitWithoutService);
  }
  void theGateHoldsAndIsAcknowledged_data() {
    QTest::addColumn<QString>("verb");
    QTest::addColumn<bool>("stamps");
    for (const char* verb : {"work", "nofence", "submit2"}) {
      QTest::newRow(verb) << verb << false;
      QTest::addRow("%s, time stamps", verb) << verb << true;
    }
  }
  void theGateHoldsAndIsAcknowledged() {
    QFETCH(QString, verb);
    QFETCH(bool, stamps);
    ServicePage page;
    VulkanProgram program(hostCommand(), governed(stampsIf(stamps)), &page);
    QCOMPARE(page.page().attached.load(), 0U);
    QCOMPARE(program.ask("start"), std::string("ok"));
    QCOMPARE(page.page().attached.load(), 1U);
    QCOMPARE(program.ask(verb.toStdString() + " 10 100"), std::string("ok"));  // the program is not held up
    program.send("idle");
    QVERIFY(!program.reply(kMoment));
    QCOMPARE(page.page().submits.load(), std::uint64_t{0});
    QCOMPARE(page.page().slices.load(), std::uint64_t{0});
    page.open();
    QCOMPARE(program.reply(), std::optional<std::string>("ok"));
    QCOMPARE(program.ask("wait"), std::string("ok"));
    QCOMPARE(program.ask("count"), std::string("10"));
    QVERIFY(page.waitDrained(page.close(), kPatience));  // closed while idle
    QCOMPARE(page.page().submits.load(), std::uint64_t{1});
    QCOMPARE(page.page().inFlight.load(), std::uint64_t{0});
    QVERIFY(page.page().gpuNs.load() > 0);
    QCOMPARE(page.page().passedUngoverned.load(), std::uint64_t{0});
    QCOMPARE(program.ask("destroy"), std::string("ok"));
    QCOMPARE(page.page().attached.load(), 0U);
  }
  void aTraceTellsEachSlice() {
    QTemporaryFile file;
    QVERIFY(file.open());
    QVERIFY(file.resize(static_cast<qint64>(governor::kTraceBytes)));
    ServicePage page;
    page.open();
    const std::string variable = std::string(governor::kTraceVariable) + "=" + file.fileName().toStdString();
    VulkanProgram program(hostCommand(), governed({variable}), &page);
    QCOMPARE(program.ask("start"), std::string("ok"));
    QCOMPARE(program.ask("work 10 100"), std::string("ok"));
    QCOMPARE(program.ask("wait"), std::string("ok"));
    QVERIFY(page.waitDrained(page.close(), kPatience));
    const auto* trace = reinterpret_cast<const governor::Trace*>(file.map(0, file.size()));
    QVERIFY(trace != nullptr);
    const std::uint64_t written = trace->written.load();
    QVERIFY(written > 0);
    QCOMPARE(written, page.page().slices.load());
    std::uint64_t busyNs = 0;
    for (std::uint64_t i = 0; i < written; ++i) {
      const auto& slice = trace->slices[i];
      QVERIFY(slice.handedNs > 0 && slice.handedNs <= slice.doneNs);
      busyNs += slice.busyNs;
    }
    QCOMPARE(busyNs, page.page().gpuNs.load());
    QVERIFY(trace->slices[0].works > 0);
  }
  void drainedComesAfterTheWorkAndNotBefore() {
    ServicePage page;
    page.open();
    VulkanProgram program(hostCommand(), governed({"LULL_GOVERNOR_CUT=off"}), &page);
    QCOMPARE(program.ask("start"), std::string("ok"));
    QCOMPARE(program.ask("work 20000 20000"), std::string("ok"));  // long: many milliseconds
    const std::uint32_t word = page.close();
    QVERIFY(page.page().drained.load() != word);
    QVERIFY(page.waitDrained(word, kPatience));
    QCOMPARE(program.ask("fence"), std::string("signalled"));
    QCOMPARE(program.ask("count"), std::string("20000"));
  }
  // Cut, it stops on the way, and goes on from there.
  void drainedComesAfterAPartOfTheWork() {
    ServicePage page;
    page.open();
    VulkanProgram program(hostCommand(), governed(), &page);
    QCOMPARE(program.ask("start"), std::string("ok"));
    QCOMPARE(program.ask("work 4000 20000"), std::string("ok"));
    QVERIFY(page.waitDrained(page.close(), kPatience));
    const std::string done = program.ask("count");
    program.send("wait");
    QVERIFY(!program.reply(kMoment));
    page.open();
    QCOMPARE(program.reply(), std::optional<std::string>("ok"));
    QCOMPARE(program.ask("fence"), std::string("signalled"));
    QCOMPARE(program.ask("count"), std::string("4000"));
    QVERIFY(done != "4000");
  }
  void theCapHoldsTheSecondBack() {
    ServicePage page;
    page.page().inFlightCap.store(1);
    page.open();
    VulkanProgram program(hostCommand(), governed(), &page);
    QCOMPARE(program.ask("start"), std::string("ok"));
    for (int i = 0; i < 20; ++i) {
      program.send("work 500 2000");
      while (!program.reply(std::chrono::milliseconds(1))) QVERIFY(page.page().inFlight.load() <= 1);
      QVERIFY(page.page().inFlight.load() <= 1);
    }
    QCOMPARE(program.ask("wait"), std::string("ok"));
    QCOMPARE(program.ask("count"), std::string("10000"));
    QCOMPARE(page.page().submits.load(), std::uint64_t{20});
  }
  // The time metered is that of the work: not the pauses between, nor more than the clock on the wall.
  void meteredTimeIsBusyTime_data() {
    QTest::addColumn<bool>("stamps");
    QTest::newRow("by completions") << false;
    QTest::newRow("by time stamps") << true;
  }
  void meteredTimeIsBusyTime() {
    QFETCH(bool, stamps);
    ServicePage page;
    page.page().inFlightCap.store(4);
    page.open();
    VulkanProgram program(hostCommand(), governed(stampsIf(stamps)), &page);
    QCOMPARE(program.ask("start"), std::string("ok"));
    QCOMPARE(program.ask("work 1 1"), std::string("ok"));  // the driver compiles
    QCOMPARE(program.ask("wait"), std::string("ok"));
    QVERIFY(waitFor([&] { return page.page().inFlight.load() == 0; }));
    const std::uint64_t before = page.page().gpuNs.load();
    QElapsedTimer wall;
    wall.start();
    for (int i = 0; i < 8; ++i) QCOMPARE(program.ask("work 4000 5000"), std::string("ok"));
    QCOMPARE(program.ask("wait"), std::string("ok"));
    QVERIFY(waitFor([&] { return page.page().inFlight.load() == 0; }));
    const auto busyWall = static_cast<std::uint64_t>(wall.nsecsElapsed());
    const std::uint64_t metered = page.page().gpuNs.load() - before;
    QVERIFY2(metered <= busyWall, qPrintable(QString("%1 of %2").arg(metered).arg(busyWall)));
    QVERIFY2(metered >= busyWall / 3, qPrintable(QString("%1 of %2").arg(metered).arg(busyWall)));
    std::this_thread::sleep_for(std::chrono::seconds(3));  // the pause that must not be metered
    QCOMPARE(program.ask("work 1 1"), std::string("ok"));
    QCOMPARE(program.ask("wait"), std::string("ok"));
    QVERIFY(waitFor([&] { return page.page().inFlight.load() == 0; }));
    QVERIFY(page.page().gpuNs.load() - before - metered < 2'500'000'000);
  }
  void aLostHeartbeatParksAndABeatGoesOn() {
    ServicePage page;
    page.page().heartbeatLimitNs.store(100'000'000);
    page.open();
    VulkanProgram program(hostCommand(), governed(), &page);
    QCOMPARE(program.ask("start"), std::string("ok"));
    page.page().heartbeatNs.fetch_sub(500'000'000);
    QCOMPARE(program.ask("work 3 1"), std::string("ok"));
    program.send("wait");
    QVERIFY(!program.reply(kMoment));
    QCOMPARE(page.page().submits.load(), std::uint64_t{0});
    page.page().heartbeatLimitNs.store(3'600'000'000'000);
    page.beat();
    QCOMPARE(program.reply(), std::optional<std::string>("ok"));
  }
  void fencesKeepTheirMeaning() {
    ServicePage page;
    page.open();
    VulkanProgram program(hostCommand(), governed(), &page);
    QCOMPARE(program.ask("start"), std::string("ok"));
    for (int i = 1; i <= 50; ++i) {
      QCOMPARE(program.ask("work 3 10"), std::string("ok"));
      QCOMPARE(program.ask("wait"), std::string("ok"));
      QCOMPARE(program.ask("fence"), std::string("signalled"));
      QCOMPARE(program.ask("count"), std::to_string(3 * i));  // signalled means done
    }
    QVERIFY(page.waitDrained(page.close(), kPatience));
    QCOMPARE(program.ask("empty"), std::string("ok"));  // a fence without work is no matter of the gate
    QCOMPARE(program.ask("wait"), std::string("ok"));
  }
  void timelinesKeepTheirMeaning_data() {
    QTest::addColumn<quint32>("cap");
    QTest::addColumn<bool>("stamps");
    QTest::newRow("cap 1") << 1U << false;
    QTest::newRow("cap 2") << 2U << false;
    QTest::newRow("cap 2, time stamps") << 2U << true;
  }
  void timelinesKeepTheirMeaning() {
    QFETCH(quint32, cap);
    QFETCH(bool, stamps);
    ServicePage page;
    page.page().inFlightCap.store(cap);
    page.open();
    VulkanProgram program(hostCommand(), governed(stampsIf(stamps)), &page);
    QCOMPARE(program.ask("start"), std::string("ok"));
    for (int i = 0; i < 3; ++i) QCOMPARE(program.ask("timeline"), std::string("patient 2"));
    QVERIFY(page.waitDrained(page.close(), kPatience));
  }
  // What waits for the program is not in flight: the GPU is given back at once, and goes on where it was.
  void waitBeforeSignalAcrossAClosedGate() {
    ServicePage page;
    page.open();
    VulkanProgram program(hostCommand(), governed(), &page);
    QCOMPARE(program.ask("start"), std::string("ok"));
    QCOMPARE(program.ask("hold"), std::string("ok"));
    QCOMPARE(program.ask("work 3 1"), std::string("ok"));  // behind it on the same queue
    QCOMPARE(page.page().inFlight.load(), std::uint64_t{0});
    QVERIFY(page.waitDrained(page.close(), kPatience));
    QCOMPARE(program.ask("let"), std::string("ok"));
    program.send("wait");
    QVERIFY(!program.reply(kMoment));
    QCOMPARE(page.page().submits.load(), std::uint64_t{0});
    page.open();
    QCOMPARE(program.reply(), std::optional<std::string>("ok"));
    QCOMPARE(program.ask("count"), std::string("4"));
    QCOMPARE(page.page().passedUngoverned.load(), std::uint64_t{0});
  }
  // Only what the program asks for is waited for, not what it will let go on afterwards.
  void aQueryIsThereBeforeWhatWaitsBehindIt() {
    ServicePage page;
    VulkanProgram program(hostCommand(), governed(), &page);
    QCOMPARE(program.ask("start"), std::string("ok"));
    program.send("stamp");
    QVERIFY(!program.reply(kMoment));
    page.open();
    QCOMPARE(program.reply(std::chrono::seconds(20)), std::optional<std::string>("stamped"));
    QCOMPARE(program.ask("wait"), std::string("ok"));
    QCOMPARE(program.ask("count"), std::string("1"));
  }
  void queuesThatWaitForEachOtherDrain_data() {
    QTest::addColumn<quint32>("cap");
    QTest::addColumn<bool>("stamps");
    for (const quint32 cap : {0U, 1U, 2U, 6U}) QTest::addRow("cap %u", cap) << cap << false;
    QTest::newRow("time stamps") << 2U << true;
  }
  void queuesThatWaitForEachOtherDrain() {
    QFETCH(quint32, cap);
    QFETCH(bool, stamps);
    ServicePage page;
    page.page().inFlightCap.store(cap);
    VulkanProgram program(hostCommand(), twoQueues(stampsIf(stamps)), &page);
    QCOMPARE(program.ask("start 2"), std::string("ok"));
    for (int round = 0; round < 6; ++round) {
      QCOMPARE(program.ask("cross 10 3000"), std::string("ok"));
      const std::uint64_t goal = page.page().slices.load() + 7;
      page.open();
      QVERIFY(waitFor([&] { return page.page().slices.load() >= goal; }));
      QVERIFY(page.waitDrained(page.close(), kPatience));
      QCOMPARE(page.page().inFlight.load(), std::uint64_t{0});
      const std::uint64_t slices = page.page().slices.load();
      QVERIFY(!program.reply(std::chrono::milliseconds(20)));
      QCOMPARE(page.page().slices.load(), slices);
    }
    page.open();
    QCOMPARE(program.ask("wait"), std::string("ok"));
    QCOMPARE(program.ask("idle"), std::string("ok"));
    QCOMPARE(program.ask("count"), std::string("240"));
    QCOMPARE(page.page().submits.load(), std::uint64_t{240});
    QCOMPARE(page.page().passedUngoverned.load(), std::uint64_t{0});
    QCOMPARE(program.ask("destroy"), std::string("ok"));
  }
  void aParkedProgramThatSpinsUsesNoCpu() {
    ServicePage page;
    VulkanProgram program(hostCommand(), governed(), &page);
    QCOMPARE(program.ask("start"), std::string("ok"));
    QCOMPARE(program.ask("work 1 1"), std::string("ok"));
    const auto words = QString::fromStdString(program.ask("spin 2000")).split(' ');
    QCOMPARE(words.size(), 2);
    QVERIFY2(words[0].toInt() < 100, qPrintable(words[0]));  // 2,000 ms at up to 50 ms each
    QVERIFY2(words[1].toInt() < 60, qPrintable(words[1]));   // ms of CPU time
    page.open();
    QCOMPARE(program.ask("spin 60000"), std::string("done"));
  }
  void theDutyIsHeld() {
    ServicePage page;
    page.open();
    VulkanProgram program(hostCommand(), governed(), &page);
    QCOMPARE(program.ask("start"), std::string("ok"));
    QVERIFY(!program.ask("burst 20 50000").empty());  // the driver compiles, lengths are learned
    governor::setDuty(page.page(), 20);
    const std::uint64_t before = page.page().gpuNs.load();
    QElapsedTimer wall;
    wall.start();
    while (wall.elapsed() < 3000) QVERIFY(!program.ask("burst 20 50000").empty());
    const double share =
        static_cast<double>(page.page().gpuNs.load() - before) / static_cast<double>(wall.nsecsElapsed());
    QVERIFY2(share < 0.3 && share > 0.05, qPrintable(QString::number(share)));
  }
  void memoryIsMetered() {
    ServicePage page;
    page.open();
    VulkanProgram program(hostCommand(), governed(), &page);
    QCOMPARE(program.ask("start"), std::string("ok"));
    const std::uint64_t own = page.page().memoryBytes.load();
    QCOMPARE(own, std::uint64_t{65536});
    QCOMPARE(program.ask("allocate 10000000"), std::string("ok"));
    QCOMPARE(program.ask("allocate 5000000"), std::string("ok"));
    QCOMPARE(page.page().memoryBytes.load(), own + 15'000'000);
    QCOMPARE(program.ask("free"), std::string("ok"));
    QCOMPARE(page.page().memoryBytes.load(), own + 10'000'000);
    QCOMPARE(program.ask("free"), std::string("ok"));
    QCOMPARE(program.ask("destroy"), std::string("ok"));
    QCOMPARE(page.page().memoryBytes.load(), std::uint64_t{0});
  }
  // Programs leave as they like; none hangs, none crashes.
  void everyWayOut_data() {
    QTest::addColumn<QStringList>("lines");
    QTest::addColumn<bool>("open");
    QTest::newRow("orderly") << QStringList{"work 5 5", "wait", "destroy", "exit"} << true;
    QTest::newRow("without destroying") << QStringList{"work 5 5", "exit"} << true;
    QTest::newRow("with work in flight") << QStringList{"work 5000 5000", "exit"} << true;
    QTest::newRow("while a thread waits at the gate") << QStringList{"background", "exit"} << false;
    QTest::newRow("twice a device") << QStringList{"destroy", "start", "work 5 5", "wait", "exit"} << true;
  }
  void everyWayOut() {
    QFETCH(QStringList, lines);
    QFETCH(bool, open);
    for (int round = 0; round < 5; ++round) {
      ServicePage page;
      if (open) page.open();
      VulkanProgram program(hostCommand(), governed(), &page);
      QCOMPARE(program.ask("start"), std::string("ok"));
      for (const auto& line : lines) program.send(line.toStdString());
      const auto status = program.waitExit();
      QVERIFY(status);
      QCOMPARE(*status, 0);
    }
  }
  void killedItLeavesAPageThatCanBeRead() {
    ServicePage page;
    page.open();
    VulkanProgram program(hostCommand(), governed(), &page);
    QCOMPARE(program.ask("start"), std::string("ok"));
    QCOMPARE(program.ask("work 100 100"), std::string("ok"));
    QCOMPARE(program.ask("wait"), std::string("ok"));
    QVERIFY(waitFor([&] { return page.page().inFlight.load() == 0; }));
    ::kill(program.pid(), SIGKILL);
    QVERIFY(program.waitExit());
    QVERIFY(governor::isValid(page.page()));
    QVERIFY(page.page().gpuNs.load() > 0);
  }
};

QTEST_GUILESS_MAIN(TestLayer)
#include "test_layer.moc"
