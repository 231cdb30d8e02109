// SPDX-License-Identifier: Apache-2.0
// What a queue decides before it calls the driver: which fences are held, which waits are safe, what goes out next and
// in which words. No GPU: the driver is a function that writes down what it is told.
#include "governor/chain.h"
#include "governor/futex.h"
#include "governor/queue/fences.h"
#include "governor/queue/moment.h"
#include "governor/queue/outgoing.h"
#include "governor/queue/plan.h"
#include "governor/queue/semaphores.h"

#include <QtTest>

#include <thread>

using namespace lull::governor;

namespace {

constexpr std::uint64_t kPatienceNs = 30'000'000'000;
constexpr std::uint64_t kMomentNs = 20'000'000;

template <typename Handle>
Handle handle(std::uintptr_t number) {
  return reinterpret_cast<Handle>(number);  // NOLINT: never followed
}
VkFence fence(std::uintptr_t number) { return handle<VkFence>(number); }
VkSemaphore semaphore(std::uintptr_t number) { return handle<VkSemaphore>(number); }
VkCommandBuffer buffer(std::uintptr_t number) { return handle<VkCommandBuffer>(number); }

std::shared_ptr<Payload> timelineAt(std::uint64_t value) {
  auto payload = std::make_shared<Payload>();
  payload->timeline = true;
  payload->assured.store(value);
  return payload;
}

// An item put together by hand: `batches` of buffers, each known to take so many ns (0: not known).
struct Made {
  Item item;
  explicit Made(const std::vector<std::vector<std::uint64_t>>& batches, Costs& costs) {
    std::uintptr_t number = 100;
    for (const auto& lengths : batches) {
      add();
      for (const std::uint64_t ns : lengths) {
        WorkList work;
        if (ns > 0) {
          const Work one{.program = 1000 + ns, .units = 1};
          work = std::make_shared<const std::vector<Work>>(1, one);
          for (int i = 0; i < 20; ++i) costs.learn(*work, ns);
        }
        item.parts.push_back({.chunk = {.commands = buffer(number++), .work = work}, .deviceMask = 0});
      }
    }
  }
  void add() {
    Batch batch;
    batch.waits = item.waits.size();
    batch.parts = item.parts.size();
    batch.signals = item.signals.size();
    item.batches.push_back(batch);
  }
};

// What the driver was told in one call.
struct Told {
  struct Batch {
    std::vector<VkSemaphore> waits;
    std::vector<std::uint64_t> waitValues;
    std::vector<VkCommandBuffer> buffers;
    std::vector<VkSemaphore> signals;
    std::vector<std::uint64_t> signalValues;
    std::uint32_t binds = 0;
  };
  std::vector<Batch> batches;
  VkFence fence = VK_NULL_HANDLE;
};
Told g_told;  // the driver's memory, in a test of one thread

template <typename Entry>
std::vector<Entry> listOf(const Entry* first, std::uint32_t count) {
  return {first, first + count};
}

VKAPI_ATTR VkResult VKAPI_CALL driverSubmit(VkQueue, std::uint32_t count, const VkSubmitInfo* infos, VkFence fence) {
  g_told = {.batches = {}, .fence = fence};
  for (std::uint32_t i = 0; i < count; ++i) {
    Told::Batch batch;
    batch.waits = listOf(infos[i].pWaitSemaphores, infos[i].waitSemaphoreCount);
    batch.buffers = listOf(infos[i].pCommandBuffers, infos[i].commandBufferCount);
    batch.signals = listOf(infos[i].pSignalSemaphores, infos[i].signalSemaphoreCount);
    if (const auto* values = inChain<VkTimelineSemaphoreSubmitInfo>(infos[i].pNext)) {
      batch.waitValues = listOf(values->pWaitSemaphoreValues, values->waitSemaphoreValueCount);
      batch.signalValues = listOf(values->pSignalSemaphoreValues, values->signalSemaphoreValueCount);
    }
    g_told.batches.push_back(batch);
  }
  return VK_SUCCESS;
}

VKAPI_ATTR VkResult VKAPI_CALL driverSubmit2(VkQueue, std::uint32_t count, const VkSubmitInfo2* infos, VkFence fence) {
  g_told = {.batches = {}, .fence = fence};
  for (std::uint32_t i = 0; i < count; ++i) {
    Told::Batch batch;
    for (const auto& wait : listOf(infos[i].pWaitSemaphoreInfos, infos[i].waitSemaphoreInfoCount)) {
      batch.waits.push_back(wait.semaphore);
      batch.waitValues.push_back(wait.value);
    }
    for (const auto& part : listOf(infos[i].pCommandBufferInfos, infos[i].commandBufferInfoCount)) {
      batch.buffers.push_back(part.commandBuffer);
    }
    for (const auto& signal : listOf(infos[i].pSignalSemaphoreInfos, infos[i].signalSemaphoreInfoCount)) {
      batch.signals.push_back(signal.semaphore);
      batch.signalValues.push_back(signal.value);
    }
    g_told.batches.push_back(batch);
  }
  return VK_SUCCESS;
}

VKAPI_ATTR VkResult VKAPI_CALL driverBind(VkQueue, std::uint32_t count, const VkBindSparseInfo* infos, VkFence fence) {
  g_told = {.batches = {}, .fence = fence};
  for (std::uint32_t i = 0; i < count; ++i) {
    Told::Batch batch;
    batch.waits = listOf(infos[i].pWaitSemaphores, infos[i].waitSemaphoreCount);
    batch.signals = listOf(infos[i].pSignalSemaphores, infos[i].signalSemaphoreCount);
    batch.binds = infos[i].bufferBindCount;
    g_told.batches.push_back(batch);
  }
  return VK_SUCCESS;
}

}  // namespace

class TestQueue : public QObject {
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
  // Waits whose end cannot be seen go out alone, in the words of their batch; its work comes after.
  void blindWaitsGoAlone_data() {
    QTest::addColumn<bool>("binds");
    QTest::newRow("vkQueueSubmit") << false;
    QTest::newRow("vkQueueBindSparse") << true;
  }
  void blindWaitsGoAlone() {
    QFETCH(bool, binds);
    Semaphores semaphores;
    semaphores.add(semaphore(1), std::make_shared<Payload>());
    semaphores.makeForeign(semaphore(1));
    Costs costs;
    Made made({{100}}, costs);
    made.add();
    made.item.waits.push_back({.semaphore = semaphore(1), .need = semaphores.need(semaphore(1), 0)});
    made.item.signals.push_back({.semaphore = semaphore(2), .payload = {}});
    made.item.parts.push_back({.chunk = {.commands = buffer(7), .work = nullptr}, .deviceMask = 0});
    if (binds) {
      VkSparseBufferMemoryBindInfo buffers{.buffer = handle<VkBuffer>(5), .bindCount = 0, .pBinds = nullptr};
      std::array<VkBindSparseInfo, 2> infos{};
      for (auto& info : infos) info.bufferBindCount = 1;
      for (auto& info : infos) info.pBufferBinds = &buffers;
      made.item.form = Item::Form::Bind;
      made.item.parts.clear();
      for (auto& batch : made.item.batches) batch.parts = 0;
      made.item.binds.copy(infos);
    }
    std::atomic<std::uint64_t> handed{0};
    Planner planner(costs, handed);
    DeviceTable driver;
    driver.QueueSubmit = &driverSubmit;
    driver.QueueBindSparse = &driverBind;
    Outgoing outgoing;
    const auto next = [&] {
      const auto plan = planner.next(made.item, {.targetNs = 1'000'000, .whole = false});
      if (!plan) return Plan{.end = {.batch = 99}};
      outgoing.build(made.item, plan->end, std::nullopt);
      if (outgoing.send(driver, VK_NULL_HANDLE, VK_NULL_HANDLE) != VK_SUCCESS) return Plan{.end = {.batch = 98}};
      made.item.at = plan->end;
      return *plan;
    };
    const Plan before = next();
    QVERIFY(!before.probes && before.carriesWork && before.end.batch == 1);
    const Plan alone = next();
    QVERIFY(alone.probes && !alone.carriesWork && alone.end.batch == 1 && alone.end.entered);
    QVERIFY(g_told.batches[0].waits == std::vector{semaphore(1)});
    QVERIFY(g_told.batches[0].buffers.empty() && g_told.batches[0].signals.empty());
    QCOMPARE(g_told.batches[0].binds, std::uint32_t{0});
    const Plan after = next();
    QVERIFY(!after.probes && !after.unsafe && after.carriesWork && made.item.isDone());
    QVERIFY(g_told.batches[0].waits.empty() && g_told.batches[0].signals == std::vector{semaphore(2)});
    QCOMPARE(g_told.batches[0].binds + g_told.batches[0].buffers.size(), std::size_t{1});
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

  void waitsGoFirstAndSignalsLast_data() {
    QTest::addColumn<bool>("second");
    QTest::newRow("vkQueueSubmit") << false;
    QTest::newRow("vkQueueSubmit2") << true;
  }
  void waitsGoFirstAndSignalsLast() {
    QFETCH(bool, second);
    Costs costs;
    Made made({{}}, costs);
    made.item.form = second ? Item::Form::Submit2 : Item::Form::Submit;
    made.item.waits.push_back({.semaphore = semaphore(1), .value = 11, .need = {}});
    made.item.signals.push_back({.semaphore = semaphore(2), .value = 22, .payload = {}});
    for (std::uintptr_t i = 1; i <= 3; ++i) {
      made.item.parts.push_back({.chunk = {.commands = buffer(i), .work = nullptr}, .deviceMask = 0});
    }
    made.item.batches[0].timeline = true;
    std::atomic<std::uint64_t> handed{0};
    Planner planner(costs, handed);
    DeviceTable driver;
    driver.QueueSubmit = &driverSubmit;
    driver.QueueSubmit2 = &driverSubmit2;
    Outgoing outgoing;
    const Stamp stamp{.before = buffer(91), .after = buffer(92)};
    for (std::uintptr_t i = 1; i <= 3; ++i) {
      const auto plan = planner.next(made.item, {.targetNs = 1000, .whole = false});
      QVERIFY(plan);
      QVERIFY(Outgoing::canStamp(made.item, plan->end));
      outgoing.build(made.item, plan->end, stamp);
      QCOMPARE(outgoing.send(driver, VK_NULL_HANDLE, fence(i)), VK_SUCCESS);
      made.item.at = plan->end;
      QCOMPARE(g_told.fence, fence(i));
      QCOMPARE(g_told.batches.size(), std::size_t{1});
      const auto& batch = g_told.batches[0];
      QVERIFY(batch.buffers == (std::vector{stamp.before, buffer(i), stamp.after}));
      QVERIFY(batch.waits == (i == 1 ? std::vector{semaphore(1)} : std::vector<VkSemaphore>{}));
      QVERIFY(batch.waitValues == (i == 1 ? std::vector{std::uint64_t{11}} : std::vector<std::uint64_t>{}));
      QVERIFY(batch.signals == (i == 3 ? std::vector{semaphore(2)} : std::vector<VkSemaphore>{}));
      QVERIFY(batch.signalValues == (i == 3 ? std::vector{std::uint64_t{22}} : std::vector<std::uint64_t>{}));
    }
    QVERIFY(made.item.isDone());
  }
  void protectedPartsAreNotStamped() {
    Costs costs;
    Made made({{100}, {100}}, costs);
    made.item.batches[1].isProtected = true;
    const Item::Position first{.batch = 1, .part = 1, .entered = false};
    const Item::Position both{.batch = 2, .part = 2, .entered = false};
    QVERIFY(Outgoing::canStamp(made.item, first));
    QVERIFY(!Outgoing::canStamp(made.item, both));
  }
  void bindsAreCopiedToTheLast() {
    Binds binds;
    {
      std::vector<VkSparseMemoryBind> memory(3);
      memory[2].size = 77;
      VkSparseBufferMemoryBindInfo buffers{.buffer = handle<VkBuffer>(5), .bindCount = 3, .pBinds = memory.data()};
      std::vector<VkSparseImageMemoryBind> images(2);
      images[1].memoryOffset = 88;
      VkSparseImageMemoryBindInfo image{.image = handle<VkImage>(6), .bindCount = 2, .pBinds = images.data()};
      VkBindSparseInfo info{};
      info.sType = VK_STRUCTURE_TYPE_BIND_SPARSE_INFO;
      info.bufferBindCount = 1;
      info.pBufferBinds = &buffers;
      info.imageBindCount = 1;
      info.pImageBinds = &image;
      binds.copy({&info, 1});
      memory[2].size = 0;
      images[1].memoryOffset = 0;
      buffers.pBinds = nullptr;
    }
    const VkBindSparseInfo& copy = binds.at(0);
    QCOMPARE(copy.pBufferBinds[0].buffer, handle<VkBuffer>(5));
    QCOMPARE(copy.pBufferBinds[0].pBinds[2].size, VkDeviceSize{77});
    QCOMPARE(copy.pImageBinds[0].pBinds[1].memoryOffset, VkDeviceSize{88});
    QVERIFY(copy.pImageOpaqueBinds == nullptr);
  }
};

QTEST_GUILESS_MAIN(TestQueue)
#include "test_queue.moc"
