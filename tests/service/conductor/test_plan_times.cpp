// SPDX-License-Identifier: Apache-2.0
// plan() and the time: whose patience ends when, and for when it asks to be woken.
#include "conductor/conductor.h"

#include <QTest>

#include "service/conductor/samples.h"

using namespace lull;
using namespace lull::conductor;
using namespace lull::conductor::samples;
using model::RosterTask;

Q_DECLARE_METATYPE(model::RosterTask)

namespace {

std::optional<Instant> lookAgainOf(const model::Roster& roster, const model::Verdicts& v, Now now = kNow) {
  return plan({.verdicts = v, .roster = roster, .settings = kSettings, .now = now}).lookAgain;
}

RosterTask parkedUndrained() {
  auto t = inState(v1::TASK_STATE_PARKED);
  t.gateClosedAt = kNow.instant;
  return t;
}

}  // namespace

class TestPlanTimes : public QObject {
  Q_OBJECT
private slots:
  void whoDoesNotDrainIsKilled() {
    const auto park = verdicts({{"g0", v1::LIMIT_PARK}});
    const auto t = parkedUndrained();
    QCOMPARE(planOf({t}, park, later(Milliseconds(999))), "");
    QCOMPARE(planOf({t}, park, later(Milliseconds(1000))), "kill t-a 8 drain_limit");
    // The verdict changes nothing about it: whoever does not drain is not evicted, nor let on.
    QCOMPARE(planOf({t}, verdicts({{"g0", v1::LIMIT_EVICT}}), later(Milliseconds(1000))), "kill t-a 8 drain_limit");
    auto drained = t;
    drained.gateClosedAt.reset();
    QCOMPARE(planOf({drained}, park, later(Seconds(3600))), "");
    auto evicting = inState(v1::TASK_STATE_EVICTING);
    evicting.gateClosedAt = kNow.instant;
    QCOMPARE(planOf({evicting}, park, later(Milliseconds(1000))), "kill t-a 8 drain_limit");
    auto starving = t;
    starving.gpu = "cpu";
    starving.onProcessor = true;
    QCOMPARE(planOf({starving}, verdicts({{"cpu", v1::LIMIT_PARK}}), later(Milliseconds(1000))),
             "kill t-a 0 drain_limit");  // no attempt counted
  }

  void whoDoesNotLeaveIsKilled() {
    const auto t = inState(v1::TASK_STATE_EVICTING);
    const auto evict = verdicts({{"g0", v1::LIMIT_EVICT}});
    QCOMPARE(planOf({t}, evict, later(Milliseconds(9999))), "");
    QCOMPARE(planOf({t}, evict, later(Seconds(10))), "kill t-a 0 evict_limit");
  }

  void whoDoesNotStartIsKilled() {
    const auto t = inState(v1::TASK_STATE_STARTING);
    const auto run = verdicts({{"g0", v1::LIMIT_RUN}});
    QCOMPARE(planOf({t}, run, later(Milliseconds(59'999))), "");
    QCOMPARE(planOf({t}, run, later(Seconds(60))), "kill t-a 10 start_limit");
    auto onProcessor = inState(v1::TASK_STATE_STARTING, "t-a", "cpu");
    onProcessor.onProcessor = true;
    const auto lent = verdicts({{"cpu", v1::LIMIT_RUN}});
    QCOMPARE(planOf({onProcessor}, lent, later(Milliseconds(599'999))), "");
    QCOMPARE(planOf({onProcessor}, lent, later(Seconds(600))), "kill t-a 10 start_limit");
  }

  void whoHasUsedUpItsGpuTimeIsKilled() {
    auto t = inState(v1::TASK_STATE_RUNNING);
    const auto run = verdicts({{"g0", v1::LIMIT_RUN}});
    t.gpuNsAllowed = 100;
    t.gpuNs = 99;
    QCOMPARE(planOf({t}, run), "");
    t.gpuNs = 100;
    QCOMPARE(planOf({t}, run), "kill t-a 9 gpu_time_limit");
  }

  // A worker that stands still does not hear that its conversation is over.
  void aClosedConversationEndsInTime() {
    for (const auto state : {v1::TASK_STATE_RUNNING, v1::TASK_STATE_PARKED}) {
      const auto limit = state == v1::TASK_STATE_RUNNING ? v1::LIMIT_RUN : v1::LIMIT_PARK;
      const auto same = verdicts({{"g0", limit}});
      auto t = inState(state);
      t.closedAt = kNow.instant;
      QCOMPARE(planOf({t}, same), "");
      QCOMPARE(lookAgainOf({t}, same), std::optional(kNow.instant + kCloseLimit));
      QCOMPARE(planOf({t}, same, later(kCloseLimit)), "kill t-a 0 close_limit");
    }
  }

  void looksAgainWhenSomethingIsDue_data() {
    QTest::addColumn<RosterTask>("task");
    QTest::addColumn<int>("limit");
    QTest::addColumn<qint64>("ms");  // from kNow; -1: never
    const auto row = [](const char* name, const RosterTask& t, v1::Limit limit, qint64 ms) {
      QTest::newRow(name) << t << int{limit} << ms;
    };
    auto evicting = inState(v1::TASK_STATE_EVICTING);
    auto evictingUndrained = evicting;
    evictingUndrained.gateClosedAt = kNow.instant - Milliseconds(300);
    auto killed = evictingUndrained;
    killed.kill = model::Kill{};
    row("running on", inState(v1::TASK_STATE_RUNNING), v1::LIMIT_RUN, -1);
    row("gate closed by this plan", inState(v1::TASK_STATE_RUNNING), v1::LIMIT_PARK, 1000);
    row("evicted by this plan", inState(v1::TASK_STATE_RUNNING), v1::LIMIT_EVICT, 1000);
    row("evicted, drained before", inState(v1::TASK_STATE_PARKED), v1::LIMIT_EVICT, 10'000);
    row("parked, draining", parkedUndrained(), v1::LIMIT_PARK, 1000);
    row("parked, drained", inState(v1::TASK_STATE_PARKED), v1::LIMIT_PARK, -1);
    row("let on while draining", parkedUndrained(), v1::LIMIT_RUN, -1);
    row("evicting", evicting, v1::LIMIT_EVICT, 10'000);
    row("evicting, draining", evictingUndrained, v1::LIMIT_EVICT, 700);
    row("killed", killed, v1::LIMIT_EVICT, -1);
    row("starting", inState(v1::TASK_STATE_STARTING), v1::LIMIT_PARK, 60'000);
    row("started by this plan", inState(v1::TASK_STATE_QUEUED), v1::LIMIT_RUN, 60'000);
    row("retry, GPU free", queued("t-a", 0, 1, kNow.unixMs + 4321), v1::LIMIT_RUN, 4321);
    row("retry, GPU not free", queued("t-a", 0, 1, kNow.unixMs + 4321), v1::LIMIT_PARK, -1);
    row("queued, GPU not free", queued("t-a", 0, 1), v1::LIMIT_EVICT, -1);
  }
  void looksAgainWhenSomethingIsDue() {
    QFETCH(RosterTask, task);
    QFETCH(int, limit);
    QFETCH(qint64, ms);
    const auto at = lookAgainOf({task}, verdicts({{"g0", static_cast<v1::Limit>(limit)}}));
    QCOMPARE(at ? std::chrono::duration_cast<Milliseconds>(*at - kNow.instant).count() : -1, ms);
  }

  // Waking exactly then is not too early: the plan acts, and does not ask to be woken for the same instant again.
  void looksAgainAtTheVeryInstant() {
    const auto park = verdicts({{"g0", v1::LIMIT_PARK}});
    const auto at = lookAgainOf({parkedUndrained()}, park);
    QVERIFY(at);
    QCOMPARE(planOf({parkedUndrained()}, park, later(*at - kNow.instant)), "kill t-a 8 drain_limit");
    QVERIFY(!lookAgainOf({parkedUndrained()}, park, later(*at - kNow.instant)));

    const auto run = verdicts({{"g0", v1::LIMIT_RUN}});
    const auto waiting = queued("t-a", 0, 1, kNow.unixMs + 4321);
    const auto retry = lookAgainOf({waiting}, run);
    QVERIFY(retry);
    QCOMPARE(planOf({waiting}, run, later(*retry - kNow.instant)), "start t-a g0");
  }

  void aRetryIsWorthWakingUpForWhileTheProcessorIsFree() {
    auto waiting = queued("t-a", 0, 1, kNow.unixMs + 4321);
    waiting.onProcessor = true;
    QVERIFY(lookAgainOf({waiting}, verdicts({{"cpu", v1::LIMIT_RUN}, {"g0", v1::LIMIT_EVICT}})));
    QVERIFY(!lookAgainOf({waiting}, verdicts({{"cpu", v1::LIMIT_EVICT}, {"g0", v1::LIMIT_EVICT}})));
  }
};

QTEST_GUILESS_MAIN(TestPlanTimes)
#include "test_plan_times.moc"
