// SPDX-License-Identifier: Apache-2.0
// What tasks with a language model compute: tokens, processor time, curves. Counted once, bounded, and summed rightly.
#include "ledger/ledger.h"

#include <QTest>

#include <cmath>
#include <limits>

#include "service/ledger/desk.h"

using namespace lull;
using namespace lull::ledger;
using namespace lull::ledger::desk;

namespace {

constexpr auto kHuge = std::numeric_limits<std::uint64_t>::max();

QString text(const v1::TokenUsage& usage) {
  return QString("%1/%2 %3/%4")
      .arg(usage.prompt())
      .arg(usage.completion())
      .arg(usage.requests())
      .arg(usage.requests_failed());
}

QString text(const v1::Task& task) {
  QString out;
  for (const auto& point : task.losses()) {
    out += QString("%1:").arg(point.step());
    if (point.has_training()) out += QString::number(point.training());
    if (point.has_held_out()) out += QString("(%1)").arg(point.held_out());
    out += " ";
  }
  return out.trimmed();
}

}  // namespace

class TestFigures : public QObject {
  Q_OBJECT
private slots:
  void init() {
    m_desk = std::make_unique<Desk>();
    QVERIFY(m_desk->open());
    QVERIFY(m_desk->keep({submitted("t-a"), submitted("t-b")}));
  }
  void cleanup() { m_desk.reset(); }

  void theLargestCountsStand() {
    QVERIFY(m_desk->keep({counted("t-a", tokens(100, 20, 3)), counted("t-a", tokens(100, 20, 3)),
                          counted("t-a", tokens(90, 25, 2, 1)), counted("t-unknown", tokens(9, 9, 9, 9))}));
    QCOMPARE(text(task("t-a").usage()), "100/25 3/1");
    QCOMPARE(text((*m_desk)->totals(0)->total.usage()), "100/25 3/1");
    QVERIFY(!task("t-b").has_usage());
    const auto page = (*m_desk)->tasks({});
    QCOMPARE(text(page->items.at(1).usage()), "100/25 3/1");
    QVERIFY(!page->items.at(0).has_usage());
  }

  void aTaskThatEndedComputesNothingMore() {
    QVERIFY(m_desk->keep({counted("t-a", tokens(5, 5, 1)), meteredOnProcessor("s", "t-a", 7),
                          model::LossMeasured{"t-a", {loss(1, 2)}}, done("t-a")}));
    QVERIFY(m_desk->keep({counted("t-a", tokens(50, 50, 10)), meteredOnProcessor("s", "t-a", 70),
                          model::LossMeasured{"t-a", {loss(1, 3), loss(2, 2)}}}));
    QCOMPARE(text(task("t-a").usage()), "5/5 1/0");
    QCOMPARE(task("t-a").cpu_ns(), std::uint64_t{7});
    QCOMPARE(text(task("t-a")), "1:2");
    QCOMPARE(text((*m_desk)->totals(0)->total.usage()), "5/5 1/0");
  }

  void entriesTellWhatATaskComputed() {
    QVERIFY(m_desk->keep({counted("t-a", tokens(5, 6, 7, 8)), meteredOnProcessor("s", "t-a", 9), done("t-a"),
                          counted("t-b", tokens(1, 2)), failed("t-b"), gaveBack(1)}));
    const auto entries = (*m_desk)->entries(10, "");
    QCOMPARE(entries->items.size(), std::size_t{3});
    QVERIFY(!entries->items[0].has_usage());
    QCOMPARE(text(entries->items[1].usage()), "1/2 0/0");
    QCOMPARE(text(entries->items[2].usage()), "5/6 7/8");
    QCOMPARE(entries->items[2].cpu_ns(), std::uint64_t{9});
  }

  void processorTimeIsCreditedAtItsOwnRate() {
    auto end = done("t-a");
    end.microCreditsPerCpuHour = 50'000;
    QVERIFY(
        m_desk->keep({metered("s1", "t-a", kHourNs), meteredOnProcessor("s2", "t-a", kHourNs),
                      meteredOnProcessor("s2", "t-a", 2 * kHourNs), meteredOnProcessor("s2", "t-a", kHourNs), end}));
    QCOMPARE(task("t-a").gpu_ns(), kHourNs);
    QCOMPARE(task("t-a").cpu_ns(), 2 * kHourNs);
    QCOMPARE(task("t-a").micro_credits(), kRate + 100'000);
    QCOMPARE((*m_desk)->totals(0)->total.cpu_ns(), 2 * kHourNs);
    QCOMPARE((*m_desk)->totals(0)->total.micro_credits(), kRate + 100'000);
  }

  void twoLargeCreditsStayLarge() {
    auto end = done("t-a");
    end.microCreditsPerGpuHour = end.microCreditsPerCpuHour = std::numeric_limits<std::int64_t>::max();
    QVERIFY(m_desk->keep({metered("s1", "t-a", kHourNs), meteredOnProcessor("s2", "t-a", kHourNs), end}));
    QCOMPARE(task("t-a").micro_credits(), std::numeric_limits<std::int64_t>::max());
  }

  void ownTasksAreTold() {
    auto own = submitted("t-own");
    own.task.set_own(true);
    QVERIFY(m_desk->keep({own}));
    QVERIFY(task("t-own").own());
    QVERIFY(!task("t-a").own());
    QVERIFY((*m_desk)->tasks({})->items.at(0).own());
    QVERIFY((*m_desk)->unfinished()->back().own());
  }

  void whatATaskComputedIsKnownAfterARestart() {
    QVERIFY(m_desk->keep({counted("t-a", tokens(1, 2, 3, 4)), meteredOnProcessor("s", "t-a", 5)}));
    m_desk->close();
    QVERIFY(m_desk->open());
    const auto unfinished = (*m_desk)->unfinished();
    QCOMPARE(text(unfinished->front().usage()), "1/2 3/4");
    QCOMPARE(unfinished->front().cpu_ns(), std::uint64_t{5});
  }

  void aLyingWorkerBreaksNoSum() {
    for (int i = 0; i < 100; ++i) {
      const auto id = "t-" + std::to_string(i);
      QVERIFY(m_desk->keep({submitted(id), counted(id, tokens(kHuge, kHuge, kHuge, kHuge)),
                            meteredOnProcessor("s" + id, id, kHuge), done(id)}));
    }
    const auto totals = (*m_desk)->totals(0);
    QVERIFY(totals);
    QCOMPARE(totals->total.usage().prompt(), std::uint64_t{100'000'000'000'000});
    QVERIFY((*m_desk)->history({.series = v1::SERIES_TOKENS, .from = kStart, .to = kStart + 1}));
    QCOMPARE((*m_desk)->entries(1, "")->items.at(0).usage().requests(), std::uint64_t{1'000'000'000'000});
  }

  void theNewestOfAStepStands() {
    QVERIFY(m_desk->keep({model::LossMeasured{"t-a", {loss(8, 3.5, 3.75), loss(16, 3.25), loss(0, {}, 4)}}}));
    QVERIFY(m_desk->keep({model::LossMeasured{"t-a", {loss(16, 3), loss(24, 2.5, 2.75), loss(8, 3.5)}}}));
    QCOMPARE(text(task("t-a")), "0:(4) 8:3.5 16:3 24:2.5(2.75)");
    QCOMPARE(task("t-a").losses(2).unix_ms(), kStart + 16);
    QCOMPARE(text(task("t-b")), "");
    for (const auto& listed : tasks()) QCOMPARE(listed.losses_size(), 0);
  }

  void pointsThatAreNoneAreRefused_data() {
    QTest::addColumn<double>("training");
    QTest::addColumn<double>("heldOut");
    QTest::addColumn<qulonglong>("step");
    QTest::addColumn<QString>("kept");
    const double nan = std::nan("");
    const double inf = std::numeric_limits<double>::infinity();
    QTest::newRow("a point") << 2.0 << 3.0 << 1ULL << "1:2(3)";
    QTest::newRow("no number") << nan << 3.0 << 1ULL << "1:(3)";
    QTest::newRow("infinite") << -inf << 3.0 << 1ULL << "1:(3)";
    QTest::newRow("neither") << inf << nan << 1ULL << "";
    QTest::newRow("held out is no number") << 2.0 << nan << 1ULL << "1:2";
    QTest::newRow("held out is infinite") << 2.0 << inf << 1ULL << "1:2";
    QTest::newRow("a step beyond all") << 2.0 << 3.0 << qulonglong{kHuge} << "";
  }
  void pointsThatAreNoneAreRefused() {
    QFETCH(double, training);
    QFETCH(double, heldOut);
    QFETCH(qulonglong, step);
    QFETCH(QString, kept);
    QVERIFY(m_desk->keep({model::LossMeasured{"t-a", {loss(step, training, heldOut)}}}));
    QCOMPARE(text(task("t-a")), kept);
  }

  // Its ends stay, what was held out stays, and it is as dense at its beginning as at its end.
  void aLongCurveIsThinned() {
    constexpr std::uint64_t kPoints = 50'000;
    std::vector<v1::LossPoint> points;
    for (std::uint64_t step = 1; step <= kPoints; ++step) {
      const auto value = static_cast<double>(step);
      points.push_back(loss(step, value, step % 500 == 0 ? std::optional(value) : std::nullopt));
      if (points.size() == 300) QVERIFY(m_desk->keep({model::LossMeasured{"t-a", std::exchange(points, {})}}));
    }
    QVERIFY(m_desk->keep({model::LossMeasured{"t-a", points}, model::LossMeasured{"t-b", {loss(1, 1)}}}));
    const auto curve = task("t-a");
    QVERIFY(curve.losses_size() >= 1000 && curve.losses_size() <= 4096);
    QCOMPARE(curve.losses(0).step(), std::uint64_t{1});
    QCOMPARE(curve.losses(curve.losses_size() - 1).step(), kPoints);
    std::uint64_t heldOut = 0;
    std::uint64_t before = 0;
    for (const auto& point : curve.losses()) {
      QCOMPARE(point.training(), static_cast<double>(point.step()));
      QVERIFY2(point.step() - before <= 2 * 64, "a hole");
      before = point.step();
      heldOut += point.has_held_out() ? 1 : 0;
    }
    QCOMPARE(heldOut, kPoints / 500);
    QCOMPARE(text(task("t-b")), "1:1");
  }

  void oneEntryOfAnySizeIsBounded() {
    std::vector<v1::LossPoint> points;
    for (std::uint64_t step = 0; step < 20'000; ++step) points.push_back(loss(step * step, 1, 1));
    points.push_back(loss(1'000'000'000'000, 1, 1));
    QVERIFY(m_desk->keep({model::LossMeasured{"t-a", points}}));
    QVERIFY(task("t-a").losses_size() <= 4096);
  }

  void series() {
    const UnixMs t = kStart - kStart % 60'000;
    QVERIFY(m_desk->keep({counted("t-a", tokens(10, 1), t), counted("t-a", tokens(20, 2), t + 30'000),
                          counted("t-b", tokens(5, 5), t + 60'000), counted("t-b", tokens(5, 5, 1), t + 120'000),
                          meteredOnProcessor("s", "t-a", 2'000'000'000, t),
                          meteredOnProcessor("s", "t-a", 5'000'000'000, t + 60'000),
                          metered("g", "t-a", 1'000'000'000, t + 120'000)}));
    const auto series = [this, t](v1::Series which) {
      const auto h = (*m_desk)->history({.series = which, .from = t, .to = t + 180'000, .points = 3});
      QString out;
      for (const auto& p : h->points) out += QString("%1:%2 ").arg((p.unix_ms() - t) / 1000).arg(p.value());
      return out.trimmed();
    };
    QCOMPARE(series(v1::SERIES_TOKENS), "0:22 60:10");
    QCOMPARE(series(v1::SERIES_CPU_SECONDS), "0:2 60:3");
    QCOMPARE(series(v1::SERIES_GPU_SECONDS), "120:1");
    QCOMPARE(text((*m_desk)->totals(t + 60'000)->today.usage()), "5/5 1/0");
    QCOMPARE((*m_desk)->totals(t + 60'000)->today.cpu_ns(), std::uint64_t{3'000'000'000});
  }

  // The cached sums against plain ones, over tasks that count in turns; what is over time agrees with the tasks.
  void sumsStayRightWhileTasksCount() {
    std::vector<std::uint64_t> prompt(5, 0);
    std::uint64_t expected = 0;
    for (int i = 0; i < 5; ++i) QVERIFY(m_desk->keep({submitted("t-" + std::to_string(i))}));
    for (int step = 0; step < 2000; ++step) {
      const auto i = static_cast<std::size_t>(step * 7 % 5);
      prompt[i] += static_cast<std::uint64_t>(step);
      expected += static_cast<std::uint64_t>(step);
      (*m_desk)->record({counted("t-" + std::to_string(i), tokens(prompt[i], 0), kStart + step * 7000)});
      if (step % 50 != 0) continue;
      QVERIFY(m_desk->keep({model::WishKept{"w", "x"}}));
      QCOMPARE((*m_desk)->totals(0)->total.usage().prompt(), expected);
    }
    QVERIFY(m_desk->keep({model::WishKept{"w", "y"}}));
    QCOMPARE((*m_desk)->totals(0)->total.usage().prompt(), expected);
    QCOMPARE((*m_desk)->totals(0)->today.usage().prompt(), expected);
    std::uint64_t ofTasks = 0;
    for (const auto& listed : tasks()) ofTasks += listed.usage().prompt();
    QCOMPARE(ofTasks, expected);
  }

private:
  v1::Task task(const std::string& id) {
    auto found = (*m_desk)->task(id);
    return found ? *found : v1::Task();
  }

  std::vector<v1::Task> tasks() {
    auto page = (*m_desk)->tasks({});
    return page ? page->items : std::vector<v1::Task>();
  }

  std::unique_ptr<Desk> m_desk;
};

QTEST_GUILESS_MAIN(TestFigures)
#include "test_figures.moc"
