// SPDX-License-Identifier: Apache-2.0
// kill -9 at random instants: every batch that was told to be kept is there, none is half there, every task is done
// and credited once, and the sums agree.
#include <QProcess>
#include <QRandomGenerator>
#include <QTest>
#include <QThread>

#include <cstring>

#include "service/ledger/batches.h"
#include "service/ledger/desk.h"

using namespace lull;
using namespace lull::ledger;
using namespace lull::ledger::desk;

namespace {

constexpr int kKills = 60;

// The highest number in a stream of int32; -1 for none.
int lastAcknowledged(const QByteArray& bytes) {
  const auto count = bytes.size() / static_cast<qsizetype>(sizeof(std::int32_t));
  int last = -1;
  for (qsizetype i = 0; i < count; ++i) {
    std::int32_t number = 0;
    std::memcpy(&number, bytes.constData() + i * static_cast<qsizetype>(sizeof number), sizeof number);
    if (number != last + 1 && last >= 0) return -2;  // not in order
    last = number;
  }
  return last;
}

}  // namespace

class TestCrash : public QObject {
  Q_OBJECT
private slots:
  void killedAtAnyInstant() {
    int next = 0;
    for (int kill = 0; kill < kKills; ++kill) {
      const int acknowledged = runAndKill(next);
      QVERIFY2(acknowledged > -2, "batches were kept out of order, or the child failed");
      QVERIFY(m_desk.open());
      QVERIFY2(m_desk->trouble().empty(), m_desk->trouble().c_str());
      const auto kept = check();
      QVERIFY2(m_fault.isEmpty(), qPrintable(QString("after kill %1: %2").arg(kill).arg(m_fault)));
      QVERIFY2(kept >= acknowledged, "a batch that was told to be kept is lost");
      QVERIFY2(kept >= next - 1, "what had been kept before is lost");
      next = kept + 1;
      m_desk.close();
    }
    qInfo("%d kills, %d batches kept", kKills, next);
    QVERIFY(next > kKills);
  }

private:
  // Returns the last number the child told; -2 when something else went wrong.
  int runAndKill(int first) {
    QProcess child;
    child.setProcessChannelMode(QProcess::ForwardedErrorChannel);
    child.start(qEnvironmentVariable("LULL_BUILD_DIR") + "/tests/ledger_crash_child",
                {QString::fromStdString(m_desk.file().native()), QString::number(first)});
    if (!child.waitForStarted()) return -2;
    // Most kills hit it at work, some while it opens the file.
    const bool early = QRandomGenerator::global()->bounded(10) == 0;
    if (!early && !child.waitForReadyRead(30'000)) return -2;
    QThread::usleep(QRandomGenerator::global()->bounded(30'000));  // the random instant, not a synchronisation
    child.kill();
    if (!child.waitForFinished()) return -2;
    if (child.exitStatus() != QProcess::CrashExit) return -2;  // it ended by itself
    return lastAcknowledged(child.readAllStandardOutput());
  }

  // The number of the last batch in the file.
  int check() {
    m_fault.clear();
    std::vector<v1::Task> tasks;
    std::string token;
    do {
      const auto page = m_desk->tasks({.states = {}, .pageSize = 500, .pageToken = token});
      if (!page) return fault("tasks cannot be read");
      tasks.insert(tasks.begin(), page->items.rbegin(), page->items.rend());
      token = page->nextToken;
    } while (!token.empty());
    Sums sums;
    const int count = static_cast<int>(tasks.size());
    for (int n = 0; n < count; ++n) {
      const auto& task = tasks[static_cast<std::size_t>(n)];
      const bool shouldBeDone = n + 2 < count;
      const auto expectedNs = shouldBeDone ? gpuNsOf(n) : gpuNsOf(n) / 2;
      const auto expectedCredits =
          shouldBeDone ? static_cast<std::int64_t>(gpuNsOf(n)) * kRate / std::int64_t{kHourNs} : 0;
      if (task.id() != taskOf(n)) return fault("a task is missing");
      if ((task.state() == v1::TASK_STATE_DONE) != shouldBeDone) return fault("a batch is half there: state");
      const auto expectedCpuNs = shouldBeDone ? cpuNsOf(n) : cpuNsOf(n) / 2;
      const auto expectedTokens = shouldBeDone ? tokensOf(n) : tokens(5, 10, 1);
      if (task.gpu_ns() != expectedNs) return fault("a batch is half there: metering");
      if (task.cpu_ns() != expectedCpuNs) return fault("a batch is half there: processor time");
      if (task.usage().SerializeAsString() != expectedTokens.SerializeAsString()) {
        return fault("a batch is half there: tokens");
      }
      if (task.micro_credits() != expectedCredits) return fault("credits are wrong");
      sums.gpuNs += expectedNs;
      sums.cpuNs += expectedCpuNs;
      sums.credits += expectedCredits;
      sums.tokens += expectedTokens.prompt() + expectedTokens.completion();
      sums.requests += expectedTokens.requests();
      sums.requestsFailed += expectedTokens.requests_failed();
    }
    if (count > 2 && !curveIsWhole(taskOf(count - 3))) return fault("a curve is half there");
    return sumsAgree(count, sums) ? count - 1 : fault("sums do not agree");
  }

  // Of a task that is done: the point that came twice stands as it came last.
  bool curveIsWhole(const std::string& id) {
    const auto task = m_desk->task(id);
    return task && task->losses_size() == 3 && task->losses(0).held_out() == 4.5 && task->losses(1).training() == 2.5 &&
           task->losses(2).held_out() == 2.25;
  }

  struct Sums {
    std::uint64_t gpuNs = 0;
    std::uint64_t cpuNs = 0;
    std::int64_t credits = 0;
    std::uint64_t tokens = 0;
    std::uint64_t requests = 0;
    std::uint64_t requestsFailed = 0;
  };
  bool sumsAgree(int count, const Sums& sums) {
    const auto totals = m_desk->totals(0);
    const auto ended = static_cast<std::uint64_t>(std::max(0, count - 2));
    int creditEntries = 0;
    int giveBacks = 0;
    std::string token;
    do {
      const auto page = m_desk->entries(500, token);
      if (!page) return false;
      for (const auto& e : page->items) ++(e.kind() == v1::LedgerEntry::KIND_CREDIT ? creditEntries : giveBacks);
      token = page->nextToken;
    } while (!token.empty());
    if (!totals) return false;
    const auto& used = totals->total.usage();
    if (used.prompt() + used.completion() != sums.tokens || used.requests() != sums.requests ||
        used.requests_failed() != sums.requestsFailed || totals->total.cpu_ns() != sums.cpuNs) {
      return false;
    }
    return totals->total.gpu_ns() == sums.gpuNs && totals->total.micro_credits() == sums.credits &&
           totals->done == ended && creditEntries == static_cast<int>(ended) && giveBacks == static_cast<int>(ended) &&
           totals->queued == static_cast<std::uint64_t>(count) - ended;
  }

  int fault(const char* what) {
    m_fault = what;
    return -1;
  }

  Desk m_desk;
  QString m_fault;
};

QTEST_GUILESS_MAIN(TestCrash)
#include "test_crash.moc"
