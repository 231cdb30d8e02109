// SPDX-License-Identifier: Apache-2.0
#include "fakes/thread_times.h"

#include <QtTest>

#include <unistd.h>

#include <array>
#include <atomic>
#include <ctime>
#include <exception>
#include <filesystem>
#include <latch>
#include <thread>

using namespace lull::fakes;

namespace {

constexpr std::uint64_t kMs = 1'000'000;
constexpr std::uint64_t kLimit = 16 * kMs;

std::uint64_t ranNs() {
  timespec time{};
  ::clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
  return static_cast<std::uint64_t>(time.tv_sec) * 1'000 * kMs + static_cast<std::uint64_t>(time.tv_nsec);
}

}  // namespace

class TestThreadTimes : public QObject {
  Q_OBJECT
private slots:
  void wantsProcessor_data() {
    QTest::addColumn<quint64>("tookMs");
    QTest::addColumn<quint64>("ranMostMs");
    QTest::addColumn<quint64>("ranMs");
    QTest::addColumn<quint64>("waitedMostMs");
    QTest::addColumn<quint64>("waitedMs");
    QTest::addColumn<bool>("wants");
    const auto row = [](const char* name, std::array<quint64, 5> ms, bool wants) {
      QTest::newRow(name) << ms[0] << ms[1] << ms[2] << ms[3] << ms[4] << wants;
    };
    row("within the limit anyway", {16, 2, 2, 0, 0}, true);
    row("nobody waited", {17, 2, 2, 0, 0}, false);
    row("one waited just long enough", {40, 2, 2, 24, 24}, true);
    row("one waited not quite long enough", {41, 2, 2, 24, 24}, false);
    row("several waited in turn", {40, 2, 4, 12, 24}, true);
    row("several waited in turn, not long enough", {41, 2, 4, 12, 24}, false);
    row("several may have waited at once", {40, 10, 17, 12, 24}, false);
    row("all ran just the limit", {40, 10, 16, 12, 24}, true);
    row("one had too much to do", {40, 17, 17, 30, 30}, false);
    row("one had just the limit to do", {40, 16, 30, 24, 24}, true);
  }
  void wantsProcessor() {
    QFETCH(quint64, tookMs);
    QFETCH(quint64, ranMostMs);
    QFETCH(quint64, ranMs);
    QFETCH(quint64, waitedMostMs);
    QFETCH(quint64, waitedMs);
    const Spent spent{.ranNs = ranMs * kMs,
                      .ranMostNs = ranMostMs * kMs,
                      .waitedNs = waitedMs * kMs,
                      .waitedMostNs = waitedMostMs * kMs};
    QTEST(spent.wantsProcessor(tookMs * kMs, kLimit), "wants");
  }

  // The kernel counts a thread up to when it last left its processor: so it is asked while the thread waits.
  void countsWhatAThreadRan() {
    if (!std::filesystem::exists("/proc/self/schedstat")) QSKIP("this kernel does not count it");
    std::latch begin{1};
    std::latch done{1};
    std::latch end{1};
    std::uint64_t ran = 0;
    std::jthread worker([&] {
      begin.wait();
      while ((ran = ranNs()) < 20 * kMs) {
      }
      done.count_down();
      end.wait();
    });
    const auto before = ThreadTimes::now(::getpid());
    begin.count_down();
    done.wait();
    Spent spent;
    const bool counted = QTest::qWaitFor([&] {
      spent = ThreadTimes::now(::getpid()).since(before, 0);
      return spent.ranMostNs >= 15 * kMs;
    });
    end.count_down();
    QVERIFY(counted);
    QVERIFY(spent.ranMostNs < 2 * ran);
    QVERIFY(spent.ranNs >= spent.ranMostNs);
  }

  // A thread may end between being listed, opened and read.
  void survivesThreadsThatEnd() {
    std::atomic<bool> enough = false;
    std::jthread churn([&] {
      while (!enough) std::jthread([] {});
    });
    std::uint64_t looks = 0;
    const QDeadlineTimer end(1'000);
    for (; !end.hasExpired(); ++looks) {
      try {
        static_cast<void>(ThreadTimes::now(::getpid()));
      } catch (const std::exception& error) {
        enough = true;
        QFAIL(error.what());
      }
    }
    enough = true;
    QVERIFY(looks > 0);
  }
};

QTEST_GUILESS_MAIN(TestThreadTimes)
#include "test_thread_times.moc"
