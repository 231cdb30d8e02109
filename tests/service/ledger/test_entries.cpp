// SPDX-License-Identifier: Apache-2.0
// Every kind of entry: what is written comes back, once, and adds up.
#include "ledger/book.h"
#include "ledger/ledger.h"

#include <QTest>

#include <cmath>
#include <limits>

#include "service/ledger/desk.h"

using namespace lull;
using namespace lull::ledger;
using namespace lull::ledger::desk;

class TestEntries : public QObject {
  Q_OBJECT
private slots:
  void init() {
    m_desk = std::make_unique<Desk>();
    const auto opened = m_desk->open();
    QVERIFY2(opened.ok(), opened ? "" : opened.error().text().c_str());
  }
  void cleanup() { m_desk.reset(); }

  // Each point of a curve counts towards what may wait.
  void aCurveWeighsAsMuchAsItsPoints() {
    QVERIFY(m_desk->keep({submitted("t-a")}));
    QVERIFY(m_desk->keep({model::LossMeasured{"t-a", std::vector<v1::LossPoint>(100)}}));
    QVERIFY(!m_desk->keep({model::LossMeasured{"t-a", std::vector<v1::LossPoint>(60'000)}}));
    for (int i = 0; i < 3; ++i) {  // what was written is not held against what comes
      std::vector<v1::LossPoint> points(30'000);
      QVERIFY(m_desk->keep({model::LossMeasured{"t-a", std::move(points)}}));
    }
  }

  void aWholeLife() {
    auto s = submitted("t-a");
    s.task.set_priority(7);
    auto& spirv = *s.task.mutable_spec()->mutable_spirv();
    spirv.mutable_module()->set_sha256("aa");
    spirv.add_buffers()->mutable_input()->set_sha256("bb");
    spirv.add_buffers()->mutable_input()->set_sha256("bb");
    spirv.mutable_push_constants()->set_inline_("xyz");
    QVERIFY(m_desk->keep({s}));
    auto blobs = (*m_desk)->blobsInUse();
    QVERIFY(blobs);
    std::sort(blobs->begin(), blobs->end());
    QCOMPARE(*blobs, (std::vector<std::string>{"aa", "bb"}));

    auto starting = moved("t-a", v1::TASK_STATE_STARTING, kStart + 1);
    starting.gpuName = "Radeon 780M";
    QVERIFY(m_desk->keep({starting, moved("t-a", v1::TASK_STATE_RUNNING, kStart + 2), model::TaskProgressed{"t-a", 0.5},
                          metered("s1", "t-a", kHourNs)}));
    auto retry = moved("t-a", v1::TASK_STATE_QUEUED, kStart + 3);
    retry.attempt = 2;
    retry.notBefore = kStart + 10'000;
    retry.failure.set_kind(v1::Failure::KIND_DEVICE_LOST);
    retry.failure.set_message("Lost.");
    retry.failure.set_technical("VK_ERROR_DEVICE_LOST");
    QVERIFY(m_desk->keep({retry}));
    auto task = (*m_desk)->task("t-a");
    QVERIFY(task);
    QCOMPARE(task->SerializeAsString().empty(), false);
    QCOMPARE(task->state(), v1::TASK_STATE_QUEUED);
    QCOMPARE(task->priority(), 7);
    QCOMPARE(task->attempt(), 2U);
    QCOMPARE(task->attempts_allowed(), 3U);
    QCOMPARE(task->not_before_unix_ms(), kStart + 10'000);
    QCOMPARE(task->progress(), 0.5);
    QCOMPARE(task->gpu(), std::string("Radeon 780M"));
    QCOMPARE(task->gpu_ns(), kHourNs);
    QCOMPARE(task->started_unix_ms(), kStart + 2);
    QCOMPARE(task->failure().technical(), std::string("VK_ERROR_DEVICE_LOST"));
    QCOMPARE(task->micro_credits(), std::int64_t{0});
    QCOMPARE(task->spec().SerializeAsString(), s.task.spec().SerializeAsString());
    QCOMPARE(task->history_size(), 4);
    QCOMPARE(task->history(3).unix_ms(), kStart + 3);

    auto end = done("t-a", kStart + 9);
    end.outputs.emplace_back();
    end.outputs.back().set_name("image.png");
    end.outputs.back().set_size(123);
    end.outputs.back().set_sha256("cc");
    QVERIFY(m_desk->keep({moved("t-a", v1::TASK_STATE_RUNNING, kStart + 5), metered("s2", "t-a", kHourNs / 2), end}));
    task = (*m_desk)->task("t-a");
    QCOMPARE(task->state(), v1::TASK_STATE_DONE);
    QCOMPARE(task->progress(), 1.0);
    QCOMPARE(task->started_unix_ms(), kStart + 2);
    QCOMPARE(task->ended_unix_ms(), kStart + 9);
    QCOMPARE(task->not_before_unix_ms(), UnixMs{0});
    QCOMPARE(task->micro_credits(), std::int64_t{1'500'000});
    QCOMPARE(task->gpu_ns(), kHourNs * 3 / 2);
    QVERIFY(!task->has_failure());
    QCOMPARE(task->outputs_size(), 1);
    QCOMPARE(task->outputs(0).sha256(), std::string("cc"));
    QVERIFY((*m_desk)->blobsInUse()->empty());
    QVERIFY((*m_desk)->unfinished()->empty());
    const auto entries = (*m_desk)->entries(10, "");
    QCOMPARE(entries->items.size(), std::size_t{1});
    QCOMPARE(entries->items[0].micro_credits(), std::int64_t{1'500'000});
    QCOMPARE(entries->items[0].gpu_ns(), kHourNs * 3 / 2);
    QCOMPARE(entries->items[0].task_id(), std::string("t-a"));
  }

  void doneOnce() {
    QVERIFY(m_desk->keep({submitted("t-a"), metered("s", "t-a", kHourNs), done("t-a")}));
    // All of it arrives again, and more.
    QVERIFY(m_desk->keep({submitted("t-a"), metered("s", "t-a", 5 * kHourNs), metered("s2", "t-a", kHourNs),
                          done("t-a"), failed("t-a"), moved("t-a", v1::TASK_STATE_QUEUED),
                          model::TaskProgressed{"t-a", 0.1}, done("t-a")}));
    QVERIFY(m_desk->keep({done("t-a")}));
    const auto task = (*m_desk)->task("t-a");
    QCOMPARE(task->state(), v1::TASK_STATE_DONE);
    QCOMPARE(task->gpu_ns(), kHourNs);
    QCOMPARE(task->progress(), 1.0);
    QCOMPARE(task->history_size(), 2);
    QCOMPARE((*m_desk)->entries(10, "")->items.size(), std::size_t{1});
    const auto totals = (*m_desk)->totals(0);
    QCOMPARE(totals->total.micro_credits(), kRate);
    QCOMPARE(totals->total.tasks_done(), std::uint64_t{1});
    QCOMPARE(totals->total.gpu_ns(), kHourNs);
    QCOMPARE(totals->failed, std::uint64_t{0});
  }

  void failuresAndCancels() {
    QVERIFY(m_desk->keep({submitted("t-a"), submitted("t-b"), submitted("t-c"), metered("s", "t-a", 7), failed("t-a"),
                          moved("t-b", v1::TASK_STATE_CANCELLED, kStart + 4), done("t-b")}));
    QCOMPARE((*m_desk)->task("t-a")->failure().message(), std::string("The task itself is faulty."));
    QCOMPARE((*m_desk)->task("t-b")->ended_unix_ms(), kStart + 4);
    const auto totals = (*m_desk)->totals(0);
    QCOMPARE(totals->failed, std::uint64_t{1});
    QCOMPARE(totals->done, std::uint64_t{0});
    QCOMPARE(totals->queued, std::uint64_t{1});
    QCOMPARE(totals->total.micro_credits(), std::int64_t{0});
    QCOMPARE(totals->total.gpu_ns(), std::uint64_t{7});  // it was used, though nobody gets credits for it
    const auto entries = (*m_desk)->entries(10, "");
    QCOMPARE(entries->items.size(), std::size_t{1});
    QCOMPARE(entries->items[0].kind(), v1::LedgerEntry::KIND_FAILURE);
    QCOMPARE(entries->items[0].text(), std::string("task t-a: The task itself is faulty."));
  }

  void movingToDoneIsNotHowTasksAreDone() {
    QVERIFY(m_desk->keep({submitted("t-a"), moved("t-a", v1::TASK_STATE_DONE)}));
    QCOMPARE((*m_desk)->task("t-a")->state(), v1::TASK_STATE_QUEUED);
  }

  void meteringIsIdempotent() {
    QVERIFY(m_desk->keep({submitted("t-a"), submitted("t-b"), metered("s", "t-a", 100), metered("s", "t-a", 300),
                          metered("s", "t-a", 300), metered("s", "t-a", 200),
                          metered("s", "t-b", 900),  // somebody else's session
                          metered("x", "t-unknown", 900)}));
    QCOMPARE((*m_desk)->task("t-a")->gpu_ns(), std::uint64_t{300});
    QCOMPARE((*m_desk)->task("t-b")->gpu_ns(), std::uint64_t{0});
    QCOMPARE((*m_desk)->totals(0)->total.gpu_ns(), std::uint64_t{300});
    QVERIFY(!(*m_desk)->totals(0)->total.energy_estimated());
    auto estimated = metered("s", "t-a", 400);
    estimated.energyEstimated = true;
    estimated.energyUj = 1000;
    QVERIFY(m_desk->keep({estimated}));
    QVERIFY((*m_desk)->task("t-a")->energy_estimated());
    QVERIFY((*m_desk)->totals(0)->total.energy_estimated());
  }

  void aLyingWorkerBreaksNoSum() {
    QVERIFY(m_desk->keep({submitted("t-a")}));
    for (int i = 0; i < 100; ++i) {
      QVERIFY(m_desk->keep({metered("s" + std::to_string(i), "t-a", std::numeric_limits<std::uint64_t>::max())}));
    }
    QVERIFY(m_desk->keep({done("t-a")}));
    QVERIFY((*m_desk)->totals(0));
    QVERIFY((*m_desk)->task("t-a"));
  }

  void credits_data() {
    QTest::addColumn<qulonglong>("gpuNs");
    QTest::addColumn<qlonglong>("rate");
    QTest::addColumn<qlonglong>("expected");
    QTest::newRow("nothing") << 0ULL << 1'000'000LL << 0LL;
    QTest::newRow("one hour") << qulonglong{kHourNs} << 1'000'000LL << 1'000'000LL;
    QTest::newRow("rounds down") << qulonglong{kHourNs - 1} << 1'000'000LL << 999'999LL;
    QTest::newRow("one micro-credit") << 3'600'000ULL << 1'000'000LL << 1LL;
    QTest::newRow("just below") << 3'599'999ULL << 1'000'000LL << 0LL;
    QTest::newRow("beyond 64 bits in between") << qulonglong{1ULL << 62} << 1'000'000'000LL << 1'281'023'894'007'607LL;
    QTest::newRow("largest") << std::numeric_limits<qulonglong>::max() << std::numeric_limits<qlonglong>::max()
                             << std::numeric_limits<qlonglong>::max();
    QTest::newRow("negative rate") << qulonglong{kHourNs} << -5LL << 0LL;
  }
  void credits() {
    QFETCH(qulonglong, gpuNs);
    QFETCH(qlonglong, rate);
    QTEST(static_cast<qlonglong>(Book::credits(gpuNs, rate)), "expected");
  }

  void giveBacks() {
    std::vector<model::Entry> entries{submitted("t-a")};
    for (int i = 1; i <= 1100; ++i) entries.emplace_back(gaveBack(i, kStart + i));
    auto broken = gaveBack(-1, kStart + 2000);
    broken.task = "t-a";
    entries.emplace_back(broken);
    QVERIFY(m_desk->keep(std::move(entries)));
    const auto stats = (*m_desk)->totals(0)->giveBack;
    QCOMPARE(stats.count(), std::uint64_t{999});  // of the newest 1000 one did not drain
    QCOMPARE(stats.p50_ms(), 601.0);              // of 102 … 1100
    QCOMPARE(stats.p99_ms(), 1091.0);
    QCOMPARE(stats.max_ms(), 1100.0);
    QCOMPARE(stats.last_ms(), -1.0);
    QCOMPARE(stats.last_unix_ms(), kStart + 2000);
    QVERIFY(m_desk->keep({gaveBack(5000, kStart + 3000)}));
    QCOMPARE((*m_desk)->totals(0)->giveBack.max_ms(), 5000.0);
    const auto newest = (*m_desk)->entries(2, "");
    QCOMPARE(newest->items[0].give_back().drained_ms(), 5000.0);
    QCOMPARE(newest->items[0].give_back().cause(), std::string("input"));
    QCOMPARE(newest->items[1].task_id(), std::string("t-a"));
  }

  void wishes() {
    QVERIFY(!(*m_desk)->wish("pause"));
    QVERIFY(m_desk->keep({model::WishKept{"pause", "-1"}, model::WishKept{"share", "on"}}));
    QCOMPARE((*m_desk)->wish("pause"), std::optional<std::string>("-1"));
    QVERIFY(m_desk->keep({model::WishKept{"pause", ""}}));
    QVERIFY(!(*m_desk)->wish("pause"));
    QCOMPARE((*m_desk)->wish("share"), std::optional<std::string>("on"));
  }

  void today_data() {
    QTest::addColumn<qlonglong>("dayStart");
    QTest::addColumn<qulonglong>("gpuNs");
    QTest::addColumn<qulonglong>("tasks");
    const UnixMs midnight = kStart - kStart % 86'400'000;
    QTest::newRow("before all") << qlonglong{0} << 111ULL << 2ULL;
    QTest::newRow("one before the last of yesterday") << qlonglong{midnight - 1} << 111ULL << 2ULL;
    QTest::newRow("midnight") << qlonglong{midnight} << 110ULL << 1ULL;
    QTest::newRow("one after midnight") << qlonglong{midnight + 1} << 100ULL << 0ULL;
    QTest::newRow("tomorrow") << qlonglong{midnight + 86'400'000} << 0ULL << 0ULL;
  }
  void today() {
    QFETCH(qlonglong, dayStart);
    const UnixMs midnight = kStart - kStart % 86'400'000;
    QVERIFY(m_desk->keep({submitted("t-a"), submitted("t-b"), submitted("t-c"), metered("s", "t-c", 1, midnight - 1),
                          done("t-a", midnight - 1), metered("s", "t-c", 11, midnight), done("t-b", midnight),
                          metered("s", "t-c", 111, midnight + 60'000)}));
    const auto totals = (*m_desk)->totals(dayStart);
    QTEST(static_cast<qulonglong>(totals->today.gpu_ns()), "gpuNs");
    QTEST(static_cast<qulonglong>(totals->today.tasks_done()), "tasks");
    QCOMPARE(totals->total.gpu_ns(), std::uint64_t{111});
  }

  // The cached sums against plain ones, over many sessions that grow in turns.
  void totalsStayRightWhileMetersGrow() {
    std::uint64_t expected = 0;
    std::vector<std::uint64_t> running(5, 0);
    for (int i = 0; i < 5; ++i) QVERIFY(m_desk->keep({submitted("t-" + std::to_string(i))}));
    for (int step = 0; step < 2000; ++step) {
      const auto i = static_cast<std::size_t>(step * 7 % 5);
      running[i] += static_cast<std::uint64_t>(step);
      expected += static_cast<std::uint64_t>(step);
      const auto id = std::to_string(i);
      (*m_desk)->record({metered("s" + id, "t-" + id, running[i], kStart + step * 7000)});
      if (step % 50 != 0) continue;
      QVERIFY(m_desk->keep({model::WishKept{"w", "x"}}));
      QCOMPARE((*m_desk)->totals(0)->total.gpu_ns(), expected);
    }
    QVERIFY(m_desk->keep({model::WishKept{"w", "y"}}));
    QCOMPARE((*m_desk)->totals(0)->total.gpu_ns(), expected);
    m_desk->close();
    QVERIFY(m_desk->open());
    QCOMPARE((*m_desk)->totals(0)->total.gpu_ns(), expected);
    QVERIFY(m_desk->keep({metered("s0", "t-0", running[0] + 9)}));
    QCOMPARE((*m_desk)->totals(0)->total.gpu_ns(), expected + 9);
  }

  void history() {
    const UnixMs t = kStart - kStart % 60'000;
    QVERIFY(m_desk->keep({submitted("t-a"), metered("s", "t-a", 2'000'000'000, t),
                          metered("s", "t-a", 5'000'000'000, t + 30'000),
                          metered("s", "t-a", 6'000'000'000, t + 60'000), model::TemperatureSampled{t, 60},
                          model::TemperatureSampled{t + 1000, 71}, model::TemperatureSampled{t + 2000, 65},
                          model::TemperatureSampled{t + 3000, std::nan("")}, model::TemperatureSampled{t + 120'000, 50},
                          gaveBack(3, t), gaveBack(9, t + 1), gaveBack(-1, t + 2), done("t-a", t + 60'000)}));
    const auto series = [this, t](v1::Series which, UnixMs from, UnixMs to, std::uint32_t points) {
      const auto h = (*m_desk)->history({.series = which, .from = from, .to = to, .points = points});
      QString text;
      if (!h) return QString::fromStdString(h.error().text());
      for (const auto& p : h->points) {
        text += QString("%1:%2 ").arg((p.unix_ms() - t) / 1000).arg(p.value());
      }
      return text.trimmed();
    };
    QCOMPARE(series(v1::SERIES_GPU_SECONDS, t, t + 180'000, 3), "0:5 60:1");
    QCOMPARE(series(v1::SERIES_GPU_SECONDS, t, t + 180'000, 1), "0:6");
    QCOMPARE(series(v1::SERIES_GPU_SECONDS, t + 1, t + 60'000, 1), "");  // its increment is noted at its beginning
    QCOMPARE(series(v1::SERIES_TEMPERATURE, t, t + 180'000, 300), "0:71 120:50");
    QCOMPARE(series(v1::SERIES_TEMPERATURE, t, t + 120'000, 0), "0:71");  // the end is not included
    QCOMPARE(series(v1::SERIES_GIVE_BACK, t, t + 180'000, 3), "0:9");
    QCOMPARE(series(v1::SERIES_CREDITS, t, t + 180'000, 3), "60:1666");
    QVERIFY(series(v1::SERIES_GPU_SECONDS, t, t, 3).contains("must end after"));
    QVERIFY(series(v1::SERIES_UNSPECIFIED, t, t + 1, 3).contains("no such series"));
    const auto longest = (*m_desk)->history({.series = v1::SERIES_CREDITS,
                                             .from = std::numeric_limits<UnixMs>::min(),
                                             .to = std::numeric_limits<UnixMs>::max(),
                                             .points = 5});
    QVERIFY(longest);
    QCOMPARE(longest->points.size(), std::size_t{1});
  }

  void aTasksHistoryIsBounded() {
    QVERIFY(m_desk->keep({submitted("t-a")}));
    for (int i = 0; i < 30; ++i) {
      std::vector<model::Entry> entries;
      for (int j = 0; j < 20; ++j) entries.emplace_back(moved("t-a", v1::TASK_STATE_PARKED, kStart + i * 20 + j));
      QVERIFY(m_desk->keep(std::move(entries)));
    }
    const auto task = (*m_desk)->task("t-a");
    QCOMPARE(task->history_size(), 500);
    QCOMPARE(task->history(499).unix_ms(), kStart + 599);
  }

  void longTextsAreCutBetweenCharacters() {
    auto f = failed("t-a");
    std::string message;
    for (int i = 0; i < 600; ++i) message += "ä";
    f.failure.set_message("x" + message);
    f.failure.set_technical(std::string(100'000, 'y'));
    QVERIFY(m_desk->keep({submitted("t-a"), f}));
    const auto task = (*m_desk)->task("t-a");
    QCOMPARE(task->failure().message().size(), std::size_t{999});
    QCOMPARE(QString::fromStdString(task->failure().message()).size(), 500);
    QCOMPARE(task->failure().technical().size(), std::size_t{4000});
  }

  void doneComesInOrderAndReadsSeeIt() {
    std::vector<int> order;
    for (int i = 0; i < 200; ++i) {
      (*m_desk)->record({submitted("t-" + std::to_string(i))}, [&, i](const Outcome& o) {
        QVERIFY(o.ok());
        order.push_back(i);
        QVERIFY((*m_desk)->task("t-" + std::to_string(i)).ok());
      });
    }
    QVERIFY(m_desk->loop().until([&] { return order.size() == 200; }));
    QVERIFY(std::is_sorted(order.begin(), order.end()));
  }

  void closingKeepsWhatIsQueued() {
    for (int i = 0; i < 500; ++i) (*m_desk)->record({submitted("t-" + std::to_string(i))});
    m_desk->close();
    QVERIFY(m_desk->open());
    QCOMPARE((*m_desk)->totals(0)->queued, std::uint64_t{500});
  }

private:
  std::unique_ptr<Desk> m_desk;
};

QTEST_GUILESS_MAIN(TestEntries)
#include "test_entries.moc"
