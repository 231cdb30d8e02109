// SPDX-License-Identifier: Apache-2.0
// Duty and depth against a simulated GPU: no clock but the simulation's.
#include "governor/pacing/bucket.h"
#include "governor/pacing/depth.h"

#include <QtTest>

#include <algorithm>
#include <deque>
#include <random>
#include <vector>

using namespace lull::governor;

namespace {

constexpr std::uint64_t kMs = 1'000'000;
constexpr std::uint64_t kWindow = 2'000 * kMs;

// A GPU, and a queue's thread that feeds it through a bucket: it learns late what a slice took, sleeps too long and
// predicts wrongly.
struct Scene {
  std::uint64_t leastNs = 4 * kMs;  // of a slice
  std::uint64_t mostNs = 4 * kMs;
  std::uint64_t lateNs = 200'000;  // at most: until what a slice took is known
  std::uint64_t wakeNs = 80'000;   // at most: what a sleep takes longer
  double misjudged = 0.25;         // predictions are off by so much at most
  std::size_t cap = 2;
  std::uint64_t lengthNs = 12'000 * kMs;
};

struct Run {
  std::uint64_t beginNs;
  std::uint64_t endNs;
};

class Simulation {
public:
  Simulation(const Scene& scene, std::uint32_t duty, std::uint32_t seed)
      : m_scene(scene), m_duty(duty), m_random(seed) {}

  std::vector<Run> run() {
    while (m_nowNs < m_scene.lengthNs) {
      settle();
      if (m_out.size() >= m_scene.cap) {
        m_nowNs = m_out.front().knownNs;
        continue;
      }
      std::uint64_t expected = 0;
      for (const Slice& slice : m_out) expected += slice.expectedNs;
      if (const std::uint64_t wait = m_bucket.waitNs(m_nowNs, m_duty, expected)) {
        sleep(wait);
      } else {
        submit();
      }
    }
    return std::move(m_runs);
  }

private:
  struct Slice {
    std::uint64_t knownNs;
    std::uint64_t tookNs;
    std::uint64_t expectedNs;
  };
  std::uint64_t upTo(std::uint64_t most) { return std::uniform_int_distribution<std::uint64_t>(0, most)(m_random); }

  void settle() {
    while (!m_out.empty() && m_out.front().knownNs <= m_nowNs) {
      m_bucket.paid(m_out.front().tookNs);
      m_out.pop_front();
    }
  }
  // Until the wait is over or what is out becomes known.
  void sleep(std::uint64_t wait) {
    const std::uint64_t overNs = m_nowNs + wait + upTo(m_scene.wakeNs);
    m_nowNs = m_out.empty() ? overNs : std::min(overNs, std::max(m_nowNs + 1, m_out.front().knownNs));
  }
  void submit() {
    const std::uint64_t took = m_scene.leastNs + upTo(m_scene.mostNs - m_scene.leastNs);
    const std::uint64_t begin = std::max(m_nowNs, m_freeNs);
    m_freeNs = begin + took;
    const double factor = 1 + m_scene.misjudged * (static_cast<double>(upTo(2'000)) / 1'000 - 1);
    const std::uint64_t lastKnown = m_out.empty() ? 0 : m_out.back().knownNs;
    m_out.push_back({std::max(lastKnown, m_freeNs + upTo(m_scene.lateNs)), took,
                     static_cast<std::uint64_t>(factor * static_cast<double>(took))});
    m_runs.push_back({begin, m_freeNs});
    m_nowNs += 10'000;
  }

  const Scene m_scene;
  const std::uint32_t m_duty;
  std::mt19937 m_random;
  Bucket m_bucket;
  std::uint64_t m_nowNs = 1'000 * kMs;
  std::uint64_t m_freeNs = 0;
  std::deque<Slice> m_out;
  std::vector<Run> m_runs;
};

double busyPercent(const std::vector<Run>& runs, std::uint64_t fromNs, std::uint64_t toNs) {
  std::uint64_t busy = 0;
  for (const Run& run : runs) {
    const std::uint64_t begin = std::clamp(run.beginNs, fromNs, toNs);
    busy += std::clamp(run.endNs, fromNs, toNs) - begin;
  }
  return 100.0 * static_cast<double>(busy) / static_cast<double>(toNs - fromNs);
}

// The window that is furthest from the duty, of those that begin each 100 ms.
double worstError(const std::vector<Run>& runs, const Scene& scene, double duty) {
  double worst = 0;
  for (std::uint64_t from = 1'100 * kMs; from + kWindow <= scene.lengthNs; from += 100 * kMs) {
    const double error = busyPercent(runs, from, from + kWindow) - duty;
    if (std::abs(error) > std::abs(worst)) worst = error;
  }
  return worst;
}

// The longest time the GPU was busy without a pause of 100 µs.
std::uint64_t longestBurst(const std::vector<Run>& runs) {
  std::uint64_t longest = 0;
  std::uint64_t begin = 0;
  std::uint64_t end = 0;
  for (const Run& run : runs) {
    if (run.beginNs > end + 100'000) begin = run.beginNs;
    end = run.endNs;
    longest = std::max(longest, end - begin);
  }
  return longest;
}

struct Outcome {
  std::uint32_t changes = 0;
  std::uint32_t slicesAtTwo = 0;
};

// Slices of `busyNs` with gaps of `gapAtOne` or `gapAtTwo`, with noise.
Outcome feed(Depth& depth, int slices, std::uint64_t busyNs, std::array<std::uint64_t, 2> gaps) {
  std::mt19937 random(11);
  std::uniform_real_distribution<double> noise(0.3, 1.7);
  Outcome outcome;
  for (int i = 0; i < slices; ++i) {
    const std::uint32_t before = depth.choose(0);
    depth.ran(busyNs, static_cast<std::uint64_t>(static_cast<double>(gaps[before - 1]) * noise(random)));
    outcome.changes += depth.choose(0) == before ? 0 : 1;
    outcome.slicesAtTwo += depth.choose(0) == 2 ? 1 : 0;
  }
  return outcome;
}

}  // namespace

class TestDuty : public QObject {
  Q_OBJECT
private slots:
  void everyWindowHoldsTheDuty_data() {
    QTest::addColumn<quint64>("leastUs");
    QTest::addColumn<quint64>("mostUs");
    QTest::addColumn<quint64>("lateUs");
    QTest::addColumn<double>("misjudged");
    QTest::addColumn<int>("cap");
    QTest::newRow("0.1 ms") << quint64{100} << quint64{100} << quint64{50} << 0.25 << 2;
    QTest::newRow("0.5 ms, one at a time") << quint64{500} << quint64{500} << quint64{50} << 0.25 << 1;
    QTest::newRow("1 ms") << quint64{1'000} << quint64{1'000} << quint64{200} << 0.25 << 2;
    QTest::newRow("4 ms") << quint64{4'000} << quint64{4'000} << quint64{200} << 0.25 << 2;
    QTest::newRow("4 ms, known late") << quint64{4'000} << quint64{4'000} << quint64{3'000} << 0.25 << 2;
    QTest::newRow("20 ms") << quint64{20'000} << quint64{20'000} << quint64{200} << 0.25 << 2;
    QTest::newRow("20 ms, known late") << quint64{20'000} << quint64{20'000} << quint64{5'000} << 0.25 << 2;
    QTest::newRow("0.1 to 20 ms") << quint64{100} << quint64{20'000} << quint64{1'000} << 0.5 << 2;
    QTest::newRow("nothing is predicted") << quint64{100} << quint64{8'000} << quint64{500} << 1.0 << 2;
  }
  void everyWindowHoldsTheDuty() {
    QFETCH(quint64, leastUs);
    QFETCH(quint64, mostUs);
    QFETCH(quint64, lateUs);
    QFETCH(double, misjudged);
    QFETCH(int, cap);
    const Scene scene{.leastNs = leastUs * 1'000,
                      .mostNs = mostUs * 1'000,
                      .lateNs = lateUs * 1'000,
                      .misjudged = misjudged,
                      .cap = static_cast<std::size_t>(cap)};
    // What the queue reaches without any duty bounds what it can hold.
    const double reachable = busyPercent(Simulation(scene, 100, 1).run(), 2'000 * kMs, scene.lengthNs);
    double worst = 0;
    for (std::uint32_t duty = 1; duty < 100; ++duty) {
      const std::vector<Run> runs = Simulation(scene, duty, duty).run();
      const double error = worstError(runs, scene, std::min<double>(duty, reachable));
      QVERIFY2(std::abs(error) <= 3, qPrintable(QStringLiteral("%1 %: %2").arg(duty).arg(error)));
      if (std::abs(error) > std::abs(worst)) worst = error;
      // A burst is what debt and savings allow, and the slices that go beyond them.
      const double most = static_cast<double>(Bucket::kDebtNs + Bucket::kBurstNs) / (1 - duty / 100.0) +
                          2.5 * static_cast<double>(scene.mostNs);
      QVERIFY(duty > 80 || static_cast<double>(longestBurst(runs)) < most);
    }
    qInfo().noquote() << QStringLiteral("worst window of all duties: %1 points").arg(worst, 0, 'f', 2);
  }

  void fullDutyNeverWaitsAndOwesNothing() {
    Bucket bucket;
    for (std::uint64_t now = 1; now < 100; ++now) {
      QCOMPARE(bucket.waitNs(now * kMs, now % 2 == 0 ? 100 : 0, 500 * kMs), std::uint64_t{0});
      bucket.paid(500 * kMs);
    }
    QCOMPARE(bucket.waitNs(100 * kMs, 50, 0), std::uint64_t{0});
  }

  void whatIsOutCountsAsSpent() {
    Bucket bucket;
    QCOMPARE(bucket.waitNs(kMs, 50, 0), std::uint64_t{0});
    const std::uint64_t wait = bucket.waitNs(kMs, 50, 10 * kMs);
    QVERIFY(wait >= 20 * kMs && wait < 21 * kMs);
    bucket.paid(10 * kMs);
    const std::uint64_t later = bucket.waitNs(11 * kMs, 50, 0);
    QVERIFY(later >= 10 * kMs && later < 11 * kMs);
    QCOMPARE(bucket.waitNs(11 * kMs + later, 50, 0), std::uint64_t{0});
  }

  void timeThatWasNotUsedIsNotSavedUp() {
    for (const bool parked : {false, true}) {
      Bucket bucket;
      QCOMPARE(bucket.waitNs(kMs, 10, 0), std::uint64_t{0});
      const std::uint64_t later = 60'000 * kMs;
      if (parked) bucket.parked(later);
      QCOMPARE(bucket.waitNs(later, 10, 0), std::uint64_t{0});
      bucket.paid(20 * kMs);
      const std::uint64_t wait = bucket.waitNs(later, 10, 0);
      QVERIFY(wait >= (parked ? 200 : 150) * kMs);
    }
  }

  void debtsOutlastAShortPark() {
    Bucket bucket;
    QCOMPARE(bucket.waitNs(kMs, 10, 0), std::uint64_t{0});
    bucket.paid(20 * kMs);
    bucket.parked(51 * kMs);
    const std::uint64_t wait = bucket.waitNs(51 * kMs, 10, 0);
    QVERIFY(wait >= 149 * kMs && wait <= 151 * kMs);
    bucket.parked(300 * kMs);
    QCOMPARE(bucket.waitNs(300 * kMs, 10, 0), std::uint64_t{0});
  }

  void oddTimesAreHarmless() {
    Bucket bucket;
    QCOMPARE(bucket.waitNs(0, 1, 0), std::uint64_t{0});
    QCOMPARE(bucket.waitNs(UINT64_MAX, 1, 0), std::uint64_t{0});
    bucket.paid(UINT64_MAX);
    bucket.paid(UINT64_MAX);
    QVERIFY(bucket.waitNs(5, 1, UINT64_MAX) > 0);
    QCOMPARE(bucket.waitNs(UINT64_MAX, 100, UINT64_MAX), std::uint64_t{0});
    QCOMPARE(bucket.waitNs(UINT64_MAX, 50, 0), std::uint64_t{0});
  }

  void oneIsEnoughWhereGapsAreSmall() {
    Depth depth;
    QCOMPARE(depth.choose(0), 1U);
    const Outcome outcome = feed(depth, 50'000, 4 * kMs, {30'000, 0});
    QCOMPARE(outcome.changes, 0U);
    QCOMPARE(depth.choose(2), 2U);
    QCOMPARE(depth.choose(1), 1U);
  }

  void gapsLeadToTwoAndOneIsTriedAgainSeldom() {
    Depth depth;
    const Outcome outcome = feed(depth, 100'000, kMs, {70'000, 1'000});
    QVERIFY(outcome.slicesAtTwo > 98'000);
    QVERIFY2(outcome.changes < 24, qPrintable(QString::number(outcome.changes)));
    // The gaps went away: one will do.
    feed(depth, 50'000, 4 * kMs, {10'000, 0});
    QCOMPARE(depth.choose(0), 1U);
  }

  void twoIsGivenUpWhereItIsOfNoUse() {
    Depth depth;
    const Outcome outcome = feed(depth, 100'000, kMs, {70'000, 70'000});
    QVERIFY2(outcome.changes < 24, qPrintable(QString::number(outcome.changes)));
  }

  void aSingleLongGapChangesNothing() {
    Depth depth;
    Outcome outcome;
    for (int i = 0; i < 200; ++i) {
      outcome.changes += feed(depth, 100, 4 * kMs, {20'000, 0}).changes;
      depth.ran(4 * kMs, 500 * kMs);
    }
    QCOMPARE(outcome.changes, 0U);
  }

  void theBorderDoesNotMakeItFlap() {
    Depth depth;
    const auto gap = static_cast<std::uint64_t>(Depth::kWorthwhile * 4 * kMs);
    const Outcome outcome = feed(depth, 200'000, 4 * kMs, {gap, 0});
    QVERIFY2(outcome.changes < 40, qPrintable(QString::number(outcome.changes)));
  }
};

QTEST_GUILESS_MAIN(TestDuty)
#include "test_duty.moc"
