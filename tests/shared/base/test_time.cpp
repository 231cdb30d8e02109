// SPDX-License-Identifier: Apache-2.0
#include "base/time.h"

#include <QTest>

using namespace lull;

class TestTime : public QObject {
  Q_OBJECT

private slots:
  void wallAndMonotonicTimeConvert() {
    const Now now{.instant = instantFromNs(5'000'000'000), .unixMs = 1'000'000};
    QCOMPARE(now.unixOf(now.instant), 1'000'000);
    QCOMPARE(now.unixOf(now.instant - Seconds(2)), 998'000);
    QCOMPARE(now.unixOf(now.instant - Nanoseconds(1)), 999'999);  // the millisecond it lies in
    QCOMPARE(toNs(now.instantOf(1'001'500)), 6'500'000'000);
    QCOMPARE(now.unixOf(now.instantOf(123'456)), 123'456);
  }

  void spansInMilliseconds() {
    QCOMPARE(toMs(Nanoseconds(1'500'000)), 1.5);
    QCOMPARE(toMs(Nanoseconds(-1'000)), -0.001);
  }

  void theSystemsClockGoesOn() {
    const SystemClock clock;
    const auto a = clock.now();
    const auto b = clock.now();
    QVERIFY(b.instant >= a.instant);
    QVERIFY(a.unixMs > 1'600'000'000'000);
  }
};

QTEST_GUILESS_MAIN(TestTime)
#include "test_time.moc"
