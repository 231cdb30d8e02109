// SPDX-License-Identifier: Apache-2.0
// take(): which failures count, whose words are kept, and when the next attempt follows.
#include "conductor/conductor.h"

#include <QTest>

#include <tuple>

#include "service/conductor/samples.h"

using namespace lull;
using namespace lull::conductor;
using namespace lull::conductor::samples;

class TestFailures : public QObject {
  Q_OBJECT
private slots:
  void retries_data() {
    QTest::addColumn<int>("kind");
    QTest::addColumn<uint>("attempt");
    QTest::addColumn<qint64>("delayMs");  // -1: failed for good
    QTest::newRow("first") << int{v1::Failure::KIND_DEVICE_LOST} << 1U << qint64{10'000};
    QTest::newRow("second") << int{v1::Failure::KIND_DEVICE_LOST} << 2U << qint64{20'000};
    QTest::newRow("last") << int{v1::Failure::KIND_DEVICE_LOST} << 3U << qint64{-1};
    for (const auto kind : {v1::Failure::KIND_OUT_OF_MEMORY, v1::Failure::KIND_TIMED_OUT, v1::Failure::KIND_WORKER_DIED,
                            v1::Failure::KIND_STORAGE, v1::Failure::KIND_NO_GIVE_BACK, v1::Failure::KIND_DRIVER,
                            v1::Failure::KIND_UNSPECIFIED}) {
      QTest::addRow("kind %d is tried again", kind) << int{kind} << 1U << qint64{10'000};
    }
    for (const auto kind : {v1::Failure::KIND_BAD_TASK, v1::Failure::KIND_TOO_BIG, v1::Failure::KIND_GPU_TIME_LIMIT}) {
      QTest::addRow("kind %d is not", kind) << int{kind} << 1U << qint64{-1};
    }
  }
  void retries() {
    QFETCH(int, kind);
    QFETCH(uint, attempt);
    QFETCH(qint64, delayMs);
    model::Roster roster{inState(v1::TASK_STATE_RUNNING)};
    roster.front().attempt = attempt;
    roster.front().savedProgress = 0.25;
    roster.front().progress = 0.5;
    const auto reported = failure(static_cast<v1::Failure::Kind>(kind), "VK_ERROR_X");
    const auto entries = take(roster, model::WorkerFailed{"t-a", reported}, kMoment);
    const auto* moved = only<model::TaskMoved>(entries);
    QVERIFY(moved);
    QCOMPARE(int{moved->failure.kind()}, kind);
    QVERIFY(!moved->failure.message().empty());
    QCOMPARE(moved->failure.technical(), std::string("VK_ERROR_X"));
    QVERIFY(moved->text.find(moved->failure.message()) != std::string::npos);
    if (delayMs < 0) {
      QVERIFY(roster.empty());
      QCOMPARE(moved->state, v1::TASK_STATE_FAILED);
      QCOMPARE(moved->attempt, attempt);
      return;
    }
    QCOMPARE(moved->state, v1::TASK_STATE_QUEUED);
    QCOMPARE(moved->attempt, attempt + 1);
    QCOMPARE(moved->notBefore, kNow.unixMs + delayMs);
    QCOMPARE(roster.front().notBefore, moved->notBefore);
    QCOMPARE(roster.front().progress, 0.25);
    QVERIFY(roster.front().gpu.empty());
  }

  void retryDelayHasABound() {
    auto s = settings();
    s.mutable_tasks()->set_retry_delay(3600);
    model::Roster roster{inState(v1::TASK_STATE_RUNNING)};
    roster.front().attempt = 4'000'000;
    roster.front().attemptsAllowed = 5'000'000;
    std::ignore = take(roster, model::WorkerFailed{"t-a", failure(v1::Failure::KIND_DRIVER)}, {kNow, s});
    QCOMPARE(roster.front().notBefore, kNow.unixMs + 24 * 3600 * 1000);
  }

  void ownAttemptLimitWins() {
    model::Roster roster;
    const auto entries = submit(roster, spec("t-a", 0, 1), kMoment);
    QCOMPARE(only<model::TaskSubmitted>(entries)->task.attempts_allowed(), 1U);
    std::ignore = take(roster, model::StartWorker{"t-a", "g0", ""}, kMoment);
    std::ignore = take(roster, model::WorkerFailed{"t-a", failure(v1::Failure::KIND_DRIVER)}, kMoment);
    QVERIFY(roster.empty());
  }

  void theWorkersWordsAreKept() {
    model::Roster roster{inState(v1::TASK_STATE_RUNNING)};
    auto f = failure(v1::Failure::KIND_BAD_TASK, "SPV id 7");
    f.set_message("The kernel has no entry point \"main\".");
    const auto entries = take(roster, model::WorkerFailed{"t-a", f}, kMoment);
    QCOMPARE(textOf(entries), "Failed: The kernel has no entry point \"main\".");
  }

  void killedForNotGivingBackCounts() {
    model::Roster roster{inState(v1::TASK_STATE_PARKED)};
    const auto kill = model::KillWorker{"t-a", v1::Failure::KIND_NO_GIVE_BACK, "drain_limit"};
    QVERIFY(only<model::TaskMoved>(take(roster, model::Action(kill), kMoment)));
    QCOMPARE(roster.front().state, v1::TASK_STATE_EVICTING);
    std::ignore = take(roster, model::KillWorker{"t-a", v1::Failure::KIND_UNSPECIFIED, "evict_limit"}, kMoment);
    QCOMPARE(roster.front().kill->kind, v1::Failure::KIND_NO_GIVE_BACK);  // the first cause stands
    const auto entries =
        take(roster, model::WorkerFailed{"t-a", failure(v1::Failure::KIND_WORKER_DIED, "signal 9")}, kMoment);
    const auto* moved = only<model::TaskMoved>(entries);
    QVERIFY(moved);
    QCOMPARE(moved->failure.kind(), v1::Failure::KIND_NO_GIVE_BACK);
    QVERIFY(moved->failure.technical().find("1000 ms") != std::string::npos);
    QVERIFY(moved->failure.technical().find("signal 9") != std::string::npos);
    QCOMPARE(moved->attempt, 2U);
    QVERIFY(!roster.front().kill);
  }

  void killedForLeavingSlowlyDoesNotCount() {
    model::Roster roster{inState(v1::TASK_STATE_EVICTING)};
    roster.front().savedProgress = 0.5;
    std::ignore = take(roster, model::KillWorker{"t-a", v1::Failure::KIND_UNSPECIFIED, "evict_limit"}, kMoment);
    const auto entries = take(roster, model::WorkerFailed{"t-a", failure(v1::Failure::KIND_WORKER_DIED)}, kMoment);
    QCOMPARE(textOf(entries), "Stopped before it could save; goes on from 50 %");
    QCOMPARE(roster.front().attempt, 1U);
    QCOMPARE(roster.front().notBefore, UnixMs{0});
  }

  void dyingOnTheWayOutDoesNotCount() {
    model::Roster roster{inState(v1::TASK_STATE_EVICTING)};
    std::ignore = take(roster, model::WorkerFailed{"t-a", failure(v1::Failure::KIND_WORKER_DIED)}, kMoment);
    QCOMPARE(roster.front().attempt, 1U);
  }

  void aWorkersOwnLastWordCountsOnTheWayOut() {
    model::Roster roster{inState(v1::TASK_STATE_EVICTING)};
    std::ignore = take(roster, model::KillWorker{"t-a", v1::Failure::KIND_UNSPECIFIED, "evict_limit"}, kMoment);
    std::ignore = take(roster, model::WorkerFailed{"t-a", failure(v1::Failure::KIND_BAD_TASK)}, kMoment);
    QVERIFY(roster.empty());
  }
};

QTEST_GUILESS_MAIN(TestFailures)
#include "test_failures.moc"
