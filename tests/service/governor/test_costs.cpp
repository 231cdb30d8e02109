// SPDX-License-Identifier: Apache-2.0
// What is learned of how long work takes.
#include "governor/pacing/costs.h"
#include "governor/pacing/cutter.h"
#include "governor/pacing/split.h"

#include <QtTest>

#include <atomic>
#include <chrono>
#include <random>
#include <thread>
#include <vector>

using namespace lull::governor;

namespace {

constexpr std::uint64_t kProgram = 100;

Work dispatch(std::uint32_t groups, std::uint32_t variant = 0, std::uint64_t program = kProgram) {
  return {.program = program, .shape = {groups, 1, 1}, .variant = variant, .units = groups};
}
Work piece(std::uint32_t groups, std::uint64_t units) {
  Work work = dispatch(groups);
  work.units = units;
  return work;
}
Work copy(std::uint64_t bytes) { return {.program = kCopyProgram, .units = bytes}; }

void teach(Costs& costs, const Work& work, std::uint64_t ns, int times = 1) {
  for (int i = 0; i < times; ++i) costs.learn({&work, 1}, ns);
}

double predicted(const Costs& costs, const Work& work) {
  const std::optional<std::uint64_t> ns = costs.predict(work);
  return ns ? static_cast<double>(*ns) : -1;
}

bool about(double value, double expected, double tolerance = 0.01) {
  if (std::abs(value - expected) <= tolerance * expected) return true;
  qWarning() << value << "instead of" << expected;
  return false;
}

}  // namespace

class TestCosts : public QObject {
  Q_OBJECT
private slots:
  void nothingIsKnownBeforeItWasMeasured() {
    Costs costs;
    QCOMPARE(costs.predict(dispatch(10)), std::nullopt);
    QCOMPARE(costs.predict(std::span<const Work>{}), std::optional<std::uint64_t>{0});
    teach(costs, dispatch(10), 1'000);
    const Work both[] = {dispatch(10), dispatch(10, 0, kProgram + 1)};
    QCOMPARE(costs.predict(both), std::nullopt);
    costs.learn({}, 5'000);
    QVERIFY(about(predicted(costs, dispatch(10)), 1'000));
  }

  void theMostExactAnswers() {
    Costs costs;
    teach(costs, dispatch(100, 1), 1'000'000, 8);
    teach(costs, dispatch(100, 2), 4'000'000, 8);
    QVERIFY(about(predicted(costs, dispatch(100, 1)), 1'000'000));
    QVERIFY(about(predicted(costs, dispatch(100, 2)), 4'000'000));
    const double other = predicted(costs, dispatch(100, 3));  // the shape answers
    QVERIFY(other >= 1'000'000 && other <= 4'100'000);
    const double near = predicted(costs, dispatch(200));  // the program answers
    QVERIFY(near >= 2'000'000 && near <= 8'200'000);
    QCOMPARE(costs.predict(dispatch(100'000)), std::nullopt);  // too far from what was measured
    QVERIFY(about(predicted(costs, piece(100, 50)), other / 2, 0.02));
  }

  void isSlowToBelieveInSpeed() {
    Costs costs;
    teach(costs, dispatch(10), 1'000'000, 20);
    teach(costs, dispatch(10), 500'000);
    QVERIFY(predicted(costs, dispatch(10)) > 900'000);
    teach(costs, dispatch(10), 500'000, 30);
    QVERIFY(about(predicted(costs, dispatch(10)), 500'000, 0.05));
    teach(costs, dispatch(10), 1'000'000, 4);
    QVERIFY(predicted(costs, dispatch(10)) > 900'000);
  }

  void aSlowFirstRunIsForgotten() {
    Costs costs;
    teach(costs, dispatch(10), 500'000'000);
    teach(costs, dispatch(10), 1'000'000);
    QVERIFY(about(predicted(costs, dispatch(10)), 1'000'000));
    QVERIFY(about(predicted(costs, dispatch(12)), 1'200'000));
  }

  void oneHiccupSpoilsLittle() {
    Costs costs;
    teach(costs, dispatch(10), 1'000'000, 10);
    teach(costs, dispatch(10), 1'000'000'000);
    QVERIFY(predicted(costs, dispatch(10)) < 2'000'000);
    teach(costs, dispatch(10), 1'000'000, 12);
    QVERIFY(about(predicted(costs, dispatch(10)), 1'000'000, 0.15));
    // A new variant's first run is measured against what is known of its program.
    teach(costs, dispatch(10, 7), 1'000'000'000);
    QVERIFY(predicted(costs, dispatch(10, 7)) < 5'000'000);
    // Yet what stays slow is learned.
    teach(costs, dispatch(10, 7), 1'000'000'000, 12);
    QVERIFY(about(predicted(costs, dispatch(10, 7)), 1'000'000'000, 0.05));
  }

  // A processor that is taken away for a while now and then, as a busy machine does.
  void hiccupsThatComeOftenSpoilLittle() {
    Costs costs;
    std::mt19937 random(11);
    std::uniform_int_distribution<int> tenth(0, 9);
    double sum = 0;
    for (int i = 0; i < 2'000; ++i) {
      teach(costs, dispatch(10), tenth(random) == 0 ? 5'000'000 : 1'000'000);
      sum += predicted(costs, dispatch(10));
    }
    QVERIFY2(sum / 2'000 < 1'400'000, qPrintable(QString::number(sum / 2'000)));
    QVERIFY2(sum / 2'000 >= 1'000'000, qPrintable(QString::number(sum / 2'000)));
  }

  void whatBecomesSlowIsBelievedTheSecondTime() {
    Costs costs;
    teach(costs, dispatch(10), 1'000'000, 20);
    teach(costs, dispatch(10), 4'000'000);
    QVERIFY(predicted(costs, dispatch(10)) < 1'200'000);
    teach(costs, dispatch(10), 4'000'000);
    QVERIFY(predicted(costs, dispatch(10)) > 2'200'000);
    teach(costs, dispatch(10), 4'000'000, 3);
    QVERIFY(about(predicted(costs, dispatch(10)), 4'000'000, 0.15));
  }

  void copiesOfAllSizesAreTold() {
    Costs costs;
    const auto truth = [](std::uint64_t bytes) { return 3'000 + bytes / 20; };  // 20 GB/s
    std::mt19937 random(7);
    std::uniform_int_distribution<unsigned> doublings(2, 28);
    for (int i = 0; i < 3'000; ++i) {
      const std::uint64_t bytes = std::uint64_t{1} << doublings(random);
      teach(costs, copy(bytes), truth(bytes));
    }
    for (const std::uint64_t bytes : {16ULL, 3'000ULL, 100'000ULL, 50'000'000ULL, 300'000'000ULL}) {
      const auto expected = static_cast<double>(truth(bytes));
      const double ns = predicted(costs, copy(bytes));
      QVERIFY2(ns > expected * 0.45 && ns < expected * 2.2, qPrintable(QString::number(ns / expected)));
    }
    QCOMPARE(costs.predict(copy(std::uint64_t{1} << 36U)), std::nullopt);
  }

  void aMeasurementIsSharedOut() {
    Costs costs;
    teach(costs, dispatch(10, 0, 1000), 1'000'000, 20);
    teach(costs, dispatch(10, 0, 1001), 3'000'000, 20);
    const Work known[] = {dispatch(10, 0, 1000), dispatch(10, 0, 1001)};
    for (int i = 0; i < 60; ++i) costs.learn(known, 2'000'000);
    QVERIFY(about(predicted(costs, known[0]), 500'000, 0.05));
    QVERIFY(about(predicted(costs, known[1]), 1'500'000, 0.05));
    // A stranger among them gets what they leave.
    const Work withStranger[] = {known[0], known[1], dispatch(10, 0, 1002)};
    costs.learn(withStranger, 9'000'000);
    QVERIFY(about(predicted(costs, withStranger[2]), 7'000'000, 0.1));
    QVERIFY(about(predicted(costs, known[0]), 500'000, 0.1));
    // What is more than expected falls on the one that is known least.
    costs.learn(withStranger, 18'000'000);
    QVERIFY(predicted(costs, withStranger[2]) > 9'000'000);
    QVERIFY(about(predicted(costs, known[1]), 1'500'000, 0.15));
  }

  // 100 pieces measured together are one measurement, not a hundred.
  void repeatedWorkCountsOnce() {
    Costs costs;
    teach(costs, dispatch(10), 1'000'000, 10);
    const std::vector<Work> many(100, dispatch(10));
    costs.learn(many, 200'000'000);
    const double after = predicted(costs, dispatch(10));
    QVERIFY(after > 1'100'000 && after < 1'150'000);  // half of a quarter
  }

  void twoProgramsAreLearnedFromMixedSlices() {
    Costs costs;
    std::mt19937 random(3);
    std::uniform_int_distribution<std::uint32_t> count(0, 6);
    std::uniform_real_distribution<double> noise(0.9, 1.1);
    for (int i = 0; i < 600; ++i) {
      std::vector<Work> works(count(random), dispatch(50, 1, 2000));
      works.resize(works.size() + count(random), dispatch(80, 1, 2001));
      if (works.empty()) continue;
      double ns = 0;
      for (const Work& work : works) ns += (work.program == 2000 ? 100'000 : 900'000) * noise(random);
      costs.learn(works, static_cast<std::uint64_t>(ns));
    }
    QVERIFY(about(predicted(costs, dispatch(50, 1, 2000)), 100'000, 0.4));
    QVERIFY(about(predicted(costs, dispatch(80, 1, 2001)), 900'000, 0.2));
  }

  // A GPU that runs `width` groups side by side, each for `groupNs`.
  void splittingMustPayOnWideDevices_data() {
    QTest::addColumn<quint64>("groups");
    QTest::addColumn<quint64>("width");
    QTest::addColumn<quint64>("groupNs");
    QTest::addColumn<double>("slowdown");  // at most
    QTest::addColumn<quint64>("pieceNs");  // at most
    QTest::newRow("one wave of long groups")
        << quint64{1024} << quint64{2048} << quint64{9'000'000} << 1.1 << quint64{9'000'000};
    QTest::newRow("one wave of groups as long as a chunk")
        << quint64{1024} << quint64{2048} << quint64{4'500'000} << 1.1 << quint64{4'500'000};
    QTest::newRow("one wave of short groups")
        << quint64{1024} << quint64{2048} << quint64{900'000} << 1.1 << quint64{900'000};
    QTest::newRow("few waves of long groups")
        << quint64{8192} << quint64{2048} << quint64{9'000'000} << 2.1 << quint64{36'000'000};
    QTest::newRow("many waves") << quint64{1'000'000} << quint64{1000} << quint64{50'000} << 1.1 << quint64{5'000'000};
    QTest::newRow("a narrow device") << quint64{1'000'000} << quint64{64} << quint64{10'000} << 1.1
                                     << quint64{5'000'000};
  }
  void splittingMustPayOnWideDevices() {
    QFETCH(quint64, groups);
    QFETCH(quint64, width);
    QFETCH(quint64, groupNs);
    Costs costs;
    constexpr std::uint64_t kChunkNs = 4'000'000;
    const Work whole{.program = 9, .shape = {static_cast<std::uint32_t>(groups), 1, 1}, .variant = 1, .units = groups};
    std::uint64_t allNs = 0;
    std::uint64_t longestNs = 0;
    for (int run = 0; run < 40; ++run) {
      Cutter cutter(kChunkNs, 64);
      std::uint64_t piece = cutter.add(costs.predict(whole), groups, true).pieceUnits;
      if (piece < groups) piece = costs.worthwhile(whole, piece, kChunkNs);
      allNs = longestNs = 0;
      Split split({.base = {}, .count = whole.shape}, {true, true, true}, piece);
      while (const auto box = split.next()) {
        const std::uint64_t ns = (box->groups() + width - 1) / width * groupNs;
        Work part = whole;
        part.units = box->groups();
        costs.learn({&part, 1}, ns);
        allNs += ns;
        longestNs = std::max(longestNs, ns);
      }
    }
    const double bareNs = static_cast<double>((groups + width - 1) / width * groupNs);
    QFETCH(double, slowdown);
    QFETCH(quint64, pieceNs);
    QVERIFY2(static_cast<double>(allNs) <= slowdown * bareNs, qPrintable(QString::number(allNs / bareNs)));
    QVERIFY2(longestNs <= pieceNs, qPrintable(QString::number(longestNs)));
  }
  void forgottenProgramsAreUnknown() {
    Costs costs;
    teach(costs, dispatch(10, 1), 1'000);
    teach(costs, dispatch(10, 1, kProgram + 1), 2'000);
    costs.forget(kProgram);
    QCOMPARE(costs.predict(dispatch(10, 1)), std::nullopt);
    QVERIFY(about(predicted(costs, dispatch(10, 1, kProgram + 1)), 2'000));
  }

  void oldEntriesGoAndNewOnesAreKept() {
    Costs costs;
    for (std::uint64_t program = 10'000; program < 60'000; ++program) teach(costs, dispatch(10, 1, program), 1'000);
    QCOMPARE(costs.predict(dispatch(10, 1, 10'000)), std::nullopt);
    int known = 0;
    for (std::uint64_t program = 59'500; program < 60'000; ++program) {
      known += costs.predict(dispatch(10, 1, program)) ? 1 : 0;
    }
    QVERIFY2(known > 480, qPrintable(QString::number(known)));
  }

  void extremesAreHarmless() {
    Costs costs;
    const Work indirect{.program = kProgram, .units = kIndirectUnits};
    teach(costs, indirect, 0, 5);
    QVERIFY(costs.predict(indirect).value_or(0) >= 1);
    const Work huge{.program = kProgram + 1, .shape = {UINT32_MAX, UINT32_MAX, UINT32_MAX}, .units = UINT64_MAX};
    teach(costs, huge, UINT64_MAX, 5);
    QVERIFY(costs.predict(huge).value_or(0) > 1'000'000'000);
    teach(costs, huge, 0, 5);
    const std::vector<Work> many(1'000, huge);
    QVERIFY(costs.predict(many).has_value());
    Costs other;
    teach(other, huge, 1, 3);
    QVERIFY(other.predict(huge).value_or(0) >= 1);
  }

  void manyThreadsMayAsk() {
    Costs costs;
    std::atomic<bool> stop{false};
    std::atomic<int> wrong{0};
    std::vector<std::thread> askers;
    for (int i = 0; i < 3; ++i) {
      askers.emplace_back([&] {
        while (!stop) {
          for (std::uint32_t program = 0; program < 64; ++program) {
            const std::optional<std::uint64_t> ns = costs.predict(dispatch(10, 1, 500 + program));
            if (ns && (*ns < 900 || *ns > 2'100)) ++wrong;
          }
        }
      });
    }
    for (int round = 0; round < 2'000; ++round) {
      const std::uint64_t program = 500 + static_cast<std::uint64_t>(round) % 64;
      teach(costs, dispatch(10, 1, program), round % 2 == 0 ? 1'000 : 2'000);
      if (round % 100 == 99) costs.forget(program);
    }
    stop = true;
    for (std::thread& asker : askers) asker.join();
    QCOMPARE(wrong.load(), 0);
  }

  void askingIsCheap() {
    Costs costs;
    std::vector<Work> works;
    for (std::uint32_t i = 0; i < 256; ++i) works.push_back(dispatch(10 + i, i, 700 + i % 24));
    for (const Work& work : works) teach(costs, work, 50'000);
    QBENCHMARK { QVERIFY(costs.predict(works).has_value()); }
  }
};

QTEST_GUILESS_MAIN(TestCosts)
#include "test_costs.moc"
