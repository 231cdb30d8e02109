// SPDX-License-Identifier: Apache-2.0
// Which fences are held and which waits are safe, before the driver knows of them.
#include "governor/futex.h"
#include "governor/queue/fences.h"
#include "governor/queue/moment.h"
#include "queue_items.h"

#include <QtTest>

#include <thread>

using namespace lull::governor;

namespace {

constexpr std::uint64_t kPatienceNs = 30'000'000'000;
constexpr std::uint64_t kMomentNs = 20'000'000;

}  // namespace

class TestTracking : public QObject {
  Q_OBJECT

private Q_SLOTS:
  void fencesAreHeldUntilReleased() {
    Fences fences;
    QVERIFY(!fences.holds(fence(1)));
    fences.hold(fence(1));
    fences.hold(fence(2));
    const std::array<VkFence, 2> both{fence(1), fence(2)};
    QVERIFY(fences.holds(fence(1)));
    QVERIFY(!fences.waitForAll(both, momentAfter(kMomentNs)));
    QVERIFY(!fences.waitForAny(both, momentAfter(0)));
    fences.release(fence(1));
    QVERIFY(fences.waitForAny(both, momentAfter(0)));
    QVERIFY(!fences.waitForAll(both, momentAfter(0)));
    fences.release(fence(2));
    QVERIFY(fences.waitForAll(both, momentAfter(0)));
    fences.hold(fence(1));  // used again
    QVERIFY(fences.holds(fence(1)));
  }

  void whoWaitsForAFenceIsWoken() {
    Fences fences;
    for (int round = 0; round < 500; ++round) {
      fences.hold(fence(1));
      fences.hold(fence(2));
      std::thread other([&] {
        fences.release(fence(2));
        fences.release(fence(1));
      });
      const std::array<VkFence, 2> both{fence(1), fence(2)};
      const bool all = fences.waitForAll(both, momentAfter(kPatienceNs));
      other.join();
      QVERIFY(all);
    }
  }

  void aBinaryWaitBelongsToTheSignalBeforeIt() {
    Semaphores semaphores;
    semaphores.add(semaphore(1), std::make_shared<Payload>());
    QVERIFY(Semaphores::isMet(semaphores.need(semaphore(1), 0)));  // signalled by what we do not see
    QVERIFY(Semaphores::isMet(semaphores.need(semaphore(9), 0)));  // not known at all
    std::atomic<std::uint64_t> handed{4};
    semaphores.willSignal(semaphore(1), {.handed = &handed, .serial = 5});
    const Need first = semaphores.need(semaphore(1), 0);
    semaphores.willSignal(semaphore(1), {.handed = &handed, .serial = 7});
    const Need second = semaphores.need(semaphore(1), 0);
    QVERIFY(!Semaphores::isMet(first));
    handed.store(5);
    QVERIFY(Semaphores::isMet(first));
    QVERIFY(!Semaphores::isMet(second));
    semaphores.remove(semaphore(1));  // the program may, when it saw the work done
    handed.store(9);
    QVERIFY(Semaphores::isMet(second));
    QVERIFY(!Semaphores::isBlind(second));
  }

  void aTimelineWaitNeedsItsValue() {
    Semaphores semaphores;
    semaphores.add(semaphore(1), timelineAt(3));
    QVERIFY(Semaphores::isMet(semaphores.need(semaphore(1), 3)));
    const Need need = semaphores.need(semaphore(1), 5);
    QVERIFY(!Semaphores::isMet(need));
    semaphores.assure(semaphore(1), 4);
    QVERIFY(!Semaphores::isMet(need));
    semaphores.assure(semaphore(1), 8);
    QVERIFY(Semaphores::isMet(need));
    semaphores.assure(semaphore(1), 2);  // never back
    QVERIFY(Semaphores::isMet(need));
  }

  void whatOthersMaySignalIsBlindOnlyWhenBinary() {
    Semaphores semaphores;
    semaphores.add(semaphore(1), std::make_shared<Payload>());
    semaphores.add(semaphore(2), timelineAt(0));
    semaphores.makeForeign(semaphore(1));
    semaphores.makeForeign(semaphore(2));
    QVERIFY(Semaphores::isBlind(semaphores.need(semaphore(1), 0)));
    QVERIFY(!Semaphores::isBlind(semaphores.need(semaphore(2), 1)));  // its value can be asked for
  }

  void noChangeIsSleptThrough() {
    Semaphores semaphores;
    semaphores.add(semaphore(1), timelineAt(0));
    std::thread other([&] {
      for (std::uint64_t value = 1; value <= 2000; ++value) semaphores.assure(semaphore(1), value);
    });
    const Need need = semaphores.need(semaphore(1), 2000);
    bool woken = true;
    while (woken && !Semaphores::isMet(need)) {
      const std::uint64_t seen = semaphores.changes();
      if (Semaphores::isMet(need)) break;
      woken = semaphores.waitForChange(seen, momentAfter(kPatienceNs));
    }
    other.join();
    QVERIFY(woken);
    QVERIFY(!semaphores.waitForChange(semaphores.changes(), momentAfter(kMomentNs)));
  }
};

QTEST_GUILESS_MAIN(TestTracking)
#include "test_tracking.moc"
