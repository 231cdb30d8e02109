// SPDX-License-Identifier: Apache-2.0
// Giving the GPU and its memory back, at any moment, without losing what was worked: park, evict, kill, resume.
#include "governor/controls.h"
#include "mix.h"

#include <QTemporaryDir>
#include <QtTest>

#include <fstream>
#include <random>
#include <thread>

using namespace lull;
using namespace lull::fakes;
using Body = FromWorker::BodyCase;

namespace {

// About a second of work on two slow cores.
Mix longMix() { return {.width = 256, .height = 200, .turns = 3000, .iterations = 30}; }
constexpr std::uint32_t kSlow = 5;  // percent of the GPU: with it that is no work of a moment, whoever is late

bool waitFor(const std::function<bool()>& condition) { return QTest::qWaitFor(condition, 180'000); }

}  // namespace

class TestGiveBack : public QObject {
  Q_OBJECT
private:
  QTemporaryDir m_folder;
  int m_count = 0;

  TaskFolders folders() {
    return TaskFolders(std::filesystem::path(m_folder.path().toStdString()) / std::to_string(++m_count));
  }
  static void finishAndCompare(const worker::v1::Start& start, const TaskFolders& at, const Mix& mix) {
    TestWorker worker(start, {});
    const auto last = worker.last();
    QVERIFY(last);
    QVERIFY2(last->has_finished(), last->ShortDebugString().c_str());
    QVERIFY(at.output("mixed") == mix.result());
  }

private slots:
  void evictAtManyPointsAndResume_data() {
    QTest::addColumn<bool>("staged");
    QTest::newRow("in place") << false;
    QTest::newRow("staged") << true;
  }
  void evictAtManyPointsAndResume() {
    QFETCH(bool, staged);
    const auto at = folders();
    Mix mix = longMix();
    mix.iterations *= 4;
    const auto start = at.startFor(mix.task(at));
    std::mt19937 random(3);
    double progress = 0;
    int resumes = 0;
    bool finished = false;
    for (int round = 0; round < 12; ++round) {
      TestWorker::Options options;
      if (staged) options.environment.push_back("LULL_SPIRV_STAGED=1");
      TestWorker worker(start, options);
      const auto started = worker.nextOf(Body::kStarted);
      QVERIFY(started);
      QCOMPARE(started->started().progress(), progress);
      QCOMPARE(started->started().resumed(), progress > 0);
      if (progress > 0) ++resumes;
      std::this_thread::sleep_for(std::chrono::milliseconds(random() % 150));
      worker.evict();
      const auto last = worker.last();
      QVERIFY(last);
      finished = last->has_finished();  // on a fast machine
      if (finished) break;
      QVERIFY2(last->has_evicted(), last->ShortDebugString().c_str());
      QVERIFY2(last->evicted().saved(), last->evicted().trouble().c_str());
      QVERIFY(last->evicted().progress() >= progress);
      progress = last->evicted().progress();
      QCOMPARE(worker.waitExit(), std::optional<int>(0));
    }
    QVERIFY(resumes >= 3);
    if (!finished) finishAndCompare(start, at, mix);
    QVERIFY(at.output("mixed") == mix.result());
  }
  void killedAtManyPointsItResumesFromItsCheckpoint() {
    const auto at = folders();
    const Mix mix{.width = 256, .height = 256, .turns = 20'000, .iterations = 24};
    auto start = at.startFor(mix.task(at));
    start.set_checkpoint_every_s(1);
    TestWorker first(start, {});
    const auto kept = first.nextOf(Body::kCheckpointed);
    QVERIFY(kept);
    first.kill();
    QVERIFY(first.waitExit());
    std::mt19937 random(5);
    for (int round = 0; round < 5; ++round) {
      TestWorker worker(start, {});
      const auto started = worker.nextOf(Body::kStarted);
      QVERIFY(started && started->started().resumed());
      QVERIFY(started->started().progress() >= kept->checkpointed().progress());
      std::this_thread::sleep_for(std::chrono::milliseconds(random() % 300));
      worker.kill();
      QVERIFY(worker.waitExit());
    }
    finishAndCompare(start, at, mix);
  }
  void damagedOrForeignCheckpointsAreIgnored_data() {
    QTest::addColumn<QString>("damage");
    for (const char* damage : {"flip", "cut", "grow", "empty", "foreign"}) QTest::newRow(damage) << QString(damage);
  }
  void damagedOrForeignCheckpointsAreIgnored() {
    QFETCH(QString, damage);
    const auto at = folders();
    const Mix mix{.turns = 500, .iterations = 400};
    const auto evicted = [&](const Mix& which) {
      ServicePage page;
      governor::setDuty(page.page(), kSlow);
      page.open();
      TestWorker worker(at.startFor(which.task(at)), {.page = &page, .environment = {}});
      if (!waitFor([&] { return page.page().submits.load() > 3; })) return false;
      page.close();
      worker.evict();
      const auto last = worker.last();
      return last && last->has_evicted() && last->evicted().progress() > 0;
    };
    Mix other = mix;
    other.multiplier = 9;
    QVERIFY(evicted(damage == "foreign" ? other : mix));
    std::string bytes;
    {
      std::ifstream in(at.checkpoint(), std::ios::binary);
      bytes.assign(std::istreambuf_iterator<char>(in), {});
    }
    QVERIFY(bytes.size() > 2000);
    if (damage == "flip") bytes[1500] = static_cast<char>(bytes[1500] ^ 1);
    if (damage == "cut") bytes.resize(bytes.size() - 1);
    if (damage == "grow") bytes += 'x';
    if (damage == "empty") bytes.clear();
    std::ofstream(at.checkpoint(), std::ios::binary | std::ios::trunc) << bytes;
    TestWorker worker(at.startFor(mix.task(at)), {});
    const auto started = worker.nextOf(Body::kStarted);
    QVERIFY(started && !started->started().resumed());
    const auto last = worker.last();
    QVERIFY(last && last->has_finished());
    QVERIFY(at.output("mixed") == mix.result());
  }

  // The heart of give-back: the gate is closed, so nothing may be submitted, and the memory is wanted.
  void evictWhileParked_data() {
    QTest::addColumn<bool>("staged");
    QTest::addColumn<bool>("heartbeatLost");
    QTest::newRow("in place") << false << false;
    QTest::newRow("in place, heartbeat lost") << false << true;
    QTest::newRow("staged") << true << false;
  }
  void evictWhileParked() {
    QFETCH(bool, staged);
    QFETCH(bool, heartbeatLost);
    const auto at = folders();
    const Mix mix = longMix();
    const auto start = at.startFor(mix.task(at));
    ServicePage page;
    governor::setDuty(page.page(), kSlow);
    page.open();
    TestWorker::Options options{.page = &page, .environment = {}};
    if (staged) options.environment.push_back("LULL_SPIRV_STAGED=1");
    TestWorker worker(start, options);
    QVERIFY(worker.nextOf(Body::kStarted));
    QVERIFY(waitFor([&] { return page.page().submits.load() > 12; }));
    if (heartbeatLost) {
      page.page().heartbeatLimitNs.store(1);
      QVERIFY(waitFor([&] { return page.page().inFlight.load() == 0; }));
    } else {
      QVERIFY(page.waitDrained(page.close(), kPatience));
    }
    const std::uint64_t submits = page.page().submits.load();
    worker.evict();
    const auto last = worker.last();
    QVERIFY(last);
    QVERIFY2(last->has_evicted(), last->ShortDebugString().c_str());
    QCOMPARE(worker.waitExit(), std::optional<int>(0));
    QCOMPARE(page.page().submits.load(), submits);  // nothing went out for it
    if (staged) {
      QCOMPARE(last->evicted().progress(), 0.0);
      QVERIFY(!last->evicted().saved());
    } else {
      QVERIFY(last->evicted().saved());
      QVERIFY(last->evicted().progress() > 0);
    }
    TestWorker second(start, {});
    const auto started = second.nextOf(Body::kStarted);
    QVERIFY(started);
    QCOMPARE(started->started().progress(), last->evicted().progress());
    const auto end = second.last();
    QVERIFY(end && end->has_finished());
    QVERIFY(at.output("mixed") == mix.result());
  }
  // Evict meets a gate that opens and closes under it: whatever is saved is a state that the task really had.
  void evictWhileTheGateToggles() {
    const auto at = folders();
    const Mix mix = longMix();
    const auto start = at.startFor(mix.task(at));
    std::mt19937 random(11);
    bool finished = false;
    for (int round = 0; round < 25 && !finished; ++round) {
      ServicePage page;
      page.open();
      TestWorker worker(start, {.page = &page, .environment = {}});
      QVERIFY(worker.nextOf(Body::kStarted));
      const auto toggle = [&](int times) {
        for (int i = 0; i < times; ++i) {
          page.close();
          std::this_thread::sleep_for(std::chrono::microseconds(random() % 4000));
          page.open();
          std::this_thread::sleep_for(std::chrono::microseconds(random() % 6000));
        }
      };
      toggle(static_cast<int>(random() % 12));
      worker.evict();
      toggle(static_cast<int>(random() % 4));
      page.close();
      const auto last = worker.last();
      QVERIFY(last);
      QVERIFY2(!last->has_failed(), last->ShortDebugString().c_str());
      if (last->has_evicted()) QVERIFY2(last->evicted().saved(), last->evicted().trouble().c_str());
      finished = last->has_finished();
    }
    if (!finished) finishAndCompare(start, at, mix);
    QVERIFY(at.output("mixed") == mix.result());
  }
  // A piece goes out while the state is being read: what was read so far and what is read then do not belong together.
  // Whoever comes too late for that tries again.
  void aPieceGoesOutWhileTheStateIsRead() {
    const auto at = folders();
    const Mix mix{.turns = 2000, .iterations = 1000};  // a piece is a few iterations: it changes both buffers
    auto task = mix.task(at);
    constexpr std::uint64_t kLarge = 64ULL << 20U;  // reading the one takes long, before the other is read
    for (int i : {0, 1}) task.mutable_buffers(i)->set_size(kLarge);
    auto start = at.startFor(task);
    start.set_piece_ms(20);
    bool inTime = false;
    for (int attempt = 0; attempt < 10 && !inTime; ++attempt) {
      ServicePage page;
      page.open();
      TestWorker worker(start, {.page = &page, .environment = {}});
      QVERIFY(waitFor([&] { return page.page().submits.load() > 5; }));
      QVERIFY(page.waitDrained(page.close(), kPatience));
      const std::uint64_t submits = page.page().submits.load();
      worker.evict();
      QVERIFY(waitFor([&] { return at.bytesBeingSaved() > kLarge / 8; }));
      page.open();
      const auto last = worker.last();
      inTime = page.page().submits.load() > submits;
      QVERIFY(last);
      QVERIFY2(last->has_evicted() && last->evicted().saved(), last->ShortDebugString().c_str());
      QVERIFY(worker.waitExit());
    }
    QVERIFY(inTime);
    TestWorker second(start, {});
    const auto end = second.last();
    QVERIFY(end && end->has_finished());
    QVERIFY(at.output("mixed").substr(0, mix.input().size()) == mix.result());
  }
  // Waiting for a share of the GPU, or at a gate that opens and closes, does not make pieces look longer than they are.
  void waitingDoesNotShrinkThePieces_data() {
    QTest::addColumn<bool>("rationed");
    QTest::newRow("a quarter of the time") << true;
    QTest::newRow("a gate that is turned") << false;
  }
  void waitingDoesNotShrinkThePieces() {
    QFETCH(bool, rationed);
    const auto at = folders();
    Mix mix = longMix();
    mix.iterations = 5000;
    auto start = at.startFor(mix.task(at));
    start.set_piece_ms(8);
    ServicePage page;
    page.page().dutyPercent.store(rationed ? 25 : 100);
    page.open();
    TestWorker worker(start, {.page = &page, .environment = {}});
    const auto piecesBeyond = [&](std::uint64_t pieces) { return page.page().submits.load() >= pieces; };
    QVERIFY(waitFor([&] { return piecesBeyond(120); }));
    for (int turn = 0; !rationed && turn < 20; ++turn) {
      const std::uint64_t pieces = page.page().submits.load();
      page.close();
      std::this_thread::sleep_for(std::chrono::milliseconds(40));
      page.open();
      QVERIFY(waitFor([&] { return piecesBeyond(pieces + 2); }));
    }
    const std::uint64_t pieces = page.page().submits.load();
    const std::uint64_t gpuNs = page.page().gpuNs.load();
    QVERIFY(waitFor([&] { return piecesBeyond(pieces + 8); }));
    const double ms = static_cast<double>(page.page().gpuNs.load() - gpuNs) / 1e6 /
                      static_cast<double>(page.page().submits.load() - pieces);
    QVERIFY2(ms > 1.5, qPrintable(QString::number(ms)));
  }
  void parkedItUsesNoCpuAndGoesOn() {
    const auto at = folders();
    const Mix mix = longMix();
    ServicePage page;
    page.open();
    auto start = at.startFor(mix.task(at));
    start.set_piece_limit_s(1);  // waiting at the gate does not count
    TestWorker worker(start, {.page = &page, .environment = {}});
    QVERIFY(worker.nextOf(Body::kStarted));
    QVERIFY(waitFor([&] { return page.page().submits.load() > 5; }));
    const std::uint32_t word = page.close();
    QVERIFY(page.waitDrained(word, kPatience));
    const std::uint64_t submits = page.page().submits.load();
    const std::uint64_t gpuNs = page.page().gpuNs.load();
    const auto rests = [&worker] {
      const std::uint64_t ticks = worker.cpuTicks();
      std::this_thread::sleep_for(std::chrono::milliseconds(2500));
      return worker.cpuTicks() - ticks <= 1;
    };
    QVERIFY(waitFor(rests));  // what the driver had still to do comes first, on a busy machine late
    QCOMPARE(page.page().submits.load(), submits);
    QCOMPARE(page.page().gpuNs.load(), gpuNs);
    page.open();
    const auto last = worker.last();
    QVERIFY(last && last->has_finished());
    QVERIFY(at.output("mixed") == mix.result());
  }
  void theServiceGoesAndTheWorkerToo_data() {
    QTest::addColumn<bool>("parked");
    QTest::newRow("running") << false;
    QTest::newRow("parked") << true;
  }
  void theServiceGoesAndTheWorkerToo() {
    QFETCH(bool, parked);
    const auto at = folders();
    ServicePage page;
    page.open();
    Mix mix = longMix();
    mix.iterations = 5000;
    TestWorker worker(at.startFor(mix.task(at)), {.page = &page, .environment = {}});
    QVERIFY(worker.nextOf(Body::kStarted));
    QVERIFY(waitFor([&] { return page.page().submits.load() > 2; }));
    if (parked) QVERIFY(page.waitDrained(page.close(), kPatience));
    worker.hangUp();
    QVERIFY(worker.waitExit());
  }
};

QTEST_GUILESS_MAIN(TestGiveBack)
#include "test_give_back.moc"
