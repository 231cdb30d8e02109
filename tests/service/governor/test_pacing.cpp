// SPDX-License-Identifier: Apache-2.0
// How dispatches are split, where recordings are cut and what goes to the driver together: pure decisions.
#include "governor/pacing/cutter.h"
#include "governor/pacing/pace.h"
#include "governor/pacing/slices.h"
#include "governor/pacing/split.h"

#include <QtTest>

#include <algorithm>
#include <limits>
#include <map>
#include <random>
#include <vector>

using namespace lull::governor;

namespace {

constexpr std::uint32_t kMost = std::numeric_limits<std::uint32_t>::max();
using Predictions = std::vector<std::optional<std::uint64_t>>;

std::vector<Box> piecesOf(const Box& whole, Axes axes, std::uint64_t most) {
  std::vector<Box> boxes;
  Split split(whole, axes, most);
  while (const std::optional<Box> box = split.next()) boxes.push_back(*box);
  if (boxes.size() != split.pieces()) boxes.clear();
  return boxes;
}

// Each group of `whole` is in exactly one box.
bool coversOnce(const Box& whole, const std::vector<Box>& boxes) {
  std::vector<std::uint8_t> seen(whole.groups(), 0);
  for (const Box& box : boxes) {
    for (std::uint32_t z = 0; z < box.count[2]; ++z) {
      for (std::uint32_t y = 0; y < box.count[1]; ++y) {
        for (std::uint32_t x = 0; x < box.count[0]; ++x) {
          const std::uint64_t at[3] = {box.base[0] - whole.base[0] + x, box.base[1] - whole.base[1] + y,
                                       box.base[2] - whole.base[2] + z};
          if (at[0] >= whole.count[0] || at[1] >= whole.count[1] || at[2] >= whole.count[2]) return false;
          ++seen[at[0] + whole.count[0] * (at[1] + whole.count[1] * at[2])];
        }
      }
    }
  }
  return std::all_of(seen.begin(), seen.end(), [](std::uint8_t times) { return times == 1; });
}

bool asEqualAsTheyCanBe(const std::vector<Box>& boxes) {
  for (std::size_t axis = 0; axis < 3; ++axis) {
    const auto [least, most] = std::minmax_element(
        boxes.begin(), boxes.end(), [axis](const Box& a, const Box& b) { return a.count[axis] < b.count[axis]; });
    if (most->count[axis] - least->count[axis] > 1) return false;
  }
  return true;
}

}  // namespace

class TestPacing : public QObject {
  Q_OBJECT
private slots:
  void aSplitCoversTheWholeExactlyOnce() {
    std::mt19937 random(20261122);
    std::uniform_int_distribution<std::uint32_t> count(1, 40);
    std::uniform_int_distribution<std::uint32_t> base(0, kMost / 2);
    std::uniform_int_distribution<std::uint64_t> most(1, 5000);
    std::uniform_int_distribution<unsigned> axesBits(0, 7);
    for (int round = 0; round < 2000; ++round) {
      const Box whole{.base = {base(random), base(random), base(random)},
                      .count = {count(random), count(random), count(random)}};
      const unsigned bits = axesBits(random);
      const Axes axes{(bits & 1U) != 0, (bits & 2U) != 0, (bits & 4U) != 0};
      const std::uint64_t limit = most(random);
      const std::vector<Box> boxes = piecesOf(whole, axes, limit);
      QVERIFY(!boxes.empty());
      QVERIFY(coversOnce(whole, boxes));
      QVERIFY(asEqualAsTheyCanBe(boxes));
      for (const Box& box : boxes) {
        std::uint64_t least = 1;  // what the axes that may not be cut make of one piece
        for (std::size_t axis = 0; axis < 3; ++axis) {
          QVERIFY(axes[axis] || box.count[axis] == whole.count[axis]);
          least *= axes[axis] ? 1 : whole.count[axis];
        }
        QVERIFY(box.groups() <= std::max(limit, least));
      }
    }
  }

  void aSplitHasFewPieces_data() {
    QTest::addColumn<QList<quint32>>("count");
    QTest::addColumn<QList<bool>>("axes");
    QTest::addColumn<quint64>("most");
    QTest::addColumn<quint64>("pieces");
    const QList<bool> all{true, true, true};
    QTest::newRow("fits") << QList<quint32>{10, 10, 10} << all << quint64{1000} << quint64{1};
    QTest::newRow("outermost axis") << QList<quint32>{10, 10, 10} << all << quint64{500} << quint64{2};
    QTest::newRow("one axis only") << QList<quint32>{1000, 1, 1} << all << quint64{300} << quint64{4};
    QTest::newRow("a better axis inside") << QList<quint32>{1000, 7, 1} << all << quint64{1500} << quint64{5};
    QTest::newRow("forbidden axis") << QList<quint32>{1000, 7, 1} << QList<bool>{false, true, true} << quint64{1500}
                                    << quint64{7};
    QTest::newRow("nothing may be cut") << QList<quint32>{9, 9, 9} << QList<bool>{false, false, false} << quint64{1}
                                        << quint64{1};
    QTest::newRow("single groups") << QList<quint32>{3, 4, 5} << all << quint64{1} << quint64{60};
    QTest::newRow("no limit at all counts as one") << QList<quint32>{3, 1, 1} << all << quint64{0} << quint64{3};
    QTest::newRow("nothing") << QList<quint32>{0, 4, 5} << all << quint64{1} << quint64{1};
  }
  void aSplitHasFewPieces() {
    QFETCH(QList<quint32>, count);
    QFETCH(QList<bool>, axes);
    QFETCH(quint64, most);
    const Box whole{.count = {count[0], count[1], count[2]}};
    const std::vector<Box> boxes = piecesOf(whole, {axes[0], axes[1], axes[2]}, most);
    QTEST(quint64{boxes.size()}, "pieces");
    QVERIFY(coversOnce(whole, boxes));
  }

  void hugeDispatchesDoNotOverflow() {
    const Box whole{.count = {kMost / 2, kMost / 2, kMost / 2}};
    QCOMPARE(whole.groups(), std::numeric_limits<std::uint64_t>::max());
    Split split(whole, {true, true, true}, std::uint64_t{1} << 62U);
    std::uint64_t pieces = 0;
    std::uint32_t nextZ = 0;
    while (const std::optional<Box> box = split.next()) {
      QVERIFY(box->groups() <= std::uint64_t{1} << 62U);
      QCOMPARE(box->base[2], nextZ);
      nextZ += box->count[2];
      if (++pieces == 1000) break;
    }
    QCOMPARE(split.pieces(), std::uint64_t{kMost / 2});  // a slab of one z each: all that fits
    QCOMPARE(pieces, std::uint64_t{1000});

    const Box longOne{.base = {kMost / 2, 0, 0}, .count = {kMost / 2 + 1, 1, 1}};
    const std::vector<Box> boxes = piecesOf(longOne, {true, true, true}, kMost / 5);
    QCOMPARE(boxes.size(), std::size_t{3});
    QCOMPARE(boxes.back().base[0] + (boxes.back().count[0] - 1), kMost - 1);
  }

  void aQuarterMoreSavesACut() {
    QCOMPARE(mostNs(4'000), std::uint64_t{5'000});
    QCOMPARE(mostNs(1), std::uint64_t{1});
    constexpr auto kNoLimit = std::numeric_limits<std::uint64_t>::max();
    QCOMPARE(mostNs(kNoLimit), kNoLimit);
    QCOMPARE(mostNs(kNoLimit / 5 * 4 + 4), kNoLimit);
  }

  void chunksAreFilledUpToTheLimit() {
    Cutter cutter(4'000);
    for (int i = 0; i < 5; ++i) {
      const Cutter::Decision decision = cutter.add(1'000, 10, true);
      QVERIFY(!decision.before && !decision.after);
      QCOMPARE(decision.pieceUnits, std::uint64_t{10});
    }
    QVERIFY(cutter.add(1'000, 10, true).before);
    QVERIFY(!cutter.add(4'000, 10, true).before);
    QVERIFY(cutter.add(1, 10, true).before);
    cutter.ended();
    QVERIFY(!cutter.add(4'999, 10, true).before);
  }

  void longWorkIsSplitOrAlone() {
    Cutter cutter(4'000);
    QVERIFY(!cutter.add(10, 1, false).before);
    const Cutter::Decision split = cutter.add(50'000, 100, true);
    QVERIFY(split.before && split.after);
    QCOMPARE(split.pieceUnits, std::uint64_t{10});
    QCOMPARE(cutter.add(9'000, 100, true).pieceUnits, std::uint64_t{50});
    QCOMPARE(cutter.add(10'001, 99, true).pieceUnits, std::uint64_t{33});
    const Cutter::Decision whole = cutter.add(40'000, 100, false);
    QVERIFY(!whole.before && whole.after);
    QCOMPARE(whole.pieceUnits, std::uint64_t{100});
    const Cutter::Decision slightlyLonger = cutter.add(5'000, 100, true);
    QVERIFY(slightlyLonger.after);
    QCOMPARE(slightlyLonger.pieceUnits, std::uint64_t{100});
    QVERIFY(!cutter.add(4'800, 100, true).after);
    cutter.ended();
    QCOMPARE(cutter.add(std::numeric_limits<std::uint64_t>::max(), 3, true).pieceUnits, std::uint64_t{1});
    // However long it is said to be, what is recorded stays bounded.
    QVERIFY(cutter.add(std::numeric_limits<std::uint64_t>::max(), kMost, true).pieceUnits >= kMost / 4096);
  }

  void unknownWorkIsAloneAndInSmallSteps() {
    Cutter cutter(4'000);
    QVERIFY(!cutter.add(10, 1, true).after);
    const Cutter::Decision first = cutter.add(std::nullopt, 1600, true);
    QVERIFY(first.before && first.after);
    QCOMPARE(first.pieceUnits, std::uint64_t{100});
    QVERIFY(!cutter.add(10, 1, true).before);
    QCOMPARE(cutter.add(std::nullopt, 1600, false).pieceUnits, std::uint64_t{1600});
    QCOMPARE(cutter.add(std::nullopt, 7, true).pieceUnits, std::uint64_t{7});
    QCOMPARE(cutter.add(std::nullopt, 8, true).pieceUnits, std::uint64_t{4});
    QCOMPARE(cutter.add(std::nullopt, 0, false).pieceUnits, std::uint64_t{0});
  }

  void piecesFillTheDevice() {
    Cutter cutter(4'000, 8);
    QCOMPARE(cutter.add(400'000, 100, true).pieceUnits, std::uint64_t{8});
    QCOMPARE(cutter.add(50'000, 1000, true).pieceUnits, std::uint64_t{100});
    QCOMPARE(cutter.add(40'000, 4, true).pieceUnits, std::uint64_t{4});
    QCOMPARE(cutter.add(std::nullopt, 32, true).pieceUnits, std::uint64_t{8});
  }

  void aSliceTakesWhatFits_data() {
    QTest::addColumn<Predictions>("chunks");
    QTest::addColumn<quint64>("taken");
    const std::nullopt_t unknown = std::nullopt;
    QTest::newRow("none") << Predictions{} << quint64{0};
    QTest::newRow("all") << Predictions{1, 2, 3, 4} << quint64{4};
    QTest::newRow("as many as fit") << Predictions{4, 4, 4, 1} << quint64{3};
    QTest::newRow("a quarter more at most") << Predictions{4, 4, 4, 1, 1} << quint64{3};
    QTest::newRow("no sliver is left behind") << Predictions{9, 2, 1, 1} << quint64{3};
    QTest::newRow("one that is too long") << Predictions{50, 1} << quint64{1};
    QTest::newRow("not one too long behind others") << Predictions{1, 50} << quint64{1};
    QTest::newRow("unknown goes alone") << Predictions{unknown, 1} << quint64{1};
    QTest::newRow("unknown behind others") << Predictions{1, unknown} << quint64{1};
    QTest::newRow("two unknown") << Predictions{unknown, unknown} << quint64{1};
    QTest::newRow("nothing to do costs nothing") << Predictions{0, 5, 0, 5, 0, 0, 3} << quint64{6};
    QTest::newRow("unknown with nothing to do") << Predictions{0, unknown, 0, 1} << quint64{3};
    QTest::newRow("no overflow") << Predictions{UINT64_MAX - 1, UINT64_MAX - 1} << quint64{1};
  }
  void aSliceTakesWhatFits() {
    QFETCH(Predictions, chunks);
    QTEST(quint64{nextSlice(chunks, 10)}, "taken");
  }
};

QTEST_GUILESS_MAIN(TestPacing)
#include "test_pacing.moc"
