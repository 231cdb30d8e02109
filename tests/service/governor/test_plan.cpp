// SPDX-License-Identifier: Apache-2.0
// What of an item goes out next.
#include "governor/queue/plan.h"
#include "queue_items.h"

#include <QtTest>

using namespace lull::governor;

class TestPlan : public QObject {
  Q_OBJECT

private Q_SLOTS:
  void slicesAreAsLongAsTheyShouldBe_data() {
    using Lengths = std::vector<std::vector<std::uint64_t>>;
    using Counts = std::vector<int>;
    QTest::addColumn<Lengths>("batches");
    QTest::addColumn<bool>("whole");
    QTest::addColumn<Counts>("slices");  // buffers in each
    QTest::newRow("nothing") << Lengths{} << false << Counts{0};
    QTest::newRow("one") << Lengths{{500}} << false << Counts{1};
    QTest::newRow("together") << Lengths{{300, 300, 300, 300, 300}} << false << Counts{4, 1};
    QTest::newRow("over batches") << Lengths{{300}, {300}, {300, 300, 300}} << false << Counts{4, 1};
    QTest::newRow("not known") << Lengths{{0, 0, 100}} << false << Counts{1, 1, 1};
    QTest::newRow("too long") << Lengths{{5000, 5000}} << false << Counts{1, 1};
    QTest::newRow("left whole") << Lengths{{5000, 0}, {0, 5000}} << true << Counts{4};
    QTest::newRow("batches without buffers") << Lengths{{}, {700}, {}, {700}, {}} << false << Counts{1, 1};
  }
  void slicesAreAsLongAsTheyShouldBe() {
    QFETCH(std::vector<std::vector<std::uint64_t>>, batches);
    QFETCH(bool, whole);
    QFETCH(std::vector<int>, slices);
    Costs costs;
    Made made(batches, costs);
    std::atomic<std::uint64_t> handed{0};
    Planner planner(costs, handed);
    std::vector<int> counts;
    do {
      const auto plan = planner.next(made.item, {.targetNs = 1000, .whole = whole});
      QVERIFY(plan);
      counts.push_back(static_cast<int>(plan->end.part - made.item.at.part));
      QCOMPARE(plan->carriesWork, counts.back() > 0);
      made.item.at = plan->end;
    } while (!made.item.isDone());
    QCOMPARE(counts, slices);
  }

  // The length of what went before is not theirs.
  void nothingIsExpectedOfBinds() {
    Costs costs;
    Made work({{700}}, costs);
    Made bind({{}}, costs);
    bind.item.form = Item::Form::Bind;
    std::atomic<std::uint64_t> handed{0};
    Planner planner(costs, handed);
    const auto first = planner.next(work.item, {.targetNs = 1000, .whole = false});
    QVERIFY(first && first->expectedNs > 0);
    const auto second = planner.next(bind.item, {.targetNs = 1000, .whole = false});
    QVERIFY(second && second->carriesWork);
    QCOMPARE(second->expectedNs, std::uint64_t{0});
  }

  void whatBelongsTogetherStaysTogether() {
    Costs costs;
    Made made({{900, 900, 900}}, costs);
    made.item.parts[0].chunk.withNext = true;
    std::atomic<std::uint64_t> handed{0};
    Planner planner(costs, handed);
    const auto plan = planner.next(made.item, {.targetNs = 1000, .whole = false});
    QVERIFY(plan);
    QCOMPARE(plan->end.part, std::size_t{2});
  }

  void anUnsafeBatchIsNotEntered() {
    Semaphores semaphores;
    semaphores.add(semaphore(1), timelineAt(0));
    Costs costs;
    Made made({{100}}, costs);
    made.add();
    made.item.waits.push_back({.semaphore = semaphore(1), .value = 1, .need = semaphores.need(semaphore(1), 1)});
    made.item.parts.push_back({.chunk = {.commands = buffer(7), .work = nullptr}, .deviceMask = 0});
    std::atomic<std::uint64_t> handed{0};
    Planner planner(costs, handed);
    const auto first = planner.next(made.item, {.targetNs = 1000, .whole = true});
    QVERIFY(first);
    QCOMPARE(first->end.batch, std::size_t{1});
    QVERIFY(!first->end.entered);
    made.item.at = first->end;
    QVERIFY(!planner.next(made.item, {.targetNs = 1000, .whole = true}));
    QVERIFY(planner.inTheWay(made.item, false) != nullptr);
    semaphores.assure(semaphore(1), 1);
    QVERIFY(planner.inTheWay(made.item, false) == nullptr);
    const auto second = planner.next(made.item, {.targetNs = 1000, .whole = true});
    QVERIFY(second && second->end.batch == 2);
  }

  // In a hurry the driver waits for values that are still to be signalled; for a binary signal never before it is
  // there.
  void inAHurryTheDriverWaits() {
    Semaphores semaphores;
    semaphores.add(semaphore(1), timelineAt(0));
    semaphores.add(semaphore(2), std::make_shared<Payload>());
    std::atomic<std::uint64_t> other{0};
    semaphores.willSignal(semaphore(2), {.handed = &other, .serial = 1});
    Costs costs;
    Made made({{100}}, costs);
    made.item.waits.push_back({.semaphore = semaphore(1), .value = 1, .need = semaphores.need(semaphore(1), 1)});
    made.item.waits.push_back({.semaphore = semaphore(2), .need = semaphores.need(semaphore(2), 0)});
    std::atomic<std::uint64_t> handed{0};
    Planner planner(costs, handed);
    const Planner::Limits hurried{.targetNs = 1000, .whole = false, .hurried = true};
    QVERIFY(!planner.next(made.item, hurried));
    QCOMPARE(planner.inTheWay(made.item, true), &made.item.waits[1]);
    other.store(1);
    QVERIFY(planner.inTheWay(made.item, true) == nullptr);
    QVERIFY(!planner.next(made.item, {.targetNs = 1000, .whole = false}));
    const auto plan = planner.next(made.item, hurried);
    QVERIFY(plan && plan->unsafe && !plan->probes);
    QCOMPARE(plan->expectedNs, std::uint64_t{0});
    semaphores.assure(semaphore(1), 1);
    const auto safe = planner.next(made.item, hurried);
    QVERIFY(safe && !safe->unsafe && safe->expectedNs > 0);
  }

  void whatASubmissionSignalsItselfIsSafe() {
    Semaphores semaphores;
    semaphores.add(semaphore(1), timelineAt(0));
    semaphores.add(semaphore(2), std::make_shared<Payload>());
    std::atomic<std::uint64_t> handed{0};
    Costs costs;
    Made made({{100}}, costs);
    made.item.signals.push_back(
        {.semaphore = semaphore(1), .value = 2, .payload = semaphores.willSignal(semaphore(1), {})});
    made.item.signals.push_back(
        {.semaphore = semaphore(2), .payload = semaphores.willSignal(semaphore(2), {.handed = &handed, .serial = 1})});
    made.add();
    made.item.waits.push_back({.semaphore = semaphore(1), .value = 2, .need = semaphores.need(semaphore(1), 2)});
    made.item.waits.push_back({.semaphore = semaphore(2), .need = semaphores.need(semaphore(2), 0)});
    Planner planner(costs, handed);
    const auto plan = planner.next(made.item, {.targetNs = 1000, .whole = false});
    QVERIFY(plan);
    QCOMPARE(plan->end.batch, std::size_t{2});
  }
};

QTEST_GUILESS_MAIN(TestPlan)
#include "test_plan.moc"
