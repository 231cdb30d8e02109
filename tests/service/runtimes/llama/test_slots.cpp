// SPDX-License-Identifier: Apache-2.0
// Who waits for a slot gets whichever becomes free first, and nothing once there is none any more.
#include "runtimes/llama/slots.h"

#include <QtTest>

#include <future>
#include <set>

using lull::runtimes::llama::Slots;
using namespace std::chrono_literals;

class TestSlots : public QObject {
  Q_OBJECT

private slots:
  void eachIsLentOnce() {
    Slots pool(3);
    std::set<std::uint32_t> lent;
    for (int i = 0; i < 3; ++i) lent.insert(pool.take().value());
    QVERIFY((lent == std::set<std::uint32_t>{0, 1, 2}));
  }

  void whoWaitsGetsWhatIsGivenBack() {
    Slots pool(2);
    QVERIFY(pool.take() && pool.take());
    auto waiting = std::async(std::launch::async, [&pool] { return pool.take(); });
    QVERIFY(waiting.wait_for(50ms) == std::future_status::timeout);
    pool.giveBack(1);
    QCOMPARE(waiting.get().value(), 1U);
  }

  void nobodyGetsOneOnceItIsClosed() {
    Slots pool(1);
    QVERIFY(pool.take());
    auto waiting = std::async(std::launch::async, [&pool] { return pool.take(); });
    pool.close();
    QVERIFY(!waiting.get());
    pool.giveBack(0);
    QVERIFY(!pool.take());
  }
};

QTEST_GUILESS_MAIN(TestSlots)
#include "test_slots.moc"
