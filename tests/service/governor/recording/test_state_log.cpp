// SPDX-License-Identifier: Apache-2.0
// What is kept of a recording's state, and in which order it is replayed.
#include "governor/recording/push_constants.h"
#include "governor/recording/state_log.h"

#include <QtTest>

#include <cstring>
#include <random>

using namespace lull::governor;

namespace {

struct Call {
  StateKey key;
  std::uint32_t value = 0;
};

bool put(StateLog& log, const Call& call) {
  std::byte* room = log.put(call.key, sizeof call.value);
  if (room == nullptr) return false;
  std::memcpy(room, &call.value, sizeof call.value);
  return true;
}

std::vector<std::uint32_t> replayed(const StateLog& log) {
  std::vector<std::uint32_t> values;
  log.replay([&values](std::uint32_t, const std::byte* arguments) {
    std::uint32_t value = 0;
    std::memcpy(&value, arguments, sizeof value);
    values.push_back(value);
  });
  return values;
}

constexpr StateKey kWidth{.command = 1};
constexpr StateKey kColour{.command = 2};
StateKey push(std::uint64_t layout, std::uint32_t stages, std::uint32_t first, std::uint32_t count) {
  return {.command = 3, .stages = stages, .group = layout, .first = first, .count = count};
}
StateKey sets(std::uint64_t point, std::uint32_t first, std::uint32_t count) {
  return {.command = 4, .group = point, .first = first, .count = count};
}

using Calls = std::vector<Call>;
using Values = std::vector<std::uint32_t>;

// Bytes as calls in this order leave them; which `layout` they came through matters, too.
std::vector<std::uint64_t> bytesAfter(const Calls& calls) {
  std::vector<std::uint64_t> bytes(4 * 64);
  for (const auto& [key, value] : calls) {
    for (unsigned stage = 0; stage < 4; ++stage) {
      if ((key.stages & (1U << stage)) == 0) continue;
      for (std::uint32_t at = key.first; at < key.first + key.count; ++at) bytes[stage * 64 + at] = value;
    }
  }
  return bytes;
}

}  // namespace

Q_DECLARE_METATYPE(Calls)
Q_DECLARE_METATYPE(Values)

class TestStateLog : public QObject {
  Q_OBJECT
private slots:
  void whatIsOverwrittenGoesAndTheRestKeepsItsOrder_data() {
    QTest::addColumn<Calls>("calls");
    QTest::addColumn<Values>("expected");
    QTest::newRow("nothing") << Calls{} << Values{};
    QTest::newRow("in the order of the last call") << Calls{{kWidth, 1}, {kColour, 2}, {kWidth, 3}} << Values{2, 3};
    QTest::newRow("another bind point") << Calls{{sets(0, 0, 1), 1}, {sets(1, 0, 1), 2}} << Values{1, 2};
    QTest::newRow("all sets") << Calls{{sets(0, 0, 2), 1}, {sets(0, 1, 1), 2}, {sets(0, 0, 4), 3}} << Values{3};
    QTest::newRow("one of the sets") << Calls{{sets(0, 0, 2), 1}, {sets(0, 1, 1), 2}} << Values{1, 2};
    QTest::newRow("part of the bytes") << Calls{{push(7, 1, 0, 16), 1}, {push(7, 1, 4, 8), 2}} << Values{1, 2};
    QTest::newRow("overlapping bytes") << Calls{{push(7, 1, 0, 8), 1}, {push(7, 1, 4, 8), 2}, {push(7, 1, 0, 8), 3}}
                                       << Values{2, 3};
    QTest::newRow("all bytes") << Calls{{push(7, 1, 0, 8), 1}, {push(7, 1, 4, 8), 2}, {push(7, 1, 0, 12), 3}}
                               << Values{3};
    QTest::newRow("another layout") << Calls{{push(7, 1, 0, 8), 1}, {push(8, 1, 0, 8), 2}} << Values{1, 2};
    QTest::newRow("fewer stages") << Calls{{push(7, 3, 0, 8), 1}, {push(7, 1, 0, 8), 2}} << Values{1, 2};
    QTest::newRow("more stages") << Calls{{push(7, 1, 0, 8), 1}, {push(7, 2, 0, 8), 2}, {push(7, 3, 0, 8), 3}}
                                 << Values{3};
    QTest::newRow("nothing at all overwrites nothing") << Calls{{sets(0, 1, 1), 1}, {sets(0, 1, 0), 2}} << Values{1, 2};
    QTest::newRow("the last elements") << Calls{{sets(0, UINT32_MAX, 1), 1}, {sets(0, 1, UINT32_MAX), 2}} << Values{2};
  }
  void whatIsOverwrittenGoesAndTheRestKeepsItsOrder() {
    QFETCH(Calls, calls);
    QFETCH(Values, expected);
    StateLog log;
    for (const auto& call : calls) QVERIFY(put(log, call));
    QCOMPARE(replayed(log), expected);
    QCOMPARE(log.size(), expected.size());
  }
  void aReplayLeavesWhatAllCallsLeft() {
    std::mt19937 random(7);
    const auto upTo = [&random](std::uint32_t most) { return static_cast<std::uint32_t>(random() % (most + 1)); };
    for (int round = 0; round < 500; ++round) {
      StateLog log;
      Calls all;
      for (std::uint32_t i = 0; i < 60; ++i) {
        const std::uint32_t first = upTo(60);
        const Call call{push(7, 1 + upTo(14), first, 1 + upTo(63 - first)), 1000 + i};
        all.push_back(call);
        QVERIFY(put(log, call));
      }
      const Values kept = replayed(log);
      Calls again;
      for (const std::uint32_t value : kept) again.push_back(all[value - 1000]);
      QVERIFY(bytesAfter(again) == bytesAfter(all));
      QVERIFY(kept.size() < all.size());
    }
  }
  void dropForgetsOneCommandAndClearAll() {
    StateLog log;
    for (const Call& call : Calls{{kWidth, 1}, {sets(0, 0, 1), 2}, {kColour, 3}, {sets(1, 3, 1), 4}}) {
      QVERIFY(put(log, call));
    }
    log.drop(4);
    QCOMPARE(replayed(log), (Values{1, 3}));
    log.drop(4);
    QVERIFY(put(log, {sets(0, 0, 1), 5}));
    QCOMPARE(replayed(log), (Values{1, 3, 5}));
    log.clear();
    QCOMPARE(replayed(log), Values{});
    QVERIFY(put(log, {kColour, 6}));
    QCOMPARE(replayed(log), Values{6});
  }
  void itSaysWhenItIsFull() {
    StateLog log;
    for (std::uint32_t i = 0; i < StateLog::kMostEntries; ++i) QVERIFY(put(log, {push(i + 1, 1, 0, 4), i}));
    QVERIFY(put(log, {push(1, 1, 0, 4), 7}));  // one that it has
    QVERIFY(!put(log, {push(9999, 1, 0, 4), 8}));
    log.clear();
    QVERIFY(put(log, {push(9999, 1, 0, 4), 8}));
    QVERIFY(log.put(kWidth, StateLog::kMostBytes) == nullptr);
  }
  // Alternating sizes once made it grow with each call.
  void itStopsGrowing() {
    StateLog log;
    for (std::uint32_t i = 0; i < 100'000; ++i) {
      const std::uint32_t count = i % 2 == 0 ? 48 : 64;
      QVERIFY(log.put(push(7, 1, 0, count), count) != nullptr);
      QVERIFY(log.size() <= 2);
    }
  }
  void argumentsOfAnySizeSurvive() {
    StateLog log;
    for (std::uint32_t turn = 0; turn < 3; ++turn) {
      for (std::uint32_t i = 0; i < 40; ++i) {
        const std::size_t bytes = (i * 37 + turn * 11) % 300;
        std::byte* room = log.put({.command = 1, .group = i + 1}, bytes);
        QVERIFY(room != nullptr);
        QCOMPARE(reinterpret_cast<std::uintptr_t>(room) % 8, std::uintptr_t{0});
        std::memset(room, static_cast<int>(i), bytes);
      }
      std::uint32_t i = 0;
      log.replay([&](std::uint32_t, const std::byte* arguments) {
        const std::size_t bytes = (i * 37 + turn * 11) % 300;
        for (std::size_t at = 0; at < bytes; ++at) QCOMPARE(static_cast<std::uint32_t>(arguments[at]), i);
        ++i;
      });
      QCOMPARE(i, 40U);
    }
  }
  void pushConstantsAreToldApartByTheirHash() {
    PushConstants pushed;
    const std::uint32_t empty = pushed.hash();
    const std::array<std::uint32_t, 4> values{1, 2, 3, 4};
    pushed.set(0, 16, values.data());
    const std::uint32_t first = pushed.hash();
    QVERIFY(first != empty);
    pushed.set(4, 4, &values[2]);
    QVERIFY(pushed.hash() != first);
    pushed.set(4, 4, &values[1]);
    QCOMPARE(pushed.hash(), first);
    pushed.set(1 << 20, 4, values.data());  // out of any range
    QCOMPARE(pushed.hash(), first);
    pushed.clear();
    QCOMPARE(pushed.hash(), empty);
  }
  // Calls that grow leave their old room behind; a new recording must not find all of it used up.
  void aFullLogHasRoomAgainWhenItIsCleared() {
    StateLog log;
    std::size_t bytes = 8;
    while (log.put(kWidth, bytes) != nullptr) bytes += 8;
    for (std::uint32_t i = 0; i < 100; ++i) {
      log.clear();
      QVERIFY(log.put(kColour, bytes + 8 * i) != nullptr);
      QVERIFY(log.put(kWidth, bytes + 8 * i) != nullptr);
      QCOMPARE(log.size(), std::size_t{2});
    }
  }
};

QTEST_GUILESS_MAIN(TestStateLog)
#include "test_state_log.moc"
