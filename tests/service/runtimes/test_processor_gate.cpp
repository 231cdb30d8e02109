// SPDX-License-Identifier: Apache-2.0
// Workers on the processor: their gate is the sandbox that stands still.
#include "runtimes/leftovers.h"
#include "service/runtimes/scripted.h"

#include <QElapsedTimer>
#include <QtTest>

#include <sstream>

using namespace lull;
using test::Scripted;

namespace {

// Nanoseconds that one may take until it has left the kernel to stand still.
constexpr std::uint64_t kKernelsOwn = 20'000'000;

// FromWorker messages as their frames.
const std::string kSaysStarted = R"(printf '\002\012\000' >&3
)";
const std::string kSaysHalfIsSaved = R"(printf '\013\032\011\011\000\000\000\000\000\000\340\077' >&3
)";
const std::string kCounts = R"(
cd /lull/work
i=0
while :; do i=$((i+1)); [ $((i % 1000)) != 0 ] || echo $i > count; done
)";

long countOf(const Scripted& scripted) {
  long count = 0;
  std::ifstream(scripted.folder() / "count") >> count;
  return count;
}

bool standsStill(const Scripted& scripted) { return scripted.figures().drainedAt.has_value(); }

std::string fileOf(const Scripted& scripted, const char* name) {
  std::ostringstream text;
  text << std::ifstream(scripted.folder() / name).rdbuf();
  return text.str();
}

}  // namespace

class TestProcessorGate : public QObject {
  Q_OBJECT

private slots:
  void runsWhileTheGateIsOpenAndStandsStillWhileItIsClosed() {
    Scripted scripted(kSaysStarted + kCounts);
    scripted.offerSandbox();
    QVERIFY(scripted.startOnProcessor().ok());
    QVERIFY(scripted.hears<model::WorkerStarted>());
    QVERIFY(scripted.waitFor([&] { return standsStill(scripted); }));  // nobody has opened it yet
    for (int round = 0; round < 2; ++round) {
      const long before = countOf(scripted);
      scripted.liveFor(std::chrono::milliseconds(300));
      QCOMPARE(countOf(scripted), before);
      scripted.workers().openGate("t-1");
      QVERIFY(!standsStill(scripted));
      QVERIFY(scripted.waitFor([&] { return countOf(scripted) > before; }));
      const auto drained = scripted.heard<model::WorkerDrained>();
      scripted.workers().closeGate("t-1");
      QVERIFY(scripted.waitFor([&] { return scripted.heard<model::WorkerDrained>() > drained; }));
      QVERIFY(standsStill(scripted));
      QVERIFY(scripted.figures().drainedAt >= scripted.figures().gateChangedAt);
    }
  }

  void itsTimeIsMeteredAndSurvivesTheService() {
    Scripted scripted(kSaysStarted + kCounts);
    scripted.offerSandbox();
    QVERIFY(scripted.startOnProcessor().ok());
    QVERIFY(scripted.hears<model::WorkerStarted>());
    scripted.workers().openGate("t-1");
    QVERIFY(scripted.waitFor([&] {
      scripted.workers().beat();
      return scripted.figures().cpuNs > 50'000'000;
    }));
    QCOMPARE(scripted.figures().gpuNs, std::uint64_t{0});
    scripted.workers().closeGate("t-1");
    QVERIFY(scripted.waitFor([&] { return standsStill(scripted); }));
    const auto metered = scripted.figures().cpuNs;
    scripted.workers().beat();
    const auto still = scripted.figures().cpuNs;
    QVERIFY(still - metered < kKernelsOwn);  // what stands still uses nothing
    // As a successor would find it, if this service had crashed. It ends the worker, too.
    const auto left = runtimes::collectLeftovers(scripted.folder());
    QCOMPARE(left.size(), std::size_t{1});
    QCOMPARE(left.front().cpuNs, still);
    QVERIFY(scripted.hears<model::WorkerFailed>());
    QVERIFY(scripted.figures().cpuNs >= metered);
  }

  void whatStandsStillCanBeKilled() {
    Scripted scripted(kSaysStarted + kCounts);
    scripted.offerSandbox();
    QVERIFY(scripted.startOnProcessor().ok());
    QVERIFY(scripted.waitFor([&] { return standsStill(scripted); }));
    scripted.workers().kill("t-1");
    QVERIFY(scripted.hears<model::WorkerFailed>());
    QVERIFY(scripted.figures().endedAt);
  }

  // It is not let on for that, whether it stands still or not.
  void anEvictedOneEndsWithWhatItHadSaved_data() {
    QTest::addColumn<bool>("open");
    QTest::newRow("at work") << true;
    QTest::newRow("standing still") << false;
  }
  void anEvictedOneEndsWithWhatItHadSaved() {
    QFETCH(bool, open);
    Scripted scripted(kSaysStarted + kSaysHalfIsSaved + kCounts);
    scripted.offerSandbox();
    QVERIFY(scripted.startOnProcessor().ok());
    QVERIFY(scripted.hears<model::WorkerStarted>());
    scripted.workers().openGate("t-1");
    QVERIFY(scripted.hears<model::WorkerCheckpointed>());
    if (!open) {
      scripted.workers().closeGate("t-1");
      QVERIFY(scripted.waitFor([&] { return standsStill(scripted); }));
    }
    scripted.workers().evict("t-1");
    QVERIFY(scripted.hears<model::WorkerEvicted>());
    const auto& evicted = std::get<model::WorkerEvicted>(scripted.reports().back());
    QCOMPARE(evicted.task, std::string("t-1"));
    QCOMPARE(evicted.progress, 0.5);
    QVERIFY(scripted.figures().endedAt);
  }

  // What earlier workers saved stands: this one knows nothing of it yet.
  void anEvictedOneThatHasSaidNothingClaimsNothing() {
    Scripted scripted(kCounts);
    scripted.offerSandbox();
    QVERIFY(scripted.startOnProcessor().ok());
    QVERIFY(scripted.waitFor([&] { return countOf(scripted) > 0; }));
    scripted.workers().evict("t-1");
    QVERIFY(scripted.hears<model::WorkerFailed>());
    QCOMPARE(scripted.heard<model::WorkerEvicted>(), std::size_t{0});
    QCOMPARE(std::get<model::WorkerFailed>(scripted.reports().back()).failure.kind(), v1::Failure::KIND_WORKER_DIED);
  }

  void aPartOfItsTime() {
    Scripted scripted(kSaysStarted + kCounts);
    scripted.offerSandbox();
    QVERIFY(scripted.startOnProcessor().ok());
    QVERIFY(scripted.waitFor([&] { return standsStill(scripted); }));
    scripted.workers().beat();
    const auto before = scripted.figures().cpuNs;
    scripted.workers().setDuty("t-1", 20);
    scripted.workers().openGate("t-1");
    QElapsedTimer wall;
    wall.start();
    scripted.liveFor(std::chrono::seconds(2));
    scripted.workers().beat();
    const auto used = static_cast<double>(scripted.figures().cpuNs - before);
    const auto share = used / static_cast<double>(wall.nsecsElapsed());
    QVERIFY2(share < 0.4, qPrintable(QString::number(share)));
    // In its pauses, too, the owner's return is answered.
    scripted.workers().closeGate("t-1");
    QVERIFY(scripted.hears<model::WorkerDrained>());
    scripted.workers().setDuty("t-1", 100);
    scripted.workers().openGate("t-1");
    const long count = countOf(scripted);
    QVERIFY(scripted.waitFor([&] { return countOf(scripted) > count; }));
  }

  void whatItIsGiven() {
    Scripted scripted(R"(
cd /lull/work
env > env
cut -d' ' -f41 /proc/self/stat > policy
nproc > cores
ls /proc/self/fd /lull /dev > files
)" + kSaysStarted + kCounts);
    scripted.offerSandbox();
    QVERIFY(scripted.startOnProcessor(1).ok());
    QVERIFY(scripted.hears<model::WorkerStarted>());
    const auto environment = fileOf(scripted, "env");
    QVERIFY2(environment.find("VK_DRIVER_FILES=/dev/null\n") != std::string::npos, environment.c_str());
    for (const char* gpus : {"LULL_GOVERNOR", "VK_INSTANCE_LAYERS", "VK_LAYER_PATH", "SHADER_CACHE"}) {
      QVERIFY2(environment.find(gpus) == std::string::npos, gpus);
    }
    QCOMPARE(fileOf(scripted, "policy"), std::string("5\n"));  // SCHED_IDLE
    QCOMPARE(fileOf(scripted, "cores"), std::string("1\n"));
    const auto files = fileOf(scripted, "files");
    for (const char* gpus : {"layer", "shader-cache", "dri"}) {
      QVERIFY2(files.find(std::string(gpus) + "\n") == std::string::npos, files.c_str());
    }
  }
};

QTEST_GUILESS_MAIN(TestProcessorGate)
#include "test_processor_gate.moc"
