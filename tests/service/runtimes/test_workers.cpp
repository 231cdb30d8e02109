// SPDX-License-Identifier: Apache-2.0
// The door to workers, with programs that keep to nothing.
#include "service/runtimes/scripted.h"

#include <QtTest>

#include <filesystem>
#include <tuple>

using namespace lull;
using test::Scripted;

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
};

QTEST_GUILESS_MAIN(TestWorkers)
#include "test_workers.moc"
