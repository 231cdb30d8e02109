// SPDX-License-Identifier: Apache-2.0
// The memory limit's rules without a GPU: what may be held, what is counted, and what a program sees of the heaps.
#include "fakes/service_page.h"
#include "governor/memory/account.h"
#include "governor/memory/holdings.h"
#include "governor/memory/shares.h"

#include <QtTest>

#include <numeric>
#include <thread>

using namespace lull;
using namespace lull::governor;
using fakes::ServicePage;

namespace {

constexpr std::uint64_t kGiB = 1ULL << 30U;
using Sizes = std::vector<quint64>;

// Heap 0 is the GPU's, heap 1 the computer's, heap 2 the GPU's small window; a memory type in each.
VkPhysicalDeviceMemoryProperties threeHeaps() {
  VkPhysicalDeviceMemoryProperties memory{};
  memory.memoryHeapCount = 3;
  memory.memoryTypeCount = 3;
  for (std::uint32_t i = 0; i < 3; ++i) {
    memory.memoryTypes[i].heapIndex = i;
    memory.memoryHeaps[i].size = kGiB;
    memory.memoryHeaps[i].flags = i == 1 ? 0U : VkMemoryHeapFlags{VK_MEMORY_HEAP_DEVICE_LOCAL_BIT};
  }
  return memory;
}

VkMemoryAllocateInfo allocation(std::uint64_t bytes, std::uint32_t type, const void* next = nullptr) {
  VkMemoryAllocateInfo info{};
  info.sType = VK_STRUCTURE_TYPE_MEMORY_ALLOCATE_INFO;
  info.pNext = next;
  info.allocationSize = bytes;
  info.memoryTypeIndex = type;
  return info;
}

VkDeviceMemory handle(std::uintptr_t number) { return reinterpret_cast<VkDeviceMemory>(number); }

}  // namespace

class TestMemory : public QObject {
  Q_OBJECT
private slots:
  void theLimitHoldsToTheByte() {
    ServicePage page;
    page.page().memoryLimitBytes.store(1000);
    Account account(page.page());
    QVERIFY(account.take(600));
    QVERIFY(!account.take(401));
    QCOMPARE(page.page().refusedBytes.load(), std::uint64_t{401});
    QVERIFY(account.take(400));
    QVERIFY(!account.take(1));
    QVERIFY(!account.take(UINT64_MAX));  // the sum must not wrap
    account.giveBack(600);
    QVERIFY(account.take(600));
    QCOMPARE(page.page().memoryBytes.load(), std::uint64_t{1000});
  }
  void withoutALimitAllIsGrantedAndCounted() {
    ServicePage page;
    Account account(page.page());
    QVERIFY(account.take(1ULL << 50U));
    QCOMPARE(account.held(), 1ULL << 50U);
    QCOMPARE(page.page().refusedBytes.load(), std::uint64_t{0});
  }
  void aLoweredLimitTakesNothingBack() {
    ServicePage page;
    page.page().memoryLimitBytes.store(1000);
    Account account(page.page());
    QVERIFY(account.take(800));
    page.page().memoryLimitBytes.store(500);
    QCOMPARE(account.held(), std::uint64_t{800});
    QVERIFY(!account.take(1));
    account.giveBack(400);
    QVERIFY(account.take(100));
    QVERIFY(!account.take(1));
  }
  void threadsCannotPassItTogether() {
    ServicePage page;
    constexpr std::uint64_t kLimit = 1003;
    page.page().memoryLimitBytes.store(kLimit);
    Account account(page.page());
    std::atomic<bool> passed{false};
    std::vector<std::thread> threads;
    for (int i = 0; i < 4; ++i) {
      threads.emplace_back([&, bytes = std::uint64_t(7 + i)] {
        for (int round = 0; round < 20'000; ++round) {
          if (!account.take(bytes * 30)) continue;
          if (account.held() > kLimit) passed = true;
          account.giveBack(bytes * 30);
        }
      });
    }
    for (auto& thread : threads) thread.join();
    QVERIFY(!passed);
    QCOMPARE(account.held(), std::uint64_t{0});
  }

  void heapsAreShownSmallerTogether_data() {
    QTest::addColumn<Sizes>("sizes");
    QTest::addColumn<quint64>("limit");
    QTest::addColumn<Sizes>("shown");
    QTest::newRow("none") << Sizes{} << quint64{5} << Sizes{};
    QTest::newRow("one") << Sizes{24 * kGiB} << quint64{3 * kGiB} << Sizes{3 * kGiB};
    QTest::newRow("one, larger limit") << Sizes{2 * kGiB} << quint64{3 * kGiB} << Sizes{2 * kGiB};
    QTest::newRow("exactly") << Sizes{kGiB, kGiB} << quint64{2 * kGiB} << Sizes{kGiB, kGiB};
    QTest::newRow("a window of 256 MiB") << Sizes{kGiB * 31 / 4, kGiB / 4} << quint64{4 * kGiB}
                                         << Sizes{kGiB * 31 / 8, kGiB / 8};
    QTest::newRow("of nearly no limit none becomes nothing") << Sizes{kGiB, kGiB} << quint64{1} << Sizes{1, 1};
    QTest::newRow("figures beyond 64 bits on the way")
        << Sizes{1ULL << 62U, 1ULL << 62U} << quint64{1ULL << 61U} << Sizes{1ULL << 60U, 1ULL << 60U};
  }
  void heapsAreShownSmallerTogether() {
    QFETCH(Sizes, sizes);
    QFETCH(quint64, limit);
    QFETCH(Sizes, shown);
    std::vector<std::uint64_t> heaps(sizes.begin(), sizes.end());
    shareOut(heaps, limit);
    QCOMPARE(Sizes(heaps.begin(), heaps.end()), shown);
  }

  void budgets_data() {
    QTest::addColumn<quint64>("driverBudget");
    QTest::addColumn<quint64>("driverUsage");
    QTest::addColumn<quint64>("share");
    QTest::addColumn<quint64>("held");
    QTest::addColumn<qint64>("left");
    QTest::addColumn<quint64>("budget");
    const auto row = [](const char* name, std::array<quint64, 4> in, qint64 left, quint64 budget) {
      QTest::newRow(name) << in[0] << in[1] << in[2] << in[3] << left << budget;
    };
    row("the share binds", {9000, 50, 1000, 0}, 1000, 1000);
    row("the share binds, some is used", {9000, 350, 1000, 300}, 700, 1000);
    row("the driver binds", {500, 50, 1000, 0}, 1000, 450);
    row("the driver binds, some is used", {500, 350, 1000, 300}, 700, 450);
    row("other heaps used the limit up", {9000, 50, 1000, 0}, 200, 200);
    row("a lowered limit", {9000, 850, 500, 800}, -300, 500);
    row("a lowered limit, others hold more", {9000, 850, 500, 100}, -300, 1);
    row("the driver is over its budget", {500, 700, 1000, 600}, 400, 400);
    row("a driver without end", {UINT64_MAX, 0, 1000, 10}, 990, 1000);
  }
  void budgets() {
    QFETCH(quint64, driverBudget);
    QFETCH(quint64, driverUsage);
    QFETCH(quint64, share);
    QFETCH(quint64, held);
    QFETCH(qint64, left);
    QFETCH(quint64, budget);
    const Budget seen =
        budgetOf({.driver = {.budget = driverBudget, .usage = driverUsage}, .share = share, .held = held}, left);
    QCOMPARE(seen.budget, std::uint64_t{budget});
    QCOMPARE(seen.usage, std::uint64_t{held});
  }

  void whatIsCounted_data() {
    QTest::addColumn<quint32>("type");
    QTest::addColumn<int>("import");
    QTest::addColumn<bool>("counted");
    QTest::newRow("the GPU's") << 0U << 0 << true;
    QTest::newRow("the computer's") << 1U << 0 << false;
    QTest::newRow("the window") << 2U << 0 << true;
    QTest::newRow("no such type: the driver's matter") << 7U << 0 << false;
    QTest::newRow("a host pointer") << 0U << 1 << false;
    QTest::newRow("a dma-buf") << 0U << 2 << false;
    QTest::newRow("an import that names no handle") << 0U << 3 << true;
    QTest::newRow("for export") << 0U << 4 << true;
  }
  void whatIsCounted() {
    QFETCH(quint32, type);
    QFETCH(int, import);
    QFETCH(bool, counted);
    VkImportMemoryHostPointerInfoEXT pointer{};
    pointer.sType = VK_STRUCTURE_TYPE_IMPORT_MEMORY_HOST_POINTER_INFO_EXT;
    VkImportMemoryFdInfoKHR file{};
    file.sType = VK_STRUCTURE_TYPE_IMPORT_MEMORY_FD_INFO_KHR;
    if (import == 2) file.handleType = VK_EXTERNAL_MEMORY_HANDLE_TYPE_DMA_BUF_BIT_EXT;
    VkExportMemoryAllocateInfo exported{};
    exported.sType = VK_STRUCTURE_TYPE_EXPORT_MEMORY_ALLOCATE_INFO;
    const std::array<const void*, 5> chains{nullptr, &pointer, &file, &file, &exported};
    // Behind another structure: the whole chain is looked at.
    VkMemoryDedicatedAllocateInfo dedicated{};
    dedicated.sType = VK_STRUCTURE_TYPE_MEMORY_DEDICATED_ALLOCATE_INFO;
    dedicated.pNext = chains[static_cast<std::size_t>(import)];
    ServicePage page;
    page.page().memoryLimitBytes.store(100);
    Account account(page.page());
    Holdings holdings(&account, threeHeaps());
    Holdings::Part part;
    QCOMPARE(holdings.take(allocation(101, type, &dedicated), part), !counted);
    QCOMPARE(page.page().refusedBytes.load(), std::uint64_t{counted ? 101U : 0U});
    part = {};
    QVERIFY(holdings.take(allocation(100, type, &dedicated), part));
    QCOMPARE(account.held(), std::uint64_t{counted ? 100U : 0U});
    holdings.giveBack(part);
    QCOMPARE(account.held(), std::uint64_t{0});
  }
  void whatIsNotFreedIsGivenBackWithTheDevice() {
    ServicePage page;
    Account account(page.page());
    {
      Holdings holdings(&account, threeHeaps());
      for (std::uint32_t i = 0; i < 3; ++i) {
        Holdings::Part part;
        QVERIFY(holdings.take(allocation(10U << i, i), part));
        holdings.remember(handle(i + 1), part);
      }
      HeapBytes sums{1};
      holdings.addTo(sums);
      QCOMPARE(sums[0], std::uint64_t{11});
      QCOMPARE(sums[1], std::uint64_t{0});
      QCOMPARE(sums[2], std::uint64_t{40});
      QCOMPARE(account.held(), std::uint64_t{50});
      holdings.forget(handle(3));
      holdings.forget(handle(3));  // and what was never remembered
      QCOMPARE(account.held(), std::uint64_t{10});
    }
    QCOMPARE(account.held(), std::uint64_t{0});
  }
  void withoutAnAccountNothingIsCounted() {
    Holdings holdings(nullptr, threeHeaps());
    Holdings::Part part;
    QVERIFY(holdings.take(allocation(UINT64_MAX, 0), part));
    holdings.remember(handle(1), part);
    HeapBytes sums{};
    holdings.addTo(sums);
    QCOMPARE(std::accumulate(sums.begin(), sums.end(), std::uint64_t{0}), std::uint64_t{0});
    holdings.forget(handle(1));
  }
};

QTEST_GUILESS_MAIN(TestMemory)
#include "test_memory.moc"
