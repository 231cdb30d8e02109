// SPDX-License-Identifier: Apache-2.0
// The door to workers, with programs that keep to nothing.
#include "runtimes/workers.h"

#include <QTemporaryDir>
#include <QtTest>

#include <filesystem>
#include <fstream>

using namespace lull;

namespace {

constexpr auto kPatience = std::chrono::seconds(60);

// A worker that is a shell script: it never opens a GPU, and says nothing.
class Scripted {
public:
  explicit Scripted(const char* script)
      : m_workers(
            m_loop, m_clock,
            {.spirvProgram = written(script), .layerFolder = folder(), .pages = folder(), .shaderCache = folder()},
            [this](model::WorkerReport report) { m_reports.push_back(std::move(report)); }) {}

  [[nodiscard]] Outcome start() {
    runtimes::WorkerOrder order;
    order.task = "t-1";
    order.session = "t-1.a";
    return m_workers.start(std::move(order));
  }
  // Until such a report comes.
  template <typename Report>
  [[nodiscard]] bool hears() {
    const auto end = std::chrono::steady_clock::now() + kPatience;
    while (std::chrono::steady_clock::now() < end) {
      for (const auto& report : m_reports) {
        if (std::holds_alternative<Report>(report)) return true;
      }
      m_loop.run_one_for(std::chrono::milliseconds(100));
    }
    return false;
  }
  [[nodiscard]] runtimes::Workers& workers() { return m_workers; }

private:
  [[nodiscard]] std::filesystem::path folder() const { return m_folder.path().toStdString(); }
  [[nodiscard]] std::filesystem::path written(const char* script) const {
    const auto file = folder() / "worker";
    std::ofstream(file) << "#!/bin/sh\n" << script << "\n";
    std::filesystem::permissions(file, std::filesystem::perms::owner_all);
    return file;
  }

  QTemporaryDir m_folder;
  SystemClock m_clock;
  asio::io_context m_loop;
  std::vector<model::WorkerReport> m_reports;
  runtimes::Workers m_workers;
};

}  // namespace

class TestWorkers : public QObject {
  Q_OBJECT

private slots:
  // No device, so no governor that could acknowledge: it has nothing on the GPU, and is not killed for its silence.
  void withoutADeviceAClosedGateIsDrained() {
    Scripted scripted("exec sleep 600");
    QVERIFY(scripted.start().ok());
    scripted.workers().openGate("t-1");
    QVERIFY(scripted.workers().figures("t-1")->open);
    scripted.workers().closeGate("t-1");
    QVERIFY(scripted.hears<model::WorkerDrained>());
    QVERIFY(scripted.workers().figures("t-1")->drainedAt);
    QVERIFY(!scripted.workers().figures("t-1")->endedAt);
  }

  void dutyReachesThePage() {
    Scripted scripted("exec sleep 600");
    QVERIFY(scripted.start().ok());
    QCOMPARE(scripted.workers().figures("t-1")->governor.dutyPercent, 100U);
    scripted.workers().setDuty("t-1", 35);
    QCOMPARE(scripted.workers().figures("t-1")->governor.dutyPercent, 35U);
    scripted.workers().setDuty("nobody", 35);  // gone already: nothing happens
  }

  void oneThatEndsWithoutAWordHasFailed() {
    Scripted scripted("exit 3");
    QVERIFY(scripted.start().ok());
    QVERIFY(scripted.hears<model::WorkerFailed>());
    QVERIFY(scripted.workers().figures("t-1")->endedAt);
  }
};

QTEST_GUILESS_MAIN(TestWorkers)
#include "test_workers.moc"
