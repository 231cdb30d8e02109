// SPDX-License-Identifier: Apache-2.0
// take(), submit() and resume(): what reports and actions do to the roster, and what the ledger is told.
#include "conductor/conductor.h"

#include <QTest>

#include <cmath>
#include <limits>
#include <tuple>

#include "service/conductor/samples.h"

using namespace lull;
using namespace lull::conductor;
using namespace lull::conductor::samples;

class TestTake : public QObject {
  Q_OBJECT
private slots:
  void aWholeLife() {
    model::Roster roster;
    const auto submitted = submit(roster, spec("t-a", 7), kMoment);
    const auto* task = only<model::TaskSubmitted>(submitted);
    QVERIFY(task);
    QCOMPARE(task->task.state(), v1::TASK_STATE_QUEUED);
    QCOMPARE(task->task.name(), std::string("task t-a"));
    QCOMPARE(task->task.runtime(), std::string("spirv"));
    QCOMPARE(task->task.priority(), 7);
    QCOMPARE(task->task.attempt(), 1U);
    QCOMPARE(task->task.attempts_allowed(), 3U);
    QCOMPARE(task->task.submitted_unix_ms(), kNow.unixMs);
    QCOMPARE(task->task.history_size(), 1);

    auto entries = take(roster, model::StartWorker{"t-a", "g0", "Radeon"}, kMoment);
    QCOMPARE(textOf(entries), "Starts on Radeon");
    QCOMPARE(only<model::TaskMoved>(entries)->gpuName, std::string("Radeon"));
    QCOMPARE(roster.front().gpu, std::string("g0"));
    entries = take(roster, model::WorkerStarted{"t-a", true, 0.42}, kMoment);
    QCOMPARE(entries.size(), std::size_t{2});
    QCOMPARE(std::get<model::TaskMoved>(entries.front()).text, std::string("Ready: goes on from 42 %"));
    QCOMPARE(std::get<model::TaskProgressed>(entries.back()).progress, 0.42);
    QCOMPARE(roster.front().state, v1::TASK_STATE_PARKED);
    QVERIFY(!roster.front().gateClosedAt);  // it has submitted nothing: nothing to drain
    QCOMPARE(textOf(take(roster, model::OpenGate{"t-a"}, kMoment)), "Works");
    QVERIFY(take(roster, model::WorkerProgress{"t-a", 0.5, 12}, kMoment).empty());
    QCOMPARE(roster.front().progress, 0.5);
    QCOMPARE(roster.front().secondsLeft, 12.0);
    QVERIFY(only<model::TaskProgressed>(take(roster, model::WorkerCheckpointed{"t-a", 0.6}, kMoment)));

    QCOMPARE(textOf(take(roster, model::CloseGate{"t-a", "owner_present"}, kMoment)),
             "Pauses: somebody uses this computer");
    QCOMPARE(roster.front().gateClosedAt, std::optional(kNow.instant));
    QVERIFY(take(roster, model::WorkerDrained{"t-a"}, kMoment).empty());
    QVERIFY(!roster.front().gateClosedAt);
    QCOMPARE(textOf(take(roster, model::EvictWorker{"t-a", "too_hot"}, kMoment)), "Leaves the GPU: it is too hot");
    QVERIFY(!roster.front().gateClosedAt);
    entries = take(roster, model::WorkerEvicted{"t-a", 0.7}, kMoment);
    QCOMPARE(textOf(entries), "Left the GPU; goes on from 70 %");
    QCOMPARE(std::get<model::TaskMoved>(entries.back()).attempt, 1U);  // not the task's fault
    QVERIFY(roster.front().gpu.empty());

    std::ignore = take(roster, model::StartWorker{"t-a", "g0", ""}, kMoment);
    std::ignore = take(roster, model::WorkerStarted{"t-a", true, 0.7}, kMoment);
    std::ignore = take(roster, model::OpenGate{"t-a"}, kMoment);
    entries = take(roster, model::WorkerFinished{"t-a", {v1::Output{}}}, kMoment);
    const auto* done = only<model::TaskDone>(entries);
    QVERIFY(done);
    QCOMPARE(done->outputs.size(), std::size_t{1});
    QCOMPARE(done->microCreditsPerGpuHour, std::int64_t{1'000'000});
    QCOMPARE(done->text, std::string("Done"));
    QVERIFY(roster.empty());
  }

  void whatFinishedIsDone() {
    for (const auto state :
         {v1::TASK_STATE_STARTING, v1::TASK_STATE_RUNNING, v1::TASK_STATE_PARKED, v1::TASK_STATE_EVICTING}) {
      model::Roster roster{inState(state)};
      roster.front().cancelWanted = true;
      std::ignore = take(roster, model::KillWorker{"t-a", v1::Failure::KIND_UNSPECIFIED, "cancelled"}, kMoment);
      const auto entries = take(roster, model::WorkerFinished{"t-a", {}}, kMoment);
      QVERIFY(only<model::TaskDone>(entries));
      QVERIFY(roster.empty());
    }
  }

  void cancelledEndsWithItsWorker_data() {
    QTest::addColumn<int>("end");
    QTest::newRow("killed") << 0;
    QTest::newRow("evicted meanwhile") << 1;
    QTest::newRow("failed meanwhile") << 2;
  }
  void cancelledEndsWithItsWorker() {
    QFETCH(int, end);
    model::Roster roster{inState(v1::TASK_STATE_RUNNING)};
    roster.front().cancelWanted = true;
    std::ignore = take(roster, model::KillWorker{"t-a", v1::Failure::KIND_UNSPECIFIED, "cancelled"}, kMoment);
    QCOMPARE(roster.size(), std::size_t{1});  // its worker still has the GPU
    model::WorkerReport report = model::WorkerFailed{"t-a", failure(v1::Failure::KIND_WORKER_DIED)};
    if (end == 1) report = model::WorkerEvicted{"t-a", 0};
    if (end == 2) report = model::WorkerFailed{"t-a", failure(v1::Failure::KIND_DEVICE_LOST)};
    const auto entries = take(roster, report, kMoment);
    QCOMPARE(std::get<model::TaskMoved>(entries.back()).state, v1::TASK_STATE_CANCELLED);
    QVERIFY(roster.empty());
  }

  void aClosedConversationDoesNotComeBack_data() {
    QTest::addColumn<int>("end");
    QTest::newRow("killed") << 0;
    QTest::newRow("evicted meanwhile") << 1;
    QTest::newRow("failed meanwhile") << 2;
  }
  void aClosedConversationDoesNotComeBack() {
    QFETCH(int, end);
    model::Roster roster{inState(v1::TASK_STATE_PARKED)};
    roster.front().closedAt = kNow.instant;
    model::WorkerReport report = model::WorkerEvicted{"t-a", 0};
    if (end == 0) {
      std::ignore = take(roster, model::KillWorker{"t-a", v1::Failure::KIND_UNSPECIFIED, "close_limit"}, kMoment);
      report = model::WorkerFailed{"t-a", failure(v1::Failure::KIND_WORKER_DIED)};
    }
    if (end == 2) report = model::WorkerFailed{"t-a", failure(v1::Failure::KIND_DEVICE_LOST)};
    const auto entries = take(roster, report, kMoment);
    QCOMPARE(std::get<model::TaskMoved>(entries.back()).state, v1::TASK_STATE_CANCELLED);
    QVERIFY(roster.empty());
  }

  void cancelledInTheQueue() {
    model::Roster roster{inState(v1::TASK_STATE_QUEUED)};
    const auto entries = take(roster, model::DropTask{"t-a"}, kMoment);
    QCOMPARE(only<model::TaskMoved>(entries)->state, v1::TASK_STATE_CANCELLED);
    QVERIFY(roster.empty());
  }

  void whatDoesNotFitChangesNothing() {
    model::Roster roster{inState(v1::TASK_STATE_QUEUED)};
    roster.front().savedProgress = 0.3;
    const model::WorkerReport late[] = {model::WorkerStarted{"t-a", true, 0.9},
                                        model::WorkerProgress{"t-a", 0.9, 1},
                                        model::WorkerCheckpointed{"t-a", 0.9},
                                        model::WorkerDrained{"t-a"},
                                        model::WorkerEvicted{"t-a", 0.9},
                                        model::WorkerFinished{"t-a", {}},
                                        model::WorkerFailed{"t-a", failure(v1::Failure::KIND_BAD_TASK)},
                                        model::WorkerFinished{"t-unknown", {}}};
    for (const auto& report : late) QVERIFY(take(roster, report, kMoment).empty());
    QCOMPARE(roster.size(), std::size_t{1});
    QCOMPARE(roster.front().state, v1::TASK_STATE_QUEUED);
    QCOMPARE(roster.front().savedProgress, 0.3);
    roster.front() = inState(v1::TASK_STATE_RUNNING);
    QVERIFY(take(roster, model::WorkerDrained{"t-a"}, kMoment).empty());  // of a closing that is over
    QVERIFY(take(roster, model::DropTask{"t-a"}, kMoment).empty());
    QVERIFY(take(roster, model::StartWorker{"t-a", "g1", ""}, kMoment).empty());
    QCOMPARE(roster.front().gpu, std::string("g0"));
  }

  void workersAreNotTrusted() {
    model::Roster roster{inState(v1::TASK_STATE_RUNNING)};
    for (const double wild : {std::nan(""), -1.0, -std::numeric_limits<double>::infinity()}) {
      std::ignore = take(roster, model::WorkerProgress{"t-a", wild, wild}, kMoment);
      QCOMPARE(roster.front().progress, 0.0);
      QCOMPARE(roster.front().secondsLeft, 0.0);
    }
    std::ignore = take(roster, model::WorkerProgress{"t-a", 1e300, 0}, kMoment);
    QCOMPARE(roster.front().progress, 1.0);
  }

  void afterARestart() {
    std::vector<v1::Task> unfinished;
    for (const auto state :
         {v1::TASK_STATE_QUEUED, v1::TASK_STATE_RUNNING, v1::TASK_STATE_EVICTING, v1::TASK_STATE_DONE}) {
      auto task = spec("t-" + std::to_string(state), 3);
      task.set_priority(3);
      task.set_state(state);
      task.set_attempt(2);
      task.set_attempts_allowed(5);
      task.set_progress(0.5);
      task.set_not_before_unix_ms(state == v1::TASK_STATE_QUEUED ? kNow.unixMs + 5 : 0);
      task.set_gpu_ns(77);
      task.mutable_spec()->mutable_limits()->set_gpu_seconds(std::numeric_limits<std::uint64_t>::max());
      unfinished.push_back(task);
    }
    unfinished.push_back(unfinished.front());
    model::Roster roster;
    const auto entries = resume(roster, unfinished, kMoment);
    QCOMPARE(entries.size(), std::size_t{2});  // the queued one stays as it was
    QCOMPARE(textOf(entries), "The service was started again; goes on from 50 %");
    QCOMPARE(roster.size(), std::size_t{3});
    for (const auto& t : roster) {
      QCOMPARE(t.state, v1::TASK_STATE_QUEUED);
      QCOMPARE(t.attempt, 2U);
      QCOMPARE(t.attemptsAllowed, 5U);
      QCOMPARE(t.gpuNs, std::uint64_t{77});
      QVERIFY(t.gpuNsAllowed > 1'000'000'000'000'000'000ULL);
    }
    QVERIFY(roster[0].order < roster[1].order && roster[1].order < roster[2].order);
    QCOMPARE(roster.front().notBefore, kNow.unixMs + 5);
    std::ignore = submit(roster, spec("t-new"), kMoment);
    QVERIFY(roster.back().order > roster[2].order);
  }

  void aConversationEndsWithTheService() {
    std::vector<v1::Task> unfinished;
    for (const auto state : {v1::TASK_STATE_QUEUED, v1::TASK_STATE_STARTING, v1::TASK_STATE_RUNNING,
                             v1::TASK_STATE_PARKED, v1::TASK_STATE_EVICTING}) {
      auto task = spec("t-" + std::to_string(state));
      task.mutable_spec()->mutable_llama_chat();
      task.set_state(state);
      unfinished.push_back(task);
    }
    model::Roster roster;
    const auto entries = resume(roster, unfinished, kMoment);
    QVERIFY(roster.empty());
    QCOMPARE(entries.size(), unfinished.size());
    for (const auto& entry : entries) {
      const auto& moved = std::get<model::TaskMoved>(entry);
      QCOMPARE(moved.state, v1::TASK_STATE_CANCELLED);
      QVERIFY(!moved.text.empty());
    }
  }

  void ownWorkEarnsNothing() {
    model::Roster roster{inState(v1::TASK_STATE_RUNNING)};
    roster.front().own = true;
    const auto entries = take(roster, model::WorkerFinished{"t-a", {}}, kMoment);
    QCOMPARE(only<model::TaskDone>(entries)->microCreditsPerGpuHour, std::int64_t{0});
    QCOMPARE(only<model::TaskDone>(entries)->microCreditsPerCpuHour, std::int64_t{0});
  }

  void ownWorkTakesTheGpuInPlainWords() {
    model::Roster roster{inState(v1::TASK_STATE_RUNNING)};
    QCOMPARE(textOf(take(roster, model::EvictWorker{"t-a", "own_task"}, kMoment)),
             "Leaves the GPU: the owner's own work needs it");
  }

  // What was computed stays counted, however the worker ends.
  void tokensAreCounted_data() {
    QTest::addColumn<int>("end");
    QTest::addColumn<qulonglong>("counted");
    QTest::newRow("checkpoint") << 0 << 20ULL;
    QTest::newRow("evicted") << 1 << 20ULL;
    QTest::newRow("finished") << 2 << 20ULL;
    QTest::newRow("died: what it told last") << 3 << 10ULL;
    QTest::newRow("failed: what it told last") << 4 << 10ULL;
  }
  void tokensAreCounted() {
    QFETCH(int, end);
    QFETCH(qulonglong, counted);
    model::Roster roster{inState(v1::TASK_STATE_RUNNING)};
    v1::TokenUsage usage;
    usage.set_prompt(10);
    QVERIFY(take(roster, model::WorkerProgress{"t-a", 0.1, 0, usage}, kMoment).empty());  // not durable yet
    QCOMPARE(roster.front().usage.prompt(), std::uint64_t{10});
    usage.set_prompt(20);
    const model::WorkerReport ends[] = {
        model::WorkerCheckpointed{"t-a", 0.2, usage}, model::WorkerEvicted{"t-a", 0.2, usage},
        model::WorkerFinished{"t-a", {}, usage}, model::WorkerFailed{"t-a", failure(v1::Failure::KIND_WORKER_DIED)},
        model::WorkerFailed{"t-a", failure(v1::Failure::KIND_BAD_TASK)}};
    const auto entries = take(roster, ends[end], kMoment);
    std::vector<const model::UsageCounted*> found;
    for (const auto& entry : entries) {
      if (const auto* one = std::get_if<model::UsageCounted>(&entry)) found.push_back(one);
    }
    QCOMPARE(found.size(), std::size_t{1});
    QCOMPARE(found.front()->task, std::string("t-a"));
    QCOMPARE(found.front()->at, kNow.unixMs);
    QCOMPARE(qulonglong{found.front()->usage.prompt()}, counted);
    // Before the entry that ends the task: later ones change nothing.
    if (end > 0) QVERIFY(!std::holds_alternative<model::UsageCounted>(entries.back()));
  }

  void noLanguageModelCountsNothing() {
    model::Roster roster{inState(v1::TASK_STATE_RUNNING)};
    QVERIFY(only<model::TaskProgressed>(take(roster, model::WorkerCheckpointed{"t-a", 0.2}, kMoment)));
    QVERIFY(only<model::TaskDone>(take(roster, model::WorkerFinished{"t-a", {}}, kMoment)));
  }

  void pointsOfACurve() {
    model::Roster roster{inState(v1::TASK_STATE_RUNNING)};
    std::vector<v1::LossPoint> points(4);
    points[1].set_unix_ms(kNow.unixMs - 5);
    points[2].set_unix_ms(kNow.unixMs + 5);
    points[3].set_unix_ms(-1);
    const auto entries = take(roster, model::WorkerLearned{"t-a", points}, kMoment);
    const auto* measured = only<model::LossMeasured>(entries);
    QVERIFY(measured);
    QCOMPARE(measured->points.size(), std::size_t{4});
    // Times that cannot be are ours.
    for (const auto& point : measured->points) {
      QCOMPARE(point.unix_ms(), &point == &measured->points[1] ? kNow.unixMs - 5 : kNow.unixMs);
    }
    roster.front().state = v1::TASK_STATE_QUEUED;
    QVERIFY(take(roster, model::WorkerLearned{"t-a", points}, kMoment).empty());
  }

  void ownWorkIsToldFromTheBeginning() {
    auto task = spec("t-own");
    task.mutable_spec()->set_own(true);
    model::Roster roster;
    QVERIFY(only<model::TaskSubmitted>(submit(roster, task, kMoment))->task.own());
    QVERIFY(!only<model::TaskSubmitted>(submit(roster, spec("t-b"), kMoment))->task.own());
    QVERIFY(roster.front().own && !roster.back().own);
  }

  void twiceSubmittedIsOnce() {
    model::Roster roster;
    std::ignore = submit(roster, spec("t-a"), kMoment);
    QVERIFY(submit(roster, spec("t-a"), kMoment).empty());
    QCOMPARE(roster.size(), std::size_t{1});
  }
};

QTEST_GUILESS_MAIN(TestTake)
#include "test_take.moc"
