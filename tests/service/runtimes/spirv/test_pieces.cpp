// SPDX-License-Identifier: Apache-2.0
#include "runtimes/spirv/pacer.h"
#include "runtimes/spirv/pieces.h"

#include <QtTest>

#include <random>
#include <set>

using namespace lull::spirv;

class TestPieces : public QObject {
  Q_OBJECT
private slots:
  void boxesHoldExactlyTheRun_data() {
    QTest::addColumn<Extent>("grid");
    QTest::newRow("point") << Extent{1, 1, 1};
    QTest::newRow("line") << Extent{7, 1, 1};
    QTest::newRow("column") << Extent{1, 5, 1};
    QTest::newRow("depth") << Extent{1, 1, 6};
    QTest::newRow("plane") << Extent{5, 4, 1};
    QTest::newRow("block") << Extent{4, 3, 5};
    QTest::newRow("flat block") << Extent{4, 1, 3};
  }
  void boxesHoldExactlyTheRun() {
    QFETCH(Extent, grid);
    for (std::uint64_t begin = 0; begin <= grid.groups(); ++begin) {
      for (std::uint64_t end = begin; end <= grid.groups(); ++end) {
        const auto all = boxes(grid, begin, end);
        QVERIFY(all.size() <= 5);
        std::uint64_t next = begin;  // boxes come in linear order, and each is a run of it
        for (const Box& box : all) {
          const std::uint64_t first = box.atX + std::uint64_t{grid.x} * (box.atY + std::uint64_t{grid.y} * box.atZ);
          QCOMPARE(first, next);
          QVERIFY(box.atX + box.size.x <= grid.x && box.atY + box.size.y <= grid.y && box.atZ + box.size.z <= grid.z);
          QVERIFY(box.size.y == 1 || (box.size.x == grid.x));
          QVERIFY(box.size.z == 1 || (box.size.x == grid.x && box.size.y == grid.y));
          next += box.size.groups();
        }
        QCOMPARE(next, end);
      }
    }
  }
  void largeGridsDoNotOverflow() {
    const Extent grid{4'000'000'000U, 3'000, 1};
    const auto all = boxes(grid, 5, grid.groups());
    QCOMPARE(all.size(), std::size_t(2));
    QCOMPARE(all[0].size.groups() + all[1].size.groups() + 5, grid.groups());
  }
  void piecesCoverTheWorkOnceInOrder_data() {
    QTest::addColumn<Extent>("grid");
    QTest::addColumn<quint64>("iterations");
    QTest::addColumn<bool>("whole");
    QTest::newRow("one") << Extent{1, 1, 1} << quint64(1) << false;
    QTest::newRow("plane") << Extent{13, 7, 1} << quint64(1) << false;
    QTest::newRow("many small iterations") << Extent{3, 2, 1} << quint64(400) << false;
    QTest::newRow("block, iterated") << Extent{5, 4, 3} << quint64(9) << false;
    QTest::newRow("whole grids") << Extent{5, 4, 3} << quint64(9) << true;
  }
  void piecesCoverTheWorkOnceInOrder() {
    QFETCH(Extent, grid);
    QFETCH(quint64, iterations);
    QFETCH(bool, whole);
    const Work work{.grid = grid, .iterations = iterations, .wholeGrid = whole};
    std::mt19937_64 random(7);
    for (int round = 0; round < 50; ++round) {
      std::uint64_t position = 0;
      while (position < work.total()) {
        const std::uint64_t wanted = random() % (2 * grid.groups() + 2);
        const Piece piece = nextPiece(work, position, wanted);
        QCOMPARE(piece.begin, position);
        QVERIFY(piece.end > position);
        std::uint64_t at = position;
        for (const Part& part : piece.parts) {
          QCOMPARE(part.iteration, at / grid.groups());
          for (const Box& box : part.boxes) at += box.size.groups();
        }
        QCOMPARE(at, piece.end);
        if (whole) QCOMPARE(piece.end % grid.groups(), std::uint64_t{0});
        if (!whole) QVERIFY(piece.end - piece.begin <= std::max<std::uint64_t>(1, wanted));
        position = piece.end;
      }
      QCOMPARE(position, work.total());
    }
  }
  void aPieceHasBoundedDispatches() {
    const Work work{.grid = {1, 1, 1}, .iterations = 1'000'000, .wholeGrid = false};
    QVERIFY(nextPiece(work, 0, 1'000'000).parts.size() <= 256);
  }

  void pacerBeginsSmallAndGrowsInSteps() {
    Pacer pacer(4'000'000);
    QCOMPARE(pacer.groups(), std::uint64_t{1});
    std::uint64_t last = 1;
    for (int i = 0; i < 12; ++i) {
      const std::uint64_t groups = pacer.groups();
      QVERIFY(groups <= last * 4);
      last = groups;
      pacer.measured(groups, groups * 1000);
    }
    QCOMPARE(pacer.groups(), std::uint64_t{4000});
  }
  void pacerDistrustsTheFirstPiece() {
    Pacer pacer(4'000'000);
    pacer.measured(1, 500'000'000);  // a driver that compiles
    QCOMPARE(pacer.groups(), std::uint64_t{1});
    QCOMPARE(pacer.nsPerGroup(), 0.0);
    pacer.measured(1, 1000);
    QCOMPARE(pacer.groups(), std::uint64_t{4});
  }
  void pacerShrinksFasterThanItGrows() {
    Pacer pacer(4'000'000);
    for (int i = 0; i < 20; ++i) pacer.measured(pacer.groups(), pacer.groups() * 1000);
    const std::uint64_t before = pacer.groups();
    pacer.measured(before, before * 10'000);
    QVERIFY(pacer.groups() < before / 4);
    const std::uint64_t after = pacer.groups();
    pacer.measured(after, after * 1000);
    QVERIFY(pacer.groups() < before);
    QVERIFY(pacer.groups() > after);
  }
  void pacerNeverAsksForNothing() {
    Pacer pacer(1);
    for (int i = 0; i < 5; ++i) pacer.measured(1, 10'000'000'000ULL);
    QCOMPARE(pacer.groups(), std::uint64_t{1});
    pacer.measured(0, 0);
    QCOMPARE(pacer.groups(), std::uint64_t{1});
  }
};

QTEST_GUILESS_MAIN(TestPieces)
#include "test_pieces.moc"
