// SPDX-License-Identifier: Apache-2.0
// The gate's rules without Vulkan: what may go out, what is acknowledged and when, and how busy time is counted.
#include "fakes/service_page.h"
#include "governor/controls.h"
#include "governor/futex.h"
#include "governor/gate.h"
#include "governor/mapping.h"
#include "governor/metering/busy_time.h"

#include <QtTest>

#include <sys/mman.h>
#include <unistd.h>

#include <atomic>
#include <condition_variable>
#include <random>
#include <thread>

using namespace lull;
using namespace lull::governor;
using fakes::ServicePage;

namespace {

constexpr std::chrono::seconds kPatience{30};
constexpr std::chrono::milliseconds kMoment{60};  // long enough to see that something does not happen

constexpr Passage kFirst{.opensSubmission = true};

// Only looks whether it would be granted: what was granted is taken back.
Gate::Verdict ask(Gate& gate, const Passage& passage = kFirst) {
  const auto verdict = gate.tryAdmit(passage).verdict;
  if (verdict == Gate::Verdict::Granted) gate.retract(passage);
  return verdict;
}

// A thread that asks to be admitted, and can be asked whether it has been.
class Submitter {
public:
  explicit Submitter(Gate& gate, Passage passage = kFirst)
      : m_thread([this, &gate, passage] {
          gate.admit(passage);
          const std::lock_guard lock(m_mutex);
          m_admitted = true;
          m_changed.notify_all();
        }) {}
  ~Submitter() { m_thread.join(); }
  [[nodiscard]] bool admittedWithin(std::chrono::milliseconds limit) {
    std::unique_lock lock(m_mutex);
    return m_changed.wait_for(lock, limit, [this] { return m_admitted; });
  }

private:
  std::mutex m_mutex;
  std::condition_variable m_changed;
  bool m_admitted = false;
  std::thread m_thread;
};

// The listener thread of the layer.
class Listener {
public:
  Listener(Gate& gate, ServicePage& page) : m_page(page), m_thread([this, &gate] { gate.listen(m_stop); }) {}
  ~Listener() {
    m_stop = true;
    m_page.close();  // a change of the word cannot be slept through
    m_page.open();
    m_thread.join();
  }

private:
  ServicePage& m_page;
  std::atomic<bool> m_stop{false};
  std::thread m_thread;
};

}  // namespace

class TestGate : public QObject {
  Q_OBJECT
private slots:
  void closedHoldsOpenLetsThrough() {
    ServicePage page;
    Gate gate(page.page(), page.eventFd());
    Listener listener(gate, page);
    Submitter submitter(gate);
    QVERIFY(!submitter.admittedWithin(kMoment));
    QCOMPARE(page.page().inFlight.load(), std::uint64_t{0});
    page.open();
    QVERIFY(submitter.admittedWithin(kPatience));
    QCOMPARE(page.page().inFlight.load(), std::uint64_t{1});
    QCOMPARE(page.page().submits.load(), std::uint64_t{1});
    gate.finish(kFirst, {.gpuNs = 5});
    QCOMPARE(page.page().inFlight.load(), std::uint64_t{0});
    QCOMPARE(page.page().gpuNs.load(), std::uint64_t{5});
  }
  void theCapHolds() {
    ServicePage page;
    page.page().inFlightCap.store(2);
    page.open();
    Gate gate(page.page(), -1);
    gate.admit(kFirst);
    gate.admit(kFirst);
    Submitter third(gate);
    QVERIFY(!third.admittedWithin(kMoment));
    gate.finish(kFirst, {});
    QVERIFY(third.admittedWithin(kPatience));
    QCOMPARE(page.page().passedUngoverned.load(), std::uint64_t{0});
  }
  void aCapOfZeroIsTheGovernorsChoice() {
    ServicePage page;
    page.open();
    Gate gate(page.page(), -1);
    gate.attachDevice();
    QCOMPARE(page.page().depth.load(), 1U);
    QCOMPARE(ask(gate), Gate::Verdict::Granted);
    gate.admit(kFirst);
    QCOMPARE(ask(gate), Gate::Verdict::Full);
    // Gaps as long as the work: worth a second slice.
    for (int i = 0; i < 200; ++i) {
      gate.finish(kFirst, {.gpuNs = 1'000'000, .gapNs = 1'000'000});
      gate.admit(kFirst);
    }
    QCOMPARE(page.page().depth.load(), 2U);
    QCOMPARE(gate.targetNs(), kDefaultSliceNs / 2);
    QCOMPARE(ask(gate), Gate::Verdict::Granted);
  }
  void whatWaitsBlindlyHoldsNobodyBack() {
    ServicePage page;
    page.page().inFlightCap.store(1);
    page.open();
    Gate gate(page.page(), -1);
    const Passage blind{.opensSubmission = true, .capped = false};
    gate.admit(blind);
    gate.admit(kFirst);  // the one that the first may be waiting for
    QCOMPARE(ask(gate), Gate::Verdict::Full);
    QCOMPARE(ask(gate, blind), Gate::Verdict::Granted);
    QCOMPARE(page.page().inFlight.load(), std::uint64_t{2});
    const std::uint32_t word = page.close();
    gate.finish(kFirst, {});
    QVERIFY(page.page().drained.load() != word);  // drained means all of it
    gate.finish(blind, {});
    QCOMPARE(page.page().drained.load(), word);
  }
  // What is out may wait for the program, and the program for what is held back.
  void whoWaitsForRoomInVainHearsOfIt() {
    ServicePage page;
    page.page().inFlightCap.store(1);
    page.open();
    Gate gate(page.page(), -1);
    gate.admit(kFirst);
    const auto full = gate.tryAdmit(kFirst);
    QCOMPARE(full.verdict, Gate::Verdict::Full);
    const std::uint64_t before = monotonicNs();
    QVERIFY(!gate.waitAfter(full));
    QVERIFY(monotonicNs() - before >= Gate::kStallLimitNs);
    gate.finish(kFirst, {});
    QVERIFY(gate.waitAfter(full));
  }
  void slicesOfASubmissionCountOnce() {
    ServicePage page;
    page.page().inFlightCap.store(8);
    page.open();
    Gate gate(page.page(), -1);
    gate.admit(kFirst);
    gate.admit({});
    gate.admit({});
    QCOMPARE(page.page().submits.load(), std::uint64_t{1});
    QCOMPARE(page.page().slices.load(), std::uint64_t{3});
    QCOMPARE(page.page().inFlight.load(), std::uint64_t{3});
    gate.retract({});
    QCOMPARE(page.page().slices.load(), std::uint64_t{2});
    QCOMPARE(page.page().inFlight.load(), std::uint64_t{2});
  }
  void theDutyHoldsBack() {
    ServicePage page;
    page.page().dutyPercent.store(10);
    page.open();
    Gate gate(page.page(), -1);
    gate.admit(kFirst);
    gate.finish(kFirst, {.gpuNs = 2'000'000'000});
    const auto answer = gate.tryAdmit(kFirst);
    QCOMPARE(answer.verdict, Gate::Verdict::Unpaid);
    QVERIFY(answer.waitNs > 1'000'000'000);
    page.page().dutyPercent.store(100);
    QCOMPARE(ask(gate), Gate::Verdict::Granted);
  }
  // What is out was expected to take long, and did not.
  void whatWasExpectedHoldsNobodyBackForLonger() {
    ServicePage page;
    page.page().inFlightCap.store(2);
    page.page().dutyPercent.store(50);
    page.open();
    Gate gate(page.page(), -1);
    const Passage slow{.opensSubmission = true, .expectedNs = 20'000'000'000};
    gate.admit(slow);
    Submitter other(gate);
    QVERIFY(!other.admittedWithin(kMoment));
    gate.finish(slow, {.gpuNs = 1'000'000, .gapNs = 0});
    QVERIFY(other.admittedWithin(std::chrono::seconds(10)));
    gate.finish(kFirst, {});
  }
  void stopsAreMeasured() {
    ServicePage page;
    page.open();
    Gate gate(page.page(), -1);
    gate.attachDevice();
    gate.admit(kFirst);
    page.close();
    page.page().gateChangedNs.store(monotonicNs() - 10'000'000);
    gate.finish(kFirst, {});
    QCOMPARE(page.page().stops.load(), std::uint64_t{1});
    std::uint64_t sum = 0;
    for (std::size_t i = 0; i < kStopBuckets; ++i) {
      const std::uint64_t count = page.page().stopHistogram[i].load();
      sum += count;
      if (i < stopBucket(10'000'000)) QCOMPARE(count, std::uint64_t{0});
    }
    QCOMPARE(sum, std::uint64_t{1});
  }
  void whoAsksAgainAndAgainSleepsWhileParked() {
    ServicePage page;
    Gate gate(page.page(), -1);
    std::uint64_t restNs = 0;
    std::uint64_t longest = 0;
    for (int i = 0; i < 8; ++i) {
      const std::uint64_t before = monotonicNs();
      gate.rest(restNs);
      QVERIFY(monotonicNs() - before >= restNs);
      QVERIFY(restNs > longest || restNs == 50'000'000);
      longest = restNs;
    }
    QCOMPARE(longest, std::uint64_t{50'000'000});
    page.open();
    gate.rest(restNs);
    QCOMPARE(restNs, std::uint64_t{0});
  }
  void aServiceThatStaysDeadEndsTheGrace() {
    ServicePage page;
    page.page().heartbeatLimitNs.store(20'000'000);
    page.page().graceNs.store(200'000'000);
    Gate gate(page.page(), -1);
    page.open();
    const std::uint64_t before = monotonicNs();
    const std::atomic<bool> never{false};
    QCOMPARE(gate.listen(never), Gate::Listened::GraceOver);
    QVERIFY(monotonicNs() - before >= 200'000'000);
  }
  void aGraceWithoutEndNeverEnds() {
    ServicePage page;
    page.page().graceNs.store(UINT64_MAX);
    page.page().heartbeatLimitNs.store(1'000'000);
    page.open();
    Gate gate(page.page(), -1);
    std::atomic<bool> stop{false};
    auto listened = Gate::Listened::Stopped;
    std::thread listener([&] { listened = gate.listen(stop); });
    QTest::qWait(static_cast<int>(kMoment.count()));
    stop.store(true);
    wakeGovernor(page.page());
    listener.join();
    QCOMPARE(listened, Gate::Listened::Stopped);
  }
  void drainedIsAcknowledgedWithTheExactWord() {
    ServicePage page;
    page.open();
    Gate gate(page.page(), page.eventFd());
    gate.admit(kFirst);
    const std::uint32_t word = page.close();
    gate.attachDevice();                          // looks whether an acknowledgement is due
    QVERIFY(page.page().drained.load() != word);  // something is still in flight
    const std::uint64_t before = monotonicNs();
    gate.finish(kFirst, {.gpuNs = 1});
    QCOMPARE(page.page().drained.load(), word);
    QVERIFY(page.page().drainedAtNs.load() >= before);
    std::uint64_t events = 0;
    QCOMPARE(::read(page.eventFd(), &events, sizeof events), ssize_t{8});
    QCOMPARE(events, std::uint64_t{1});
    gate.detachDevice();
    QCOMPARE(::read(page.eventFd(), &events, sizeof events), ssize_t{-1});  // once only
  }
  void closedWhileIdleIsAcknowledgedByTheListener() {
    ServicePage page;
    Gate gate(page.page(), page.eventFd());
    gate.attachDevice();
    Listener listener(gate, page);
    for (int round = 0; round < 200; ++round) {
      page.open();
      QVERIFY(page.waitDrained(page.close(), kPatience));
    }
  }
  void aMissingHeartbeatParksWithoutAcknowledgement() {
    ServicePage page;
    page.page().heartbeatLimitNs.store(50'000'000);
    Gate gate(page.page(), page.eventFd());
    page.open();
    Submitter first(gate);
    QVERIFY(first.admittedWithin(kPatience));
    gate.finish(kFirst, {});
    const std::uint32_t drained = page.page().drained.load();
    page.page().heartbeatNs.store(monotonicNs() - 60'000'000);
    Submitter second(gate);
    QVERIFY(!second.admittedWithin(kMoment));
    QCOMPARE(page.page().drained.load(), drained);
    page.page().heartbeatLimitNs.store(60'000'000'000);
    page.beat();  // comes back without a change of the gate
    QVERIFY(second.admittedWithin(kPatience));
  }
  void attachedFollowsTheDevices() {
    ServicePage page;
    Gate gate(page.page(), page.eventFd());
    page.open();
    gate.attachDevice();
    gate.attachDevice();
    QCOMPARE(page.page().devices.load(), 2U);
    gate.detachDevice();
    QCOMPARE(page.page().attached.load(), 1U);
    const std::uint32_t word = page.close();
    gate.detachDevice();
    QCOMPARE(page.page().attached.load(), 0U);
    QCOMPARE(page.page().drained.load(), word);
  }
  // However the gate toggles: once `drained` holds the gate's word, nothing is in flight until it opens again.
  void neverDrainedWithSomethingInFlight() {
    ServicePage page;
    page.page().inFlightCap.store(3);
    Gate gate(page.page(), page.eventFd());
    std::atomic<bool> stop{false};
    std::atomic<int> running{0};
    std::vector<std::thread> submitters;
    gate.attachDevice();
    {
      Listener listener(gate, page);
      for (int i = 0; i < 4; ++i) {
        submitters.emplace_back([&] {
          while (!stop) {
            gate.admit(kFirst);
            ++running;
            std::this_thread::yield();
            --running;
            gate.finish(kFirst, {.gpuNs = 1});
          }
        });
      }
      std::mt19937 random(1);
      for (int round = 0; round < 500; ++round) {
        page.open();
        std::this_thread::sleep_for(std::chrono::microseconds(random() % 300));
        const std::uint32_t word = page.close();
        if (!page.waitDrained(word, kPatience)) qFatal("not drained");
        for (int look = 0; look < 20; ++look) {
          QCOMPARE(running.load(), 0);
          QCOMPARE(page.page().inFlight.load(), std::uint64_t{0});
        }
      }
      stop = true;
      page.open();
      for (auto& submitter : submitters) submitter.join();
    }
    QCOMPARE(page.page().gpuNs.load(), page.page().submits.load());
  }

  void pagesThatCannotBeUsed_data() {
    QTest::addColumn<QString>("how");
    for (const char* how : {"good", "magic", "version", "bytes", "short", "no descriptor"}) QTest::newRow(how) << how;
  }
  void pagesThatCannotBeUsed() {
    QFETCH(QString, how);
    ServicePage page;
    if (how == "magic") page.page().magic = 1;
    if (how == "version") page.page().version = kPageVersion + 1;
    if (how == "bytes") page.page().bytes = 1;
    const int fd = how == "no descriptor" ? 9999 : page.fd();
    if (how == "short") QCOMPARE(::ftruncate(page.fd(), 100), 0);
    const Mapping mapping = mapPage(fd, -1);
    QCOMPARE(mapping.state, how == "good" ? Mapping::State::Mapped : Mapping::State::Broken);
    QCOMPARE(mapping.page != nullptr, how == "good");
    if (mapping.page != nullptr) ::munmap(mapping.page, kPageBytes);
  }
  void theEnvironmentNamesThePage() {
    ::unsetenv(kPageFdVariable);
    QCOMPARE(mapFromEnvironment().state, Mapping::State::Absent);
    for (const char* text : {"", "x", "7x", "-1", "99999999999999"}) {
      ::setenv(kPageFdVariable, text, 1);
      QCOMPARE(mapFromEnvironment().state, Mapping::State::Broken);
    }
    ::unsetenv(kPageFdVariable);
  }

  void busyTimeCountsOverlapsOnceAndGapsNever_data() {
    using Intervals = std::vector<BusyTime::Interval>;
    QTest::addColumn<quint32>("bits");
    QTest::addColumn<double>("nsPerTick");
    QTest::addColumn<Intervals>("intervals");
    QTest::addColumn<quint64>("total");
    const auto row = [](const char* name, quint32 bits, double ns, Intervals intervals, quint64 total) {
      QTest::newRow(name) << bits << ns << intervals << total;
    };
    row("one", 64, 1, {{100, 150, true}}, 50);
    row("gap", 64, 1, {{100, 150, true}, {200, 210, true}}, 60);
    row("back to back", 64, 1, {{100, 150, true}, {150, 160, false}}, 60);
    row("overlap", 64, 1, {{100, 150, true}, {120, 170, false}}, 70);
    row("inside", 64, 1, {{100, 150, true}, {110, 120, false}}, 50);
    row("inside, then beyond", 64, 1, {{100, 150, true}, {110, 120, false}, {120, 160, false}}, 60);
    row("gap though queued", 64, 1, {{100, 150, true}, {170, 180, false}}, 60);
    row("ticks", 64, 2.5, {{100, 140, true}}, 100);
    row("wrap inside", 8, 1, {{250, 4, true}}, 10);
    row("wrap between", 8, 1, {{240, 250, true}, {245, 3, false}}, 19);
    row("long idle on a narrow counter", 8, 1, {{10, 20, true}, {15, 25, true}}, 20);
    row("end before begin", 64, 1, {{150, 100, true}}, 0);
  }
  void busyTimeCountsOverlapsOnceAndGapsNever() {
    QFETCH(quint32, bits);
    QFETCH(double, nsPerTick);
    QFETCH(std::vector<BusyTime::Interval>, intervals);
    QFETCH(quint64, total);
    BusyTime busy(bits, nsPerTick);
    quint64 sum = 0;
    for (const auto& interval : intervals) sum += busy.add(interval);
    QCOMPARE(sum, total);
  }
};

QTEST_GUILESS_MAIN(TestGate)
#include "test_gate.moc"
