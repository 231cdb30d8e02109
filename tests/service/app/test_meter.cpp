// SPDX-License-Identifier: Apache-2.0
#include "app/meter.h"

#include <QtTest>

using namespace lull;
using app::Meter;

namespace {

constexpr std::int64_t kSecond = 1'000'000'000;

Instant at(double seconds) { return instantFromNs(static_cast<std::int64_t>(seconds * kSecond)); }

runtimes::WorkerFigures worker(double gpuSeconds, bool open = true) {
  return {.task = "t-1",
          .gpu = "g",
          .session = "t-1.x",
          .open = open,
          .gpuNs = static_cast<std::uint64_t>(gpuSeconds * kSecond)};
}

}  // namespace

class TestMeter : public QObject {
  Q_OBJECT

private slots:
  void shareIsWorkOverTime() {
    Meter meter;
    QVERIFY(!meter.look(worker(0), at(100)));
    (void)meter.look(worker(0.75), at(101));
    QCOMPARE(meter.share("t-1"), 0.75);
    (void)meter.look(worker(0.80), at(101.1));  // too soon to tell anew
    QCOMPARE(meter.share("t-1"), 0.75);
    (void)meter.look(worker(5), at(102));  // more work than time: a meter that ran ahead
    QCOMPARE(meter.share("t-1"), 1.0);
    (void)meter.look(worker(5, false), at(102.1));
    QCOMPARE(meter.share("t-1"), 0.0);
    QCOMPARE(meter.share("t-2"), 0.0);
  }

  void totalsAreKeptEveryTenSecondsAndWhenTheGateCloses() {
    Meter meter;
    QVERIFY(!meter.look(worker(0), at(0)));
    QVERIFY(!meter.look(worker(5), at(9)));
    QVERIFY(meter.look(worker(6), at(10)));
    QCOMPARE(meter.keep(worker(6), {.instant = at(10), .unixMs = 7}, 50).gpuNs, 6U * kSecond);
    QVERIFY(!meter.look(worker(7), at(11)));
    QVERIFY(meter.look(worker(7, false), at(11)));
    (void)meter.keep(worker(7, false), {.instant = at(11), .unixMs = 8}, 50);
    QVERIFY(!meter.look(worker(7, false), at(30)));  // nothing new
  }

  // Of a processor with four cores.
  void theProcessorsTimeIsThatOfItsCores() {
    Meter meter(4);
    auto work = worker(0);
    work.gpu = "cpu";
    (void)meter.look(work, at(100));
    work.cpuNs = 2 * kSecond;
    (void)meter.look(work, at(101));
    QCOMPARE(meter.share("t-1"), 0.5);
    const auto kept = meter.keep(work, {.instant = at(101), .unixMs = 9}, 50);
    QCOMPARE(kept.cpuNs, 2U * kSecond);
    QCOMPARE(kept.gpuNs, 0U);
    QCOMPARE(kept.energyUj, 25'000'000U);  // half of the processor for a second, at 50 W for all of it
    QVERIFY(kept.energyEstimated);
    QVERIFY(!meter.look(work, at(120)));  // nothing new
  }

  void energyIsEstimatedFromTheAssumedPower() {
    Meter meter;
    (void)meter.look(worker(0), at(0));
    const auto kept = meter.keep(worker(2), {.instant = at(2), .unixMs = 9}, 50);
    QCOMPARE(kept.energyUj, 100'000'000U);  // 2 s × 50 W = 100 J
    QVERIFY(kept.energyEstimated);
    QCOMPARE(kept.session, std::string("t-1.x"));
    QCOMPARE(kept.at, 9);
  }

  void measuredPowerIsUsedWhereToldAndMixingIsMarked() {
    Meter meter;
    meter.power("g", 200.0);
    (void)meter.look(worker(0), at(0));
    const auto measured = meter.keep(worker(1), {.instant = at(1), .unixMs = 1}, 50);
    QCOMPARE(measured.energyUj, 200'000'000U);
    QVERIFY(!measured.energyEstimated);
    meter.power("g", std::nullopt);
    const auto mixed = meter.keep(worker(2), {.instant = at(2), .unixMs = 2}, 50);
    QCOMPARE(mixed.energyUj, 250'000'000U);
    QVERIFY(mixed.energyEstimated);
  }
};

QTEST_GUILESS_MAIN(TestMeter)
#include "test_meter.moc"
