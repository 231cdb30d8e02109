// SPDX-License-Identifier: Apache-2.0
// The door to workers, with programs that keep to nothing.
#include "runtimes/workers.h"

#include <QTemporaryDir>
#include <QtTest>

#include <filesystem>
#include <fstream>
#include <functional>
#include <tuple>

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

  // What every sandbox begins with; without it there is none.
  void offerSandbox() const {
    const std::filesystem::path build = qEnvironmentVariable("LULL_BUILD_DIR").toStdString();
    std::filesystem::create_symlink(build / "bin/lull-inside", folder() / "lull-inside");
  }
  [[nodiscard]] Outcome start(bool sandboxRequired = true) {
    runtimes::WorkerOrder order;
    order.task = "t-1";
    order.session = "t-1.a";
    for (auto* place : {&order.blobFolder, &order.workFolder, &order.outFolder}) *place = folder();
    order.sandboxRequired = sandboxRequired;
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
  [[nodiscard]] bool waitFor(const std::function<bool()>& condition) {
    const auto end = std::chrono::steady_clock::now() + kPatience;
    while (!condition() && std::chrono::steady_clock::now() < end) m_loop.run_one_for(std::chrono::milliseconds(100));
    return condition();
  }
  [[nodiscard]] const std::vector<model::WorkerReport>& reports() const { return m_reports; }
  [[nodiscard]] runtimes::Workers& workers() { return m_workers; }
  [[nodiscard]] std::filesystem::path folder() const { return m_folder.path().toStdString(); }

private:
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
    scripted.offerSandbox();
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
};

QTEST_GUILESS_MAIN(TestWorkers)
#include "test_workers.moc"
