// SPDX-License-Identifier: Apache-2.0
// Many tasks: pages, prefixes, and totals that stay quick. LULL_LEDGER_TASKS=100000 measures a large ledger.
#include "ledger/ledger.h"

#include <QElapsedTimer>
#include <QTest>

#include <set>

#include "service/ledger/desk.h"

using namespace lull;
using namespace lull::ledger;
using namespace lull::ledger::desk;

namespace {

std::string nameOf(int i) { return QString("t-%1").arg(i, 12, 32, QChar('0')).toStdString(); }

}  // namespace

class TestPages : public QObject {
  Q_OBJECT
private slots:
  // Task i: every 10th failed, every 10th (5) waits, the others are done, with one session each.
  void initTestCase() {
    m_count = qEnvironmentVariableIntValue("LULL_LEDGER_TASKS", &m_measuring);
    if (!m_measuring) m_count = 10'000;
    QVERIFY(m_desk.open());
    QElapsedTimer timer;
    timer.start();
    for (int i = 0; i < m_count; i += 100) {
      std::vector<model::Entry> entries;
      for (int j = i; j < i + 100; ++j) add(entries, j);
      QVERIFY(m_desk.keep(std::move(entries)));
    }
    qInfo("%d tasks written in %lld ms", m_count, timer.elapsed());
  }

  void allPagesHoldAllTasksOnce() {
    std::string token;
    std::vector<std::string> ids;
    do {
      const auto page = m_desk->tasks({.states = {}, .pageSize = 333, .pageToken = token});
      QVERIFY(page);
      for (const auto& task : page->items) {
        ids.push_back(task.id());
        QVERIFY(!task.has_spec() && task.history_size() == 0);
      }
      token = page->nextToken;
    } while (!token.empty());
    QCOMPARE(ids.size(), static_cast<std::size_t>(m_count));
    for (int i = 0; i < m_count; ++i) QCOMPARE(ids[static_cast<std::size_t>(i)], nameOf(m_count - 1 - i));
  }

  void pagesOfSomeStates() {
    std::string token;
    std::vector<int> seen;
    do {
      const auto page = m_desk->tasks({.states = {v1::TASK_STATE_FAILED, v1::TASK_STATE_QUEUED, v1::TASK_STATE_FAILED},
                                       .pageSize = 77,
                                       .pageToken = token});
      QVERIFY(page && page->items.size() <= 77);
      for (const auto& task : page->items) seen.push_back(static_cast<int>(task.submitted_unix_ms() - kStart));
      token = page->nextToken;
    } while (!token.empty());
    QCOMPARE(seen.size(), static_cast<std::size_t>(m_count / 5));
    QVERIFY(std::is_sorted(seen.rbegin(), seen.rend()));
    for (const int i : seen) QVERIFY(i % 10 == 0 || i % 10 == 5);
    QVERIFY(m_desk->tasks({.states = {v1::TASK_STATE_CANCELLED}, .pageSize = 5, .pageToken = {}})->items.empty());
  }

  void aPageStaysWhereItIsWhileTasksCome() {
    const auto first = m_desk->tasks({.states = {}, .pageSize = 10, .pageToken = {}});
    QVERIFY(m_desk.keep({submitted("t-zzzz")}));
    const auto second = m_desk->tasks({.states = {}, .pageSize = 10, .pageToken = first->nextToken});
    QCOMPARE(second->items.front().id(), nameOf(m_count - 11));
    QVERIFY(m_desk.keep({moved("t-zzzz", v1::TASK_STATE_CANCELLED)}));
  }

  void sizesAndTokens() {
    QCOMPARE(m_desk->tasks({.states = {}, .pageSize = 0, .pageToken = {}})->items.size(), std::size_t{50});
    QCOMPARE(m_desk->tasks({.states = {}, .pageSize = 5000, .pageToken = {}})->items.size(), std::size_t{500});
    QCOMPARE(m_desk->entries(5000, "")->items.size(), std::size_t{500});
    for (const char* token : {"x", "0", "-1", "1x", "99999999999999999999", " 1"}) {
      const auto page = m_desk->tasks({.states = {}, .pageSize = 5, .pageToken = token});
      QVERIFY(!page && page.error().kind() == Error::Kind::Invalid);
      QVERIFY(!m_desk->entries(5, token));
    }
  }

  void allEntriesOnceNewestFirst() {
    std::string token;
    std::vector<std::int64_t> ids;
    do {
      const auto page = m_desk->entries(500, token);
      QVERIFY(page);
      for (const auto& e : page->items) ids.push_back(e.id());
      token = page->nextToken;
    } while (!token.empty());
    QCOMPARE(ids.size(), static_cast<std::size_t>(m_count - m_count / 10));
    QVERIFY(std::is_sorted(ids.rbegin(), ids.rend()));
    QCOMPARE(std::set<std::int64_t>(ids.begin(), ids.end()).size(), ids.size());
  }

  void prefixes() {
    QCOMPARE(m_desk->task(nameOf(77))->id(), nameOf(77));
    const auto several = m_desk->task("t-");
    QVERIFY(!several && several.error().kind() == Error::Kind::Conflict);
    QVERIFY(several.error().text().find(nameOf(0)) != std::string::npos);
    QVERIFY(several.error().text().find("…") != std::string::npos);
    for (const char* wrong : {"", "t-nothing", "%", "t-%", "~"}) {
      const auto none = m_desk->task(wrong);
      QVERIFY(!none && none.error().kind() == Error::Kind::NotFound);
    }
    QVERIFY(m_desk.keep({submitted("t-yy"), submitted("t-yyx")}));
    QCOMPARE(m_desk->task("t-yy")->id(), std::string("t-yy"));  // a whole id, though it begins another
    QCOMPARE(m_desk->task("t-yyx")->id(), std::string("t-yyx"));
    QVERIFY(m_desk.keep({moved("t-yy", v1::TASK_STATE_CANCELLED), moved("t-yyx", v1::TASK_STATE_CANCELLED)}));
    QCOMPARE(m_desk->task("t-yyx")->state(), v1::TASK_STATE_CANCELLED);
  }

  void totals() {
    const auto t = m_desk->totals(0);
    QVERIFY(t);
    const auto n = static_cast<std::uint64_t>(m_count);
    QCOMPARE(t->done, n - n / 5);
    QCOMPARE(t->failed, n / 10);
    QCOMPARE(t->queued, n / 10);
    QCOMPARE(t->total.gpu_ns(), n * kHourNs / 1000);
    QCOMPARE(t->total.micro_credits(), static_cast<std::int64_t>((n - n / 5) * kRate / 1000));
  }

  // The loop asks for totals whenever something was recorded: what it costs must not grow with the ledger.
  void totalsAreQuick() {
    constexpr int kRounds = 200;
    const UnixMs day = kStart + m_count - 500;
    std::ignore = m_desk->totals(day);
    QElapsedTimer timer;
    timer.start();
    for (int i = 0; i < kRounds; ++i) QVERIFY(m_desk->totals(day));
    const double each = static_cast<double>(timer.nsecsElapsed()) / 1e6 / kRounds;
    timer.restart();
    QVERIFY(m_desk->tasks({.states = {}, .pageSize = 50, .pageToken = {}}));
    const double page = static_cast<double>(timer.nsecsElapsed()) / 1e6;
    m_desk.close();
    timer.restart();
    QVERIFY(m_desk.open());
    const double open = static_cast<double>(timer.nsecsElapsed()) / 1e6;
    timer.restart();
    QVERIFY(m_desk->totals(day));
    const double first = static_cast<double>(timer.nsecsElapsed()) / 1e6;
    qInfo("%d tasks, %.1f MiB: totals %.3f ms (first %.1f ms), a page of 50 %.2f ms, open %.1f ms", m_count,
          static_cast<double>(std::filesystem::file_size(m_desk.file())) / 1048576, each, first, page, open);
    QVERIFY2(each < 20, "a machine under load gets its share, but not this much");
  }

private:
  static void add(std::vector<model::Entry>& entries, int i) {
    const auto id = nameOf(i);
    entries.emplace_back(submitted(id, kStart + i));
    entries.emplace_back(moved(id, v1::TASK_STATE_STARTING, kStart + i));
    entries.emplace_back(moved(id, v1::TASK_STATE_RUNNING, kStart + i));
    entries.emplace_back(metered("s" + id, id, kHourNs / 1000, kStart + i));
    if (i % 10 == 0) entries.emplace_back(failed(id, kStart + i));
    if (i % 10 == 5) entries.emplace_back(moved(id, v1::TASK_STATE_QUEUED, kStart + i));
    if (i % 5 != 0) entries.emplace_back(done(id, kStart + i));
  }

  Desk m_desk;
  int m_count = 0;
  bool m_measuring = false;
};

QTEST_GUILESS_MAIN(TestPages)
#include "test_pages.moc"
