// SPDX-License-Identifier: Apache-2.0
// The service's side of the governor page, and what a crash leaves of it.
#include "process/child.h"
#include "runtimes/gate.h"
#include "runtimes/leftovers.h"

#include <QTemporaryDir>
#include <QtTest>

#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>
#include <algorithm>
#include <csignal>
#include <fstream>

using namespace lull;

namespace {

// The governor's side of the same page.
struct Mapping {
  explicit Mapping(int fd)
      : page(static_cast<governor::Page*>(
            mmap(nullptr, governor::kPageBytes, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0))) {}
  ~Mapping() { munmap(page, governor::kPageBytes); }
  governor::Page* page;
};

std::filesystem::path folderOf(const QTemporaryDir& dir) { return dir.path().toStdString(); }

}  // namespace

class TestGate : public QObject {
  Q_OBJECT

private slots:
  // A worker holds its page as a file, and may cut it short.
  void aPageCutShortIsNoPageAnyMore() {
    const QTemporaryDir dir;
    auto gate = runtimes::Gate::create(folderOf(dir), "t-1.a", {});
    QVERIFY(gate.ok());
    gate->open(SystemClock().now().instant);
    QVERIFY(gate->isIntact());
    QVERIFY(gate->isOpen());
    QCOMPARE(::ftruncate(gate->fd(), 0), 0);
    QVERIFY(!gate->isIntact());  // and this program lives
    QVERIFY(!gate->isOpen());
    gate->close(SystemClock().now().instant);
    QCOMPARE(gate->gpuNs(), std::uint64_t{0});
  }

  void beginsClosedAndValid() {
    QTemporaryDir dir;
    auto gate = runtimes::Gate::create(
        folderOf(dir), "t-1.a",
        {.inFlightCap = 2, .memoryLimit = 7, .slice = std::chrono::milliseconds(3), .leaveWhole = true});
    QVERIFY(gate.ok());
    const Mapping theirs(gate->fd());
    QVERIFY(governor::isValid(*theirs.page));
    QVERIFY(!gate->isOpen());
    QCOMPARE(theirs.page->inFlightCap.load(), 2U);
    QCOMPARE(theirs.page->memoryLimitBytes.load(), 7U);
    QCOMPARE(theirs.page->sliceNs.load(), 3'000'000U);
    QCOMPARE(theirs.page->leaveWhole.load(), 1U);
    QVERIFY(theirs.page->graceNs.load() > theirs.page->heartbeatLimitNs.load());
  }

  void dutyAndFiguresPassThroughThePage() {
    QTemporaryDir dir;
    auto gate = runtimes::Gate::create(folderOf(dir), "t-1.a", {});
    const Mapping theirs(gate->fd());
    QCOMPARE(gate->figures().dutyPercent, 100U);
    QVERIFY(!gate->figures().stopMs(0.5));
    gate->setDuty(40);
    QCOMPARE(theirs.page->dutyPercent.load(), 40U);
    theirs.page->slices.store(12);
    theirs.page->unknownCommands.store(3);
    for (const std::uint64_t ms : {2, 2, 2, 9}) {
      theirs.page->stopHistogram[governor::stopBucket(ms * 1'000'000)].fetch_add(1);
    }
    const auto figures = gate->figures();
    QCOMPARE(figures.dutyPercent, 40U);
    QCOMPARE(figures.slices, 12U);
    QCOMPARE(figures.unknownCommands, 3U);
    QCOMPARE(figures.stopCount(), 4U);
    QVERIFY(*figures.stopMs(0.5) > 2 && *figures.stopMs(0.5) < 3);
    QCOMPARE(figures.stopMs(0.75), figures.stopMs(0.5));
    QVERIFY(*figures.stopMs(0.99) > 9 && *figures.stopMs(0.99) < 13);
  }

  void figuresOfSeveralWorkersAddUp() {
    runtimes::GovernorFigures sum{.dutyPercent = 50, .submits = 1, .uncut = 2};
    sum.stops[3] = 1;
    runtimes::GovernorFigures newer{.dutyPercent = 80, .depth = 2, .submits = 10, .passedUngoverned = 4};
    newer.stops[3] = 1;
    newer.stops[governor::kStopBuckets - 1] = 1;
    sum += newer;
    QCOMPARE(sum.dutyPercent, 80U);
    QCOMPARE(sum.depth, 2U);
    QCOMPARE(sum.submits, 11U);
    QCOMPARE(sum.uncut, 2U);
    QCOMPARE(sum.passedUngoverned, 4U);
    QCOMPARE(sum.stopCount(), 3U);
    QVERIFY(*sum.stopMs(1) > 1000);  // beyond all limits: the last one is told
  }

  void eachTurnRaisesTheEpochAndRepetitionDoesNot() {
    QTemporaryDir dir;
    auto gate = runtimes::Gate::create(folderOf(dir), "t-1.a", {});
    QVERIFY(gate.ok());
    const Mapping theirs(gate->fd());
    gate->open(instantFromNs(100));
    const auto opened = theirs.page->gate.load();
    QVERIFY(governor::isOpen(opened));
    gate->open(instantFromNs(200));
    QCOMPARE(theirs.page->gate.load(), opened);
    QCOMPARE(toNs(gate->changedAt()), 100);
    gate->close(instantFromNs(300));
    QVERIFY(theirs.page->gate.load() != opened && !gate->isOpen());
    QCOMPARE(toNs(gate->changedAt()), 300);
  }

  void openingBeats() {
    QTemporaryDir dir;
    auto gate = runtimes::Gate::create(folderOf(dir), "t-1.a", {});
    const Mapping theirs(gate->fd());
    gate->open(instantFromNs(5000));
    QCOMPARE(theirs.page->heartbeatNs.load(), 5000U);
    gate->beat(instantFromNs(6000));
    QCOMPARE(theirs.page->heartbeatNs.load(), 6000U);
  }

  void onlyTheRightAcknowledgementCounts() {
    QTemporaryDir dir;
    auto gate = runtimes::Gate::create(folderOf(dir), "t-1.a", {});
    const Mapping theirs(gate->fd());
    gate->open(instantFromNs(1));
    gate->close(instantFromNs(2));
    QCOMPARE(toNs(*gate->drainedAt()), 2);  // nothing was ever attached
    theirs.page->attached.store(1);
    QVERIFY(!gate->drainedAt());
    const auto first = theirs.page->gate.load();
    theirs.page->drainedAtNs.store(9);
    theirs.page->drained.store(first);
    QCOMPARE(toNs(*gate->drainedAt()), 9);
    gate->open(instantFromNs(10));
    QVERIFY(!gate->drainedAt());
    gate->close(instantFromNs(11));
    QVERIFY(!gate->drainedAt());  // the acknowledgement of an earlier closing
  }

  void aSecondWorkerOfTheSameSessionIsRefused() {
    QTemporaryDir dir;
    auto first = runtimes::Gate::create(folderOf(dir), "t-1.a", {});
    QVERIFY(first.ok());
    QVERIFY(!runtimes::Gate::create(folderOf(dir), "t-1.a", {}).ok());
  }

  void leftoversTellWhatWasMeteredUntilItIsRecorded() {
    QTemporaryDir dir;
    {
      auto gate = runtimes::Gate::create(folderOf(dir), "t-1.a", {});
      Mapping(gate->fd()).page->gpuNs.store(123456);
      gate->keepCpuTime(654321);
    }
    std::ofstream(folderOf(dir) / "t-3.c.page") << "not a page";
    std::ofstream(folderOf(dir) / "holiday.jpg") << "somebody's file";
    for (int start = 0; start < 2; ++start) {  // a service that dies before it has recorded them loses nothing
      auto found = runtimes::collectLeftovers(folderOf(dir));
      std::ranges::sort(found, {}, &runtimes::Leftover::session);
      QCOMPARE(found.size(), 2U);
      QCOMPARE(found[0].session, std::string("t-1.a"));
      QCOMPARE(found[0].gpuNs, 123456U);
      QCOMPARE(found[0].cpuNs, 654321U);
      QCOMPARE(found[1].gpuNs, 0U);
    }
    for (const auto* session : {"t-1.a", "t-3.c"}) runtimes::forgetWorker(folderOf(dir), session);
    QVERIFY(runtimes::collectLeftovers(folderOf(dir)).empty());
    QVERIFY(std::filesystem::exists(folderOf(dir) / "holiday.jpg"));
  }

  void aWorkerLeftBehindIsEndedAndAStrangerIsNot() {
    QTemporaryDir dir;
    const pid_t left = fork();
    if (left == 0) {
      for (;;) pause();
    }
    const pid_t stranger = fork();
    if (stranger == 0) {
      for (;;) pause();
    }
    QVERIFY(runtimes::noteWorker(folderOf(dir), "t-1.a", left).ok());
    // A note whose pid has been given to somebody else: the start time does not match.
    std::ofstream(folderOf(dir) / "t-2.b.worker") << stranger << " 1";
    QVERIFY(runtimes::collectLeftovers(folderOf(dir)).empty());
    int status = 0;
    QCOMPARE(waitpid(left, &status, 0), left);
    QVERIFY(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);
    QCOMPARE(waitpid(stranger, &status, WNOHANG), 0);
    kill(stranger, SIGKILL);
    waitpid(stranger, &status, 0);
  }
};

QTEST_GUILESS_MAIN(TestGate)
#include "test_gate.moc"
