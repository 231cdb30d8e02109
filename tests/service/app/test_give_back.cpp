// SPDX-License-Identifier: Apache-2.0
#include "app/give_back.h"

#include <QtTest>

using namespace lull;
using app::GiveBack;

namespace {

constexpr Now kNow{.instant = instantFromNs(1'000'000'000), .unixMs = 1'700'000'000'000};

Instant ms(double value) { return instantFromNs(static_cast<std::int64_t>(value * 1e6)); }

runtimes::WorkerFigures worker(std::optional<Instant> drained, std::optional<Instant> ended = {}) {
  return {.task = "t-1", .session = "t-1.x", .gateChangedAt = ms(901), .drainedAt = drained, .endedAt = ended};
}

const model::GiveBackMeasured& only(const std::vector<model::Entry>& entries) {
  return std::get<model::GiveBackMeasured>(entries.at(0));
}

}  // namespace

class TestGiveBack : public QObject {
  Q_OBJECT

private slots:
  void onlyTheOwnersReturnCounts() {
    for (const auto* cause : {"owner_present", "paused", "sharing_off"}) QVERIFY(GiveBack::isOwnersReturn(cause));
    for (const auto* cause : {"too_hot", "on_battery", "memory_pressure", "stopping", ""})
      QVERIFY(!GiveBack::isOwnersReturn(cause));
    GiveBack giveBack;
    giveBack.closed("t-1", "too_hot", ms(900));
    QVERIFY(giveBack.look(worker(ms(905)), kNow).empty());
  }

  void toldOnceDrainedAndOnceFreed() {
    GiveBack giveBack;
    giveBack.closed("t-1", "owner_present", ms(900));
    QVERIFY(giveBack.look(worker({}), kNow).empty());
    const auto drained = giveBack.look(worker(ms(905)), kNow);
    QCOMPARE(drained.size(), 1U);
    QCOMPARE(only(drained).spans.gate_ms(), 1.0);
    QCOMPARE(only(drained).spans.drained_ms(), 5.0);
    QCOMPARE(only(drained).spans.memory_free_ms(), -1.0);
    QCOMPARE(only(drained).at, kNow.unixMs - 100);
    QVERIFY(giveBack.look(worker(ms(905)), kNow).empty());
    auto later = kNow;  // the same instants, read again: whole milliseconds differ by one
    later.unixMs += 1;
    const auto freed = giveBack.look(worker(ms(905), ms(950)), later);
    QCOMPARE(only(freed).spans.memory_free_ms(), 50.0);
    QCOMPARE(only(freed).at, only(drained).at);  // the same measurement, completed
    QVERIFY(giveBack.look(worker(ms(905), ms(950)), kNow).empty());
  }

  void aSecondCauseDoesNotRestartTheClock() {
    GiveBack giveBack;
    giveBack.closed("t-1", "owner_present", ms(900));
    giveBack.closed("t-1", "paused", ms(904));
    QCOMPARE(only(giveBack.look(worker(ms(905)), kNow)).spans.cause(), std::string("owner_present"));
  }

  void aGateThatWasClosedBeforeCountsAsClosedAtOnce() {
    GiveBack giveBack;
    giveBack.closed("t-1", "paused", ms(903));
    const auto told = giveBack.look(worker(ms(902)), kNow);
    QCOMPARE(only(told).spans.gate_ms(), 0.0);
    QCOMPARE(only(told).spans.drained_ms(), 0.0);
  }

  void reopeningEndsTheEpisode() {
    GiveBack giveBack;
    giveBack.closed("t-1", "paused", ms(900));
    giveBack.reopened("t-1");
    QVERIFY(giveBack.look(worker(ms(905)), kNow).empty());
  }
};

QTEST_GUILESS_MAIN(TestGiveBack)
#include "test_give_back.moc"
