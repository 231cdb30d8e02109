// SPDX-License-Identifier: Apache-2.0
// plan(): who runs where. One task in each state under each verdict, then the queue, own tasks and the processor.
#include "conductor/conductor.h"

#include <QTest>

#include "service/conductor/samples.h"

using namespace lull;
using namespace lull::conductor;
using namespace lull::conductor::samples;
using model::RosterTask;

namespace {

RosterTask own(RosterTask task) {
  task.own = true;
  return task;
}

}  // namespace

class TestPlan : public QObject {
  Q_OBJECT
private slots:
  void dutyIsSetBeforeTheGateOpensAndWhileItIsOpen_data() {
    QTest::addColumn<int>("state");
    QTest::addColumn<int>("limit");
    QTest::addColumn<double>("duty");
    QTest::addColumn<QString>("expected");
    const auto row = [](v1::TaskState state, v1::Limit limit, double duty, const char* expected) {
      QTest::addRow("%s %s %.3f", v1::TaskState_Name(state).c_str(), v1::Limit_Name(limit).c_str(), duty)
          << int{state} << int{limit} << duty << QString(expected);
    };
    row(v1::TASK_STATE_STARTING, v1::LIMIT_RUN, 0.5, "");
    row(v1::TASK_STATE_PARKED, v1::LIMIT_RUN, 0.5, "duty t-a 50");
    row(v1::TASK_STATE_PARKED, v1::LIMIT_RUN, 1, "open t-a");
    row(v1::TASK_STATE_RUNNING, v1::LIMIT_RUN, 0.58, "duty t-a 58");
    row(v1::TASK_STATE_RUNNING, v1::LIMIT_RUN, 0.001, "duty t-a 1");
    row(v1::TASK_STATE_RUNNING, v1::LIMIT_RUN, 1, "");
    row(v1::TASK_STATE_RUNNING, v1::LIMIT_PARK, 0, "close t-a owner_present");
    row(v1::TASK_STATE_PARKED, v1::LIMIT_PARK, 0, "");
  }
  void dutyIsSetBeforeTheGateOpensAndWhileItIsOpen() {
    QFETCH(int, state);
    QFETCH(int, limit);
    QFETCH(double, duty);
    QFETCH(QString, expected);
    auto v = verdicts({{"g0", static_cast<v1::Limit>(limit)}});
    v.byGpu["g0"].duty = duty;
    model::Roster roster{inState(static_cast<v1::TaskState>(state))};
    QCOMPARE(planOf(roster, v), expected);
    const auto first = plan({.verdicts = v, .roster = roster, .settings = kSettings, .now = kNow});
    for (const auto& action : first.actions) QVERIFY(take(roster, action, kMoment).size() <= 1);
    if (expected.startsWith("duty")) {  // taken in, it is not asked for again, and the next step follows
      QCOMPARE(planOf(roster, v), state == v1::TASK_STATE_PARKED ? QString("open t-a") : QString());
    }
  }
  void oneTaskUnderEachVerdict_data() {
    QTest::addColumn<int>("state");
    QTest::addColumn<int>("limit");
    QTest::addColumn<QString>("expected");
    const auto row = [](v1::TaskState state, v1::Limit limit, const char* expected) {
      QTest::addRow("%s %s", v1::TaskState_Name(state).c_str(), v1::Limit_Name(limit).c_str())
          << int{state} << int{limit} << QString(expected);
    };
    row(v1::TASK_STATE_QUEUED, v1::LIMIT_RUN, "start t-a g0");
    row(v1::TASK_STATE_QUEUED, v1::LIMIT_PARK, "");
    row(v1::TASK_STATE_QUEUED, v1::LIMIT_EVICT, "");
    row(v1::TASK_STATE_QUEUED, v1::LIMIT_UNSPECIFIED, "");
    row(v1::TASK_STATE_STARTING, v1::LIMIT_RUN, "");
    row(v1::TASK_STATE_STARTING, v1::LIMIT_PARK, "");
    row(v1::TASK_STATE_STARTING, v1::LIMIT_EVICT, "evict t-a owner_present");
    row(v1::TASK_STATE_STARTING, v1::LIMIT_UNSPECIFIED, "evict t-a owner_present");
    row(v1::TASK_STATE_RUNNING, v1::LIMIT_RUN, "");
    row(v1::TASK_STATE_RUNNING, v1::LIMIT_PARK, "close t-a owner_present");
    row(v1::TASK_STATE_RUNNING, v1::LIMIT_EVICT, "evict t-a owner_present");
    row(v1::TASK_STATE_RUNNING, v1::LIMIT_UNSPECIFIED, "evict t-a owner_present");
    row(v1::TASK_STATE_PARKED, v1::LIMIT_RUN, "open t-a");
    row(v1::TASK_STATE_PARKED, v1::LIMIT_PARK, "");
    row(v1::TASK_STATE_PARKED, v1::LIMIT_EVICT, "evict t-a owner_present");
    row(v1::TASK_STATE_EVICTING, v1::LIMIT_RUN, "");
    row(v1::TASK_STATE_EVICTING, v1::LIMIT_PARK, "");
    row(v1::TASK_STATE_EVICTING, v1::LIMIT_EVICT, "");
  }
  void oneTaskUnderEachVerdict() {
    QFETCH(int, state);
    QFETCH(int, limit);
    const auto v = verdicts({{"g0", static_cast<v1::Limit>(limit)}});
    QTEST(planOf({inState(static_cast<v1::TaskState>(state))}, v), "expected");
  }

  void stoppingEvictsAllAndStartsNothing() {
    const auto run = verdicts({{"g0", v1::LIMIT_RUN}, {"g1", v1::LIMIT_RUN}, {"g2", v1::LIMIT_RUN}});
    const model::Roster roster{inState(v1::TASK_STATE_RUNNING, "t-a", "g0"),
                               inState(v1::TASK_STATE_PARKED, "t-b", "g1"), inState(v1::TASK_STATE_QUEUED, "t-c")};
    QCOMPARE(planOf(roster, run, kNow, true), "evict t-a stopping, evict t-b stopping");
    QCOMPARE(planOf({inState(v1::TASK_STATE_STARTING)}, run, kNow, true), "evict t-a stopping");
    QCOMPARE(planOf({inState(v1::TASK_STATE_EVICTING)}, run, kNow, true), "");
  }

  void aGpuThatIsGoneIsLeft() { QCOMPARE(planOf({inState(v1::TASK_STATE_RUNNING)}, verdicts({})), "evict t-a no_gpu"); }

  void theCancelledAreKilledOrDropped() {
    const auto run = verdicts({{"g0", v1::LIMIT_RUN}});
    for (const auto state :
         {v1::TASK_STATE_STARTING, v1::TASK_STATE_RUNNING, v1::TASK_STATE_PARKED, v1::TASK_STATE_EVICTING}) {
      auto t = inState(state);
      t.cancelWanted = true;
      QCOMPARE(planOf({t}, run), "kill t-a 0 cancelled");
      t.kill = model::Kill{};
      QCOMPARE(planOf({t}, run), "");  // once is enough
    }
    auto t = inState(v1::TASK_STATE_QUEUED);
    t.cancelWanted = true;
    QCOMPARE(planOf({t}, run), "drop t-a");
    QCOMPARE(planOf({t}, run, kNow, true), "drop t-a");
  }

  // Nobody else has to make room for the next one.
  void aClosedConversationLeavesItsPlace() {
    auto closed = inState(v1::TASK_STATE_RUNNING, "t-a", "g0");
    auto own = queued("t-c", 0, 3);
    closed.own = own.own = true;
    const auto stranger = inState(v1::TASK_STATE_RUNNING, "t-b", "g1");
    const auto run = verdicts({{"g0", v1::LIMIT_RUN}, {"g1", v1::LIMIT_RUN}});
    QCOMPARE(planOf({closed, stranger, own}, run), "evict t-b own_task");
    closed.closedAt = kNow.instant;
    QCOMPARE(planOf({closed, stranger, own}, run), "");
  }

  void theBestOfTheQueueGetsTheFreeGpu() {
    const auto run = verdicts({{"g0", v1::LIMIT_RUN}});
    QCOMPARE(planOf({queued("t-a", 0, 1), queued("t-b", 5, 2), queued("t-c", 5, 3)}, run), "start t-b g0");
    QCOMPARE(planOf({queued("t-a", 0, 2), queued("t-b", 0, 1)}, run), "start t-b g0");
    QCOMPARE(planOf({queued("t-a", -100, 1), queued("t-b", 100, 2, kNow.unixMs + 1)}, run), "start t-a g0");
    QCOMPARE(planOf({queued("t-a", 0, 1, kNow.unixMs)}, run), "start t-a g0");
  }

  void oneWorkerPerGpu() {
    const auto v = verdicts({{"g0", v1::LIMIT_RUN}, {"g1", v1::LIMIT_PARK}, {"g2", v1::LIMIT_RUN}});
    QCOMPARE(planOf({queued("t-a", 0, 1), queued("t-b", 0, 2), queued("t-c", 0, 3)}, v), "start t-a g0, start t-b g2");
    const model::Roster busy{inState(v1::TASK_STATE_RUNNING, "t-a", "g0"), queued("t-b", 100, 2), queued("t-c", 0, 3)};
    QCOMPARE(planOf(busy, v), "start t-b g2");  // nobody is displaced
    auto killed = inState(v1::TASK_STATE_EVICTING, "t-a", "g0");
    killed.kill = model::Kill{};
    QCOMPARE(planOf({killed, queued("t-b", 0, 2)}, verdicts({{"g0", v1::LIMIT_RUN}})), "");  // not free until it ended
  }

  void ownTasksGoByTheirOwnLeave_data() {
    QTest::addColumn<int>("state");
    QTest::addColumn<int>("lent");
    QTest::addColumn<int>("own");
    QTest::addColumn<QString>("expected");
    const auto row = [](v1::TaskState state, v1::Limit lent, v1::Limit own, const char* expected) {
      QTest::addRow("%s %s %s", v1::TaskState_Name(state).c_str(), v1::Limit_Name(lent).c_str(),
                    v1::Limit_Name(own).c_str())
          << int{state} << int{lent} << int{own} << QString(expected);
    };
    for (const auto lent : {v1::LIMIT_RUN, v1::LIMIT_PARK, v1::LIMIT_EVICT}) {
      row(v1::TASK_STATE_QUEUED, lent, v1::LIMIT_RUN, "start t-a g0");
      row(v1::TASK_STATE_STARTING, lent, v1::LIMIT_RUN, "");
      row(v1::TASK_STATE_RUNNING, lent, v1::LIMIT_RUN, "");
      row(v1::TASK_STATE_PARKED, lent, v1::LIMIT_RUN, "open t-a");
    }
    row(v1::TASK_STATE_QUEUED, v1::LIMIT_PARK, v1::LIMIT_PARK, "");
    row(v1::TASK_STATE_QUEUED, v1::LIMIT_PARK, v1::LIMIT_UNSPECIFIED, "");
    row(v1::TASK_STATE_RUNNING, v1::LIMIT_EVICT, v1::LIMIT_PARK, "close t-a too_hot");
    row(v1::TASK_STATE_RUNNING, v1::LIMIT_EVICT, v1::LIMIT_EVICT, "evict t-a too_hot");
    row(v1::TASK_STATE_STARTING, v1::LIMIT_EVICT, v1::LIMIT_EVICT, "evict t-a too_hot");
  }
  void ownTasksGoByTheirOwnLeave() {
    QFETCH(int, state);
    QFETCH(int, lent);
    QFETCH(int, own);
    model::Verdicts v;
    v.byGpu["g0"] = verdict(static_cast<v1::Limit>(lent), static_cast<v1::Limit>(own));
    QTEST(planOf({::own(inState(static_cast<v1::TaskState>(state)))}, v), "expected");
  }

  void ownTasksComeFirst() {
    const auto run = verdicts({{"g0", v1::LIMIT_RUN}});
    QCOMPARE(planOf({queued("t-a", 100, 1), own(queued("t-b", -100, 2))}, run), "start t-b g0");
    QCOMPARE(planOf({own(queued("t-a", 0, 2)), own(queued("t-b", 1, 3)), queued("t-c", 5, 1)}, run), "start t-b g0");
    // The owner is here: strangers wait, whatever is free.
    const auto park = verdicts({{"g0", v1::LIMIT_PARK}, {"g1", v1::LIMIT_PARK}});
    QCOMPARE(planOf({queued("t-a", 0, 1), own(queued("t-b", 0, 2))}, park), "start t-b g0");
  }

  void strangersLeaveForOwnTasks_data() {
    QTest::addColumn<int>("state");
    QTest::addColumn<int>("limit");
    QTest::addColumn<QString>("expected");
    const auto row = [](v1::TaskState state, v1::Limit limit, const char* expected) {
      QTest::addRow("%s %s", v1::TaskState_Name(state).c_str(), v1::Limit_Name(limit).c_str())
          << int{state} << int{limit} << QString(expected);
    };
    for (const auto state : {v1::TASK_STATE_STARTING, v1::TASK_STATE_RUNNING, v1::TASK_STATE_PARKED}) {
      row(state, v1::LIMIT_RUN, "evict t-a own_task");
      row(state, v1::LIMIT_PARK, "evict t-a own_task");
      row(state, v1::LIMIT_EVICT, "evict t-a owner_present");  // it leaves anyway
    }
    row(v1::TASK_STATE_EVICTING, v1::LIMIT_RUN, "");
  }
  void strangersLeaveForOwnTasks() {
    QFETCH(int, state);
    QFETCH(int, limit);
    const auto v = verdicts({{"g0", static_cast<v1::Limit>(limit)}});
    const model::Roster roster{inState(static_cast<v1::TaskState>(state)), own(queued("t-own", 0, 9))};
    QTEST(planOf(roster, v), "expected");
  }

  void asFewLeaveAsNeeded() {
    const auto two = verdicts({{"g0", v1::LIMIT_RUN}, {"g1", v1::LIMIT_RUN}});
    auto first = inState(v1::TASK_STATE_RUNNING, "t-a", "g0");
    auto second = inState(v1::TASK_STATE_RUNNING, "t-b", "g1");
    first.priority = 1;
    const auto wanting = own(queued("t-own", 0, 9));
    QCOMPARE(planOf({first, wanting}, two), "start t-own g1");              // one is free
    QCOMPARE(planOf({first, second, wanting}, two), "evict t-b own_task");  // the less important
    QCOMPARE(planOf({first, second, wanting, own(queued("t-own2", 0, 10))}, two),
             "evict t-a own_task, evict t-b own_task");
    second.state = v1::TASK_STATE_EVICTING;
    QCOMPARE(planOf({first, second, wanting}, two), "");  // one will be free
    QCOMPARE(planOf({own(first), own(second), wanting}, two), "");
    QCOMPARE(planOf({first, own(queued("t-own", 0, 9, kNow.unixMs + 1))}, verdicts({{"g0", v1::LIMIT_RUN}})), "");
    model::Verdicts hot;
    hot.byGpu["g0"] = verdict(v1::LIMIT_PARK, v1::LIMIT_PARK);
    QCOMPARE(planOf({inState(v1::TASK_STATE_PARKED), wanting}, hot), "");  // it could not run either
    QCOMPARE(planOf({first, wanting}, verdicts({{"g0", v1::LIMIT_RUN}}), kNow, true), "evict t-a stopping");
  }

  void ownTasksHaveTheirOwnDuty() {
    auto v = verdicts({{"g0", v1::LIMIT_RUN}});
    v.byGpu["g0"].duty = 0.3;
    QCOMPARE(planOf({own(inState(v1::TASK_STATE_RUNNING))}, v), "");
    v.byGpu["g0"].own.duty = 0.6;
    QCOMPARE(planOf({own(inState(v1::TASK_STATE_RUNNING))}, v), "duty t-a 60");
  }

  void theProcessorServesWhomItCan_data() {
    QTest::addColumn<bool>("gpuFree");
    QTest::addColumn<bool>("processorFree");
    QTest::addColumn<QString>("waiting");  // in their order; L: may run on both
    QTest::addColumn<QString>("expected");
    const auto row = [](const char* name, bool gpu, bool processor, const char* waiting, const char* expected) {
      QTest::newRow(name) << gpu << processor << QString(waiting) << QString(expected);
    };
    row("a GPU task waits for a GPU", false, true, "G", "");
    row("and does not hold others up", false, true, "GL", "start t-1 cpu");
    row("a GPU before the processor", true, true, "L", "start t-0 g0");
    row("both, if none is left", true, true, "LL", "start t-0 g0, start t-1 cpu");
    row("both, each where it can", true, true, "GL", "start t-0 g0, start t-1 cpu");
    row("in their order", true, true, "LG", "start t-0 g0");
    row("not lent", true, false, "LL", "start t-0 g0");
    row("nothing is free", false, false, "LG", "");
  }
  void theProcessorServesWhomItCan() {
    QFETCH(bool, gpuFree);
    QFETCH(bool, processorFree);
    QFETCH(QString, waiting);
    const auto limit = [](bool free) { return free ? v1::LIMIT_RUN : v1::LIMIT_EVICT; };
    const auto v = verdicts({{"cpu", limit(processorFree)}, {"g0", limit(gpuFree)}});
    model::Roster roster;
    for (const QChar kind : waiting) {
      roster.push_back(queued("t-" + std::to_string(roster.size()), 0, roster.size() + 1));
      roster.back().onProcessor = kind == 'L';
    }
    QTEST(planOf(roster, v), "expected");
  }
  void ownWorkAndTheProcessor() {
    auto stranger = inState(v1::TASK_STATE_RUNNING, "t-a", "cpu");
    auto chat = own(queued("t-b", 0, 2));
    auto kernel = own(queued("t-c", 0, 3));
    stranger.onProcessor = chat.onProcessor = true;
    model::Verdicts v;
    v.byGpu["cpu"] = verdict(v1::LIMIT_RUN, v1::LIMIT_RUN);
    QCOMPARE(planOf({stranger, chat, kernel}, v), "evict t-a own_task");
    QCOMPARE(planOf({stranger, kernel}, v), "");  // it could not be computed there
    QCOMPARE(planOf({chat}, v), "start t-b cpu");
    v.byGpu["cpu"].own.limit = v1::LIMIT_EVICT;
    QCOMPARE(planOf({stranger, chat}, v), "");
  }
  void oneWorkerOnTheProcessor() {
    auto first = inState(v1::TASK_STATE_RUNNING, "t-a", "cpu");
    auto second = queued("t-b", 100, 2);
    first.onProcessor = second.onProcessor = true;
    QCOMPARE(planOf({first, second}, verdicts({{"cpu", v1::LIMIT_RUN}})), "");
    QCOMPARE(planOf({first, second}, verdicts({{"cpu", v1::LIMIT_RUN}, {"g0", v1::LIMIT_RUN}})), "start t-b g0");
  }
  // It has no gate before it has started: the owner does not wait for that.
  void whatStartsOnTheProcessorLeavesAtOnce() {
    auto starting = inState(v1::TASK_STATE_STARTING, "t-a", "cpu");
    starting.onProcessor = true;
    QCOMPARE(planOf({starting}, verdicts({{"cpu", v1::LIMIT_PARK}})), "evict t-a owner_present");
    QCOMPARE(planOf({starting}, verdicts({{"cpu", v1::LIMIT_RUN}})), "");
  }

  void startNamesTheGpu() {
    const auto v = verdicts({{"g0", v1::LIMIT_RUN}});
    v1::Gpu gpu;
    gpu.set_id("g0");
    gpu.set_name("Radeon 780M");
    const model::Roster roster{queued("t-a", 0, 1)};
    const auto p = plan({.verdicts = v, .roster = roster, .settings = kSettings, .now = kNow, .gpus = {&gpu, 1}});
    QCOMPARE(std::get<model::StartWorker>(p.actions.front()).gpuName, std::string("Radeon 780M"));
  }
};

QTEST_GUILESS_MAIN(TestPlan)
#include "test_plan.moc"
