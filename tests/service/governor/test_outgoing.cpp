// SPDX-License-Identifier: Apache-2.0
// In which words the driver is called. It is a function here that writes down what it is told.
#include "governor/chain.h"
#include "governor/queue/outgoing.h"
#include "governor/queue/plan.h"
#include "queue_items.h"

#include <QtTest>

using namespace lull::governor;

namespace {

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

Told::Batch batchOf(const VkSubmitInfo& info) {
  Told::Batch batch;
  batch.waits = listOf(info.pWaitSemaphores, info.waitSemaphoreCount);
  batch.buffers = listOf(info.pCommandBuffers, info.commandBufferCount);
  batch.signals = listOf(info.pSignalSemaphores, info.signalSemaphoreCount);
  if (const auto* values = inChain<VkTimelineSemaphoreSubmitInfo>(info.pNext)) {
    batch.waitValues = listOf(values->pWaitSemaphoreValues, values->waitSemaphoreValueCount);
    batch.signalValues = listOf(values->pSignalSemaphoreValues, values->signalSemaphoreValueCount);
  }
  return batch;
}

Told::Batch batchOf(const VkSubmitInfo2& info) {
  Told::Batch batch;
  for (const auto& wait : listOf(info.pWaitSemaphoreInfos, info.waitSemaphoreInfoCount)) {
    batch.waits.push_back(wait.semaphore);
    batch.waitValues.push_back(wait.value);
  }
  for (const auto& part : listOf(info.pCommandBufferInfos, info.commandBufferInfoCount)) {
    batch.buffers.push_back(part.commandBuffer);
  }
  for (const auto& signal : listOf(info.pSignalSemaphoreInfos, info.signalSemaphoreInfoCount)) {
    batch.signals.push_back(signal.semaphore);
    batch.signalValues.push_back(signal.value);
  }
  return batch;
}

Told::Batch batchOf(const VkBindSparseInfo& info) {
  return {.waits = listOf(info.pWaitSemaphores, info.waitSemaphoreCount),
          .signals = listOf(info.pSignalSemaphores, info.signalSemaphoreCount),
          .binds = info.bufferBindCount};
}

template <typename Info>
VKAPI_ATTR VkResult VKAPI_CALL writeDown(VkQueue, std::uint32_t count, const Info* infos, VkFence fence) {
  g_told = {.batches = {}, .fence = fence};
  for (const auto& info : listOf(infos, count)) g_told.batches.push_back(batchOf(info));
  return VK_SUCCESS;
}

}  // namespace

class TestOutgoing : public QObject {
  Q_OBJECT

private Q_SLOTS:
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
    driver.QueueSubmit = &writeDown<VkSubmitInfo>;
    driver.QueueBindSparse = &writeDown<VkBindSparseInfo>;
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
    driver.QueueSubmit = &writeDown<VkSubmitInfo>;
    driver.QueueSubmit2 = &writeDown<VkSubmitInfo2>;
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

QTEST_GUILESS_MAIN(TestOutgoing)
#include "test_outgoing.moc"
