// SPDX-License-Identifier: Apache-2.0
// The whole way of a give-back: a real worker in its sandbox, governed on the software GPU, whose gate closes and opens
// again while it computes.
#include "app/give_back.h"
#include "mix.h"
#include "runtimes/workers.h"

#include <QTemporaryDir>
#include <QtTest>

#include <algorithm>
#include <filesystem>
#include <functional>

using namespace lull;
using namespace lull::fakes;
namespace fs = std::filesystem;

namespace {

constexpr const char* kTask = "t-1";

class Lent {
public:
  explicit Lent(const v1::SpirvTask& task, const TaskFolders& folders, const fs::path& root)
      : m_workers(m_loop, m_clock,
                  {.spirvProgram = buildFolder() / "bin/lull-spirv",
                   .layerFolder = buildFolder() / "lib",
                   .pages = made(root / "pages"),
                   .shaderCache = made(root / "shaders")},
                  [this](model::WorkerReport report) { m_reports.push_back(std::move(report)); }) {
    const auto start = folders.startFor(task);
    runtimes::WorkerOrder order{.task = kTask, .session = "t-1.a"};
    *order.spec.mutable_spirv() = task;
    order.gpu = start.gpu_id();
    order.blobFolder = start.blob_dir();
    order.workFolder = start.work_dir();
    order.outFolder = start.output_dir();
    order.diskLimit = 64ULL << 20U;
    order.mainMemoryLimit = 1ULL << 30U;
    m_started = m_workers.start(std::move(order)).ok();
  }
  [[nodiscard]] bool started() const { return m_started; }
  [[nodiscard]] runtimes::Workers& workers() { return m_workers; }
  [[nodiscard]] runtimes::WorkerFigures figures() const { return *m_workers.figures(kTask); }
  [[nodiscard]] Now now() const { return m_clock.now(); }
  [[nodiscard]] bool waitFor(const std::function<bool()>& condition) {
    const auto end = std::chrono::steady_clock::now() + kPatience;
    auto nextBeat = std::chrono::steady_clock::now();
    while (!condition() && std::chrono::steady_clock::now() < end) {
      m_loop.run_one_for(std::chrono::milliseconds(5));
      if (std::chrono::steady_clock::now() < nextBeat) continue;
      m_workers.beat();
      nextBeat += std::chrono::seconds(1);
    }
    return condition();
  }
  template <typename Report>
  [[nodiscard]] std::size_t heard() const {
    return static_cast<std::size_t>(
        std::ranges::count_if(m_reports, [](const auto& report) { return std::holds_alternative<Report>(report); }));
  }
  [[nodiscard]] std::string failure() const {
    for (const auto& report : m_reports) {
      if (const auto* failed = std::get_if<model::WorkerFailed>(&report)) return failed->failure.ShortDebugString();
    }
    return {};
  }

private:
  static fs::path made(const fs::path& folder) {
    fs::create_directories(folder);
    return folder;
  }

  SystemClock m_clock;
  asio::io_context m_loop;
  std::vector<model::WorkerReport> m_reports;
  runtimes::Workers m_workers;
  bool m_started = false;
};

}  // namespace

class TestInSandbox : public QObject {
  Q_OBJECT

private slots:
  void aClosedGateDrainsAndIsRecorded() {
    const QTemporaryDir dir;
    const fs::path root = dir.path().toStdString();
    const TaskFolders folders(root / "task");
    // Some work is enough: it gives way to all others, so that it never runs away from this test.
    const Mix mix{.width = 256, .height = 200, .turns = 3000, .iterations = 20};
    Lent lent(mix.task(folders), folders, root);
    QVERIFY(lent.started());
    for (int turn = 0; turn < 3; ++turn) {
      const auto before = lent.figures().governor.submits;
      lent.workers().openGate(kTask);
      QVERIFY2(lent.waitFor([&] { return lent.figures().governor.submits > before + 3; }), lent.failure().c_str());
      const auto drains = lent.heard<model::WorkerDrained>();
      app::GiveBack giveBack;
      const auto returned = lent.now().instant;
      lent.workers().closeGate(kTask);
      giveBack.closed(kTask, "owner_present", returned);
      QVERIFY2(lent.waitFor([&] { return lent.heard<model::WorkerDrained>() > drains; }), lent.failure().c_str());
      const auto still = lent.figures();
      QVERIFY(still.drainedAt && *still.drainedAt >= returned);
      QVERIFY(still.gpuNs > 0);
      const auto recorded = giveBack.look(still, lent.now());
      QCOMPARE(recorded.size(), std::size_t{1});
      std::ignore = lent.waitFor([end = std::chrono::steady_clock::now() + std::chrono::milliseconds(200)] {
        return std::chrono::steady_clock::now() > end;
      });
      QCOMPARE(lent.figures().governor.submits, still.governor.submits);
      QCOMPARE(lent.figures().gpuNs, still.gpuNs);
    }
    lent.workers().openGate(kTask);
    QVERIFY2(lent.waitFor([&] { return lent.heard<model::WorkerFinished>() > 0; }), lent.failure().c_str());
    QVERIFY(folders.output("mixed") == mix.result());
  }
};

QTEST_GUILESS_MAIN(TestInSandbox)
#include "test_in_sandbox.moc"
