// SPDX-License-Identifier: Apache-2.0
#include "governor/recording/handle_map.h"

#include <QtTest>

#include <random>
#include <thread>
#include <unordered_map>

using lull::governor::HandleMap;

class TestHandleMap : public QObject {
  Q_OBJECT
private slots:
  void itKnowsWhatAMapKnows() {
    HandleMap map;
    std::unordered_map<std::uint64_t, std::uint64_t> truth;
    std::mt19937_64 random(3);
    QCOMPARE(map.find(5), std::uint64_t{0});
    QCOMPARE(map.erase(5), std::uint64_t{0});
    for (int i = 0; i < 200'000; ++i) {
      const std::uint64_t handle = 1 + random() % 3000 * 16;
      if (random() % 2 == 0) {
        const std::uint64_t word = 1 + random() % 1000;
        QVERIFY(map.insert(handle, word));
        truth[handle] = word;
      } else {
        const auto found = truth.find(handle);
        QCOMPARE(map.erase(handle), found == truth.end() ? 0 : found->second);
        if (found != truth.end()) truth.erase(found);
      }
      const std::uint64_t asked = 1 + random() % 3000 * 16;
      const auto found = truth.find(asked);
      QCOMPARE(map.find(asked), found == truth.end() ? 0 : found->second);
    }
    map.clear();
    for (const auto& [handle, word] : truth) QCOMPARE(map.find(handle), std::uint64_t{0});
  }
  // A program that has bound nothing asks for it.
  void noHandleIsNeverFound() {
    HandleMap map;
    for (std::uint64_t handle = 1; handle <= 10'000; ++handle) {
      QVERIFY(map.insert(handle, 7));
      QCOMPARE(map.erase(handle), std::uint64_t{7});
      QCOMPARE(map.find(0), std::uint64_t{0});
    }
  }
  // Each thread asks for handles of its own while the others have theirs come and go, and the table grows.
  void readersNeedNoLock() {
    HandleMap map;
    std::atomic<int> wrong{0};
    const auto body = [&](std::uint64_t self) {
      for (std::uint64_t i = 1; i < 20'000; ++i) {
        const std::uint64_t handle = (i << 8U | self) << 4U;
        if (!map.insert(handle, i) || map.find(handle) != i) ++wrong;
        if (i > 300 && map.erase((i - 300) << 12U | self << 4U) != i - 300) ++wrong;
        if (i > 100 && map.find((i - 100) << 12U | self << 4U) != i - 100) ++wrong;
      }
    };
    std::vector<std::thread> threads;
    for (std::uint64_t self = 1; self <= 4; ++self) threads.emplace_back(body, self);
    for (auto& thread : threads) thread.join();
    QCOMPARE(wrong.load(), 0);
    map.clear();
  }
};

QTEST_GUILESS_MAIN(TestHandleMap)
#include "test_handle_map.moc"
