// SPDX-License-Identifier: Apache-2.0
// The door to workers, with programs that keep to nothing.
#include "base/sha256.h"
#include "runtimes/shader_cache.h"
#include "runtimes/surroundings.h"
#include "service/runtimes/scripted.h"

#include <QTemporaryDir>
#include <QtTest>

#include <csignal>
#include <filesystem>
#include <tuple>

using namespace lull;
using test::Scripted;

namespace {

namespace fs = std::filesystem;

constexpr const char* kRest = "exec sleep 600\n";

// A FromWorker message with so many points without a value, as its frame.
std::string says(const char* lengths, int points) {
  return std::string("printf '") + lengths + "'\ni=0\nwhile [ $i -lt " + std::to_string(points) +
         " ]; do printf '\\012\\000'; i=$((i+1)); done\n";
}
const std::string kSays256 = "{\n" + says(R"(\203\004\102\200\004)", 256) + "} >&3\n";
const std::string kSays257 = "{\n" + says(R"(\205\004\102\202\004)", 257) + "} >&3\n";

std::string contentOf(const fs::path& file) {
  std::ifstream in(file);
  return {std::istreambuf_iterator<char>(in), {}};
}

const v1::Failure& failureOf(const Scripted& scripted) {
  return std::get<model::WorkerFailed>(scripted.reports().back()).failure;
}

}  // namespace

class TestWorkers : public QObject {
  Q_OBJECT

private slots:
  void initTestCase() { std::signal(SIGPIPE, SIG_IGN); }  // as the service does

  // No device, so no governor that could acknowledge: it has nothing on the GPU, and is not killed for its silence.
  void withoutADeviceAClosedGateIsDrained() {
    Scripted scripted("exec sleep 600");
    scripted.offerSandbox();
    QVERIFY(scripted.start().ok());
    scripted.workers().openGate("t-1");
    QVERIFY(scripted.workers().figures("t-1")->open);
    scripted.workers().closeGate("t-1");
    QVERIFY(scripted.hears<model::WorkerDrained>());
    QVERIFY(scripted.workers().figures("t-1")->drainedAt);
    QVERIFY(!scripted.workers().figures("t-1")->endedAt);
  }

  void aWorkerIsToldItsGpuAndWhatTheModelTakes() {
    using worker::v1::Llama;
    for (const auto& [type, gpu] : {std::pair{"software", Llama::GPU_SOFTWARE},
                                    {"integrated", Llama::GPU_INTEGRATED},
                                    {"discrete", Llama::GPU_DISCRETE},
                                    {"virtual", Llama::GPU_UNSPECIFIED}}) {
      runtimes::WorkerOrder order;
      order.model = runtimes::ModelOrder{.memory = {.weights = 1, .cachePerToken = 2, .workPerToken = 3, .driver = 4},
                                         .trainedContext = 5};
      order.gpuType = type;
      const auto told = runtimes::startFor(order, sandbox::Walls::Bare).llama();
      QCOMPARE(told.gpu(), gpu);
      QCOMPARE(told.weight_bytes(), std::uint64_t{1});
      QCOMPARE(told.cache_bytes_per_token(), std::uint64_t{2});
      QCOMPARE(told.work_bytes_per_token(), std::uint64_t{3});
      QCOMPARE(told.work_bytes(), std::uint64_t{4});
      QCOMPARE(told.trained_context(), 5U);
    }
  }

  void dutyReachesThePage() {
    Scripted scripted("exec sleep 600");
    scripted.offerSandbox();
    QVERIFY(scripted.start().ok());
    QCOMPARE(scripted.workers().figures("t-1")->governor.dutyPercent, 100U);
    scripted.workers().setDuty("t-1", 35);
    QCOMPARE(scripted.workers().figures("t-1")->governor.dutyPercent, 35U);
    scripted.workers().setDuty("nobody", 35);  // gone already: nothing happens
  }

  void oneThatEndsWithoutAWordHasFailed() {
    Scripted scripted("exit 3");
    scripted.offerSandbox();
    QVERIFY(scripted.start().ok());
    QVERIFY(scripted.hears<model::WorkerFailed>());
    QVERIFY(scripted.workers().figures("t-1")->endedAt);
  }

  void aFailureTellsHowItEnded() {
    Scripted scripted("exit 3");
    scripted.offerSandbox();
    QVERIFY(scripted.start().ok());
    QVERIFY(scripted.hears<model::WorkerFailed>());
    const auto& failure = std::get<model::WorkerFailed>(scripted.reports().back()).failure;
    QCOMPARE(failure.technical(), std::string("worker ended with code 3"));
  }

  void tooMuchMainMemoryIsToldInWords() {
    Scripted scripted("exec python3 -c 'x = b\"x\" * (200 << 20)\nwhile True: pass'");
    scripted.offerSandbox();
    auto order = scripted.order();
    order.mainMemoryLimit = 64 << 20;
    QVERIFY(scripted.workers().start(std::move(order)).ok());
    QVERIFY(scripted.hears<model::WorkerFailed>());
    const auto& failure = std::get<model::WorkerFailed>(scripted.reports().back()).failure;
    QCOMPARE(failure.message(),
             std::string("The program that computed this task was ended: it used more than 64 MiB of memory"));
  }

  // The owner's computer offers none: no task runs, and the owner hears why. It does once that is mended.
  void withoutASandboxNothingStarts() {
    Scripted scripted("exec sleep 600");
    bool changed = false;
    scripted.workers().tryWalls([&changed] { changed = true; });
    QVERIFY(scripted.waitFor([&] { return changed; }));
    const auto refused = scripted.start();
    QVERIFY(!refused);
    QVERIFY(refused.error().kind() == Error::Kind::Unavailable);
    QVERIFY(refused.error().text().starts_with("this computer cannot run tasks in a sandbox: "));
    QVERIFY(!scripted.workers().figures("t-1"));
    scripted.offerSandbox();
    QVERIFY(scripted.waitFor([&] {
      if (scripted.workers().refusal().empty()) return true;
      std::ignore = scripted.start();
      return false;
    }));
    QVERIFY(scripted.start().ok());
  }

  // Unless the owner said so.
  void withoutASandboxOnlyByTheOwnersWish() {
    Scripted scripted("echo here > \"$(dirname \"$0\")/trace\"");
    bool changed = false;
    scripted.workers().tryWalls([&changed] { changed = true; });
    QVERIFY(scripted.waitFor([&] { return changed; }));
    scripted.offerSandbox();
    QVERIFY(scripted.start(false).ok());
    QVERIFY(scripted.hears<model::WorkerFailed>());
    QVERIFY(std::filesystem::exists(scripted.folder() / "trace"));
  }

  void insideASandboxItsOwnFolderCannotBeWritten() {
    Scripted scripted("echo here > \"$(dirname \"$0\")/trace\"");
    scripted.offerSandbox();
    QVERIFY(scripted.start(false).ok());  // one can be had, so it is used
    QVERIFY(scripted.hears<model::WorkerFailed>());
    QVERIFY(!std::filesystem::exists(scripted.folder() / "trace"));
  }

  void ofItsBlobsItSeesItsOwn() {
    const auto mine = sha256("mine");
    const auto anothers = sha256("another's");
    Scripted scripted("cd /lull/work; ls ../blobs > seen; cat ../blobs/* >> seen; echo x > ../blobs/" + mine);
    scripted.offerSandbox();
    auto order = scripted.order();
    order.blobFolder = scripted.folder() / "blobs";
    fs::create_directory(order.blobFolder);
    std::ofstream(order.blobFolder / mine) << "mine";
    std::ofstream(order.blobFolder / anothers) << "another's";
    order.spec.mutable_spirv()->mutable_module()->set_sha256(mine);
    order.spec.mutable_spirv()->add_buffers()->mutable_input()->set_sha256(sha256("lost"));
    const auto blob = order.blobFolder / mine;
    QVERIFY(scripted.workers().start(std::move(order)).ok());
    QVERIFY(scripted.hears<model::WorkerFailed>());
    QCOMPARE(contentOf(scripted.folder() / "seen"), mine + "\nmine");
    QCOMPARE(contentOf(blob), std::string("mine"));
  }

  void pointsOfACurve_data() {
    QTest::addColumn<bool>("trains");
    QTest::addColumn<std::string>("script");
    QTest::addColumn<std::string>("failure");
    QTest::newRow("as many as it may") << true << kSays256 << std::string();
    QTest::newRow("one more") << true << kSays257 << std::string("it told of more points at once than it may");
    QTest::newRow("no training") << false << kSays256 << std::string("it sent a message this service does not know");
  }
  void pointsOfACurve() {
    QFETCH(bool, trains);
    QFETCH(std::string, script);
    QFETCH(std::string, failure);
    Scripted scripted(script + kRest);
    scripted.offerSandbox();
    auto order = scripted.order();
    if (trains) order.spec.mutable_llama_training();
    QVERIFY(scripted.workers().start(std::move(order)).ok());
    if (failure.empty()) {
      QVERIFY(scripted.hears<model::WorkerLearned>());
      QCOMPARE(std::get<model::WorkerLearned>(scripted.reports().back()).points.size(), std::size_t{256});
      return;
    }
    QVERIFY(scripted.hears<model::WorkerFailed>());
    QCOMPARE(failureOf(scripted).technical(), failure);
    QCOMPARE(scripted.heard<model::WorkerLearned>(), std::size_t{0});
  }

  // It never reads: what it is told is bounded, and a question that is not wanted any more does not count.
  void whatIsNotReadIsBounded() {
    Scripted scripted(kRest);
    scripted.offerSandbox();
    QVERIFY(scripted.start().ok());
    const std::string body(900'000, '?');
    scripted.workers().ask("t-1", {.number = 1, .body = body});
    for (std::uint64_t number = 2; number < 10; ++number) {
      scripted.workers().ask("t-1", {.number = number, .body = body});
      scripted.workers().hush("t-1", number);
    }
    scripted.liveFor(std::chrono::milliseconds(50));
    QCOMPARE(scripted.heard<model::WorkerFailed>(), std::size_t{0});
    for (std::uint64_t number = 10; number < 14; ++number) {
      scripted.workers().ask("t-1", {.number = number, .body = body});
    }
    QVERIFY(scripted.hears<model::WorkerFailed>());
    QCOMPARE(failureOf(scripted).technical(), std::string("it does not read what it is told"));
  }

  void kernelsAreKeptApart() {
    qunsetenv("MESA_SHADER_CACHE_DIR");
    const QTemporaryDir folder;
    const fs::path root = folder.path().toStdString();
    v1::TaskSpec spec;
    spec.mutable_spirv()->mutable_module()->set_inline_("a kernel");
    const auto lent = runtimes::shaderCacheFor(root, spec);
    QCOMPARE(lent, root / ("lent-" + sha256("a kernel").substr(0, 16)));
    QVERIFY(fs::is_directory(lent));
    spec.set_own(true);
    QCOMPARE(runtimes::shaderCacheFor(root, spec), root / ("own-" + sha256("a kernel").substr(0, 16)));
    spec.mutable_llama_chat()->set_model(sha256("a model"));
    QCOMPARE(runtimes::shaderKindOf(spec), "own-" + sha256("a model").substr(0, 16));
  }

  void whoBreaksLimitsLeavesNoKernels() {
    qunsetenv("MESA_SHADER_CACHE_DIR");
    const QTemporaryDir folder;
    const fs::path root = folder.path().toStdString();
    v1::TaskSpec spec;
    spec.mutable_spirv()->mutable_module()->set_inline_("a kernel");
    const auto cache = runtimes::shaderCacheFor(root, spec);
    std::ofstream(cache / "trap") << "!";
    runtimes::setShadersAside(root, runtimes::shaderKindOf(spec));
    QVERIFY(fs::is_empty(runtimes::shaderCacheFor(root, spec)));
    const auto old = runtimes::setOldShadersAside(root, {runtimes::shaderKindOf(spec)});
    QCOMPARE(old.size(), 1U);
    QVERIFY(fs::exists(old.front() / "trap"));
  }

  void oldKernelsGo() {
    const QTemporaryDir folder;
    const fs::path root = folder.path().toStdString();
    std::vector<std::string> kinds;
    for (int i = 0; i < 20; ++i) {
      kinds.push_back("lent-" + sha256(std::to_string(i)).substr(0, 16));
      fs::create_directory(root / kinds.back());
      std::ofstream(root / kinds.back() / "kernel") << i;
      fs::last_write_time(root / kinds.back(), fs::file_time_type::clock::now() - std::chrono::hours(100 - i));
    }
    fs::create_directory(root / "somebody's");
    const auto old = runtimes::setOldShadersAside(root, {kinds[1]});
    for (int i = 0; i < 20; ++i) QCOMPARE(fs::exists(root / kinds[static_cast<std::size_t>(i)]), i == 1 || i >= 4);
    QCOMPARE(old.size(), 3U);
    for (const auto& folder : old) QVERIFY(fs::exists(folder / "kernel"));
    // Those of a service that ended before it had removed them, too.
    QCOMPARE(runtimes::setOldShadersAside(root, {}).size(), 4U);
    QVERIFY(fs::exists(root / "somebody's"));
  }
};

QTEST_GUILESS_MAIN(TestWorkers)
#include "test_workers.moc"
