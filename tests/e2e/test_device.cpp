// SPDX-License-Identifier: Apache-2.0
// The whole ring on one device: the real service, helpers and workers on lavapipe, a FIFO as input device, a captured
// tree as the machine.
#include "fakes/device.h"

#include <QtTest>

#include <csignal>
#include <fstream>

using namespace lull;
using test::chainModule;
using test::chainOf;
using test::chainTask;
using test::Device;

namespace {

constexpr std::uint32_t kGroups = 64;
constexpr std::uint64_t kLongIterations = 8000;  // some seconds of work on lavapipe

bool isWorking(const v1::Status& s) {
  return s.activity() == v1::ACTIVITY_WORKING && s.running_size() > 0 && s.running(0).state() == v1::TASK_STATE_RUNNING;
}
bool isParked(const v1::Status& s) { return s.running_size() > 0 && s.running(0).state() == v1::TASK_STATE_PARKED; }
bool restsFor(const v1::Status& s, const std::string& rule) {
  for (const auto& gpu : s.gpus()) {
    for (const auto& reason : gpu.verdict().reasons()) {
      if (reason.rule() == rule) return true;
    }
  }
  return false;
}

std::vector<v1::LedgerEntry> ledgerOf(Device& device, v1::LedgerEntry::Kind kind) {
  v1::ListLedgerRequest request;
  request.set_page_size(500);
  auto reply = device.client().call(request);
  std::vector<v1::LedgerEntry> out;
  for (const auto& entry : reply.value().entries()) {
    if (entry.kind() == kind) out.push_back(entry);
  }
  return out;
}

template <typename Request>
void mustCall(Device& device, Request request) {
  const auto reply = device.client().call(std::move(request));
  QVERIFY2(reply.ok(), reply.ok() ? "" : reply.error().text().c_str());
}

}  // namespace

class TestDevice : public QObject {
  Q_OBJECT

private slots:
  void anUnattendedDeviceWorks() {
    Device device({.input = false});
    device.start();
    const auto id = device.submit(chainTask("chain", kGroups, 200), chainModule());
    const auto task = device.waitForTask(id, v1::TASK_STATE_DONE);
    QVERIFY(device.result(id, "chain.bin") == chainOf(kGroups, 200));
    QVERIFY(task.gpu_ns() > 0);
    QVERIFY(task.energy_uj() > 0 && task.energy_estimated());
    const auto status = device.waitFor("ready again", [](const auto& s) { return s.activity() == v1::ACTIVITY_READY; });
    QCOMPARE(status.presence().state(), v1::Presence::STATE_UNATTENDED);
    QCOMPARE(status.total().tasks_done(), 1U);
    QCOMPARE(status.total().gpu_ns(), task.gpu_ns());
    const auto credits = ledgerOf(device, v1::LedgerEntry::KIND_CREDIT);
    QCOMPARE(credits.size(), 1U);
    QCOMPARE(credits[0].micro_credits(), static_cast<std::int64_t>(task.gpu_ns() * 1'000'000 / 3'600'000'000'000));
    QCOMPARE(status.total().micro_credits(), credits[0].micro_credits());
  }

  void theOwnerReturnsAndWorkGoesOn() {
    Device device;
    device.start();
    const auto id = device.submit(chainTask("chain", kGroups, kLongIterations), chainModule());
    device.waitFor("work", isWorking);
    const auto parked =
        device.touchUntil("the give-back", [](const auto& s) { return isParked(s) && s.give_back().count() > 0; });
    QCOMPARE(parked.activity(), v1::ACTIVITY_RESTING);
    QVERIFY(restsFor(parked, "owner_present"));
    QVERIFY2(parked.sentence().find("using this computer") != std::string::npos, parked.sentence().c_str());
    const auto spans = ledgerOf(device, v1::LedgerEntry::KIND_GIVE_BACK).at(0).give_back();
    QVERIFY(spans.gate_ms() >= 0 && spans.gate_ms() <= spans.drained_ms());
    QCOMPARE(spans.memory_free_ms(), -1.0);
    QCOMPARE(spans.cause(), std::string("owner_present"));
    const auto before = device.task(id).gpu_ns();
    device.waitFor("work again", isWorking);
    QVERIFY(device.task(id).gpu_ns() >= before);
    const auto done = device.waitForTask(id, v1::TASK_STATE_DONE);
    QVERIFY(device.result(id, "chain.bin") == chainOf(kGroups, kLongIterations));
    QCOMPARE(done.attempt(), 1U);
  }

  void evictionFreesTheMemoryAndLosesNothing() {
    Device device({.evictAfterS = 0});
    device.start();
    const auto id = device.submit(chainTask("chain", kGroups, kLongIterations), chainModule());
    device.waitFor("some work done", [](const auto& s) { return isWorking(s) && s.running(0).progress() > 0; });
    device.touchUntil("eviction", [](const auto& s) { return s.running_size() == 0 && s.queued() == 1; });
    device.waitFor("the measurement", [&device](const auto&) {
      const auto entries = ledgerOf(device, v1::LedgerEntry::KIND_GIVE_BACK);
      return !entries.empty() && entries[0].give_back().memory_free_ms() >= entries[0].give_back().drained_ms();
    });
    QVERIFY(device.task(id).progress() > 0);
    const auto done = device.waitForTask(id, v1::TASK_STATE_DONE);
    QCOMPARE(done.attempt(), 1U);
    QVERIFY(device.result(id, "chain.bin") == chainOf(kGroups, kLongIterations));
  }

  void wishesParkAndResume() {
    Device device({.input = false});
    device.start();
    const auto id = device.submit(chainTask("chain", kGroups, kLongIterations), chainModule());
    device.waitFor("work", isWorking);
    v1::PauseRequest pause;
    pause.set_until_unix_ms(-1);
    mustCall(device, pause);
    auto status = device.waitFor("pause", isParked);
    QVERIFY(restsFor(status, "paused"));
    QCOMPARE(status.paused_until_unix_ms(), -1);
    mustCall(device, v1::ResumeRequest());
    device.waitFor("work again", isWorking);
    mustCall(device, v1::SetSharingRequest());
    status =
        device.waitFor("off", [](const auto& s) { return s.activity() == v1::ACTIVITY_OFF && s.running_size() == 0; });
    v1::SetSharingRequest on;
    on.set_on(true);
    mustCall(device, on);
    device.waitForTask(id, v1::TASK_STATE_DONE);
    QVERIFY(device.result(id, "chain.bin") == chainOf(kGroups, kLongIterations));
  }

  void aPauseSurvivesARestart() {
    Device device({.input = false});
    device.start();
    v1::PauseRequest pause;
    pause.set_until_unix_ms(-1);
    mustCall(device, pause);
    device.waitFor("pause", [](const auto& s) { return s.paused_until_unix_ms() == -1; });
    QCOMPARE(device.stop(), 0);
    device.start();
    device.waitFor("still paused",
                   [](const auto& s) { return s.paused_until_unix_ms() == -1 && restsFor(s, "paused"); });
  }

  void heatRestsUntilItIsCool() {
    Device device({.input = false});
    device.start();
    device.submit(chainTask("outlasts the test", kGroups, kLongIterations * 100), chainModule());
    device.waitFor("work", isWorking);
    device.setSys("class/hwmon/hwmon0/temp1_input", "84000");
    const auto hot = device.waitFor("rest", [](const auto& s) { return restsFor(s, "too_hot") && isParked(s); });
    QVERIFY2(hot.sentence().find("84 °C") != std::string::npos, hot.sentence().c_str());
    device.setSys("class/hwmon/hwmon0/temp1_input", "75000");  // cooler, but not yet cool
    device.waitFor("a cooler reading", [](const auto& s) { return s.temperatures(0).celsius() == 75; });
    QVERIFY(isParked(device.status()));
    device.setSys("class/hwmon/hwmon0/temp1_input", "60000");
    device.waitFor("work again", isWorking);
    QVERIFY(ledgerOf(device, v1::LedgerEntry::KIND_GIVE_BACK).empty());  // nobody came back
  }

  void warmthLendsLessOfTheGpuAndCoolnessAllAgain() {
    Device device({.input = false, .settings = {{"thermal.soften", "20"}}});
    device.start();
    const auto duty = [](const v1::Status& s) { return s.gpus(0).governor().duty(); };
    device.submit(chainTask("outlasts the test", kGroups, kLongIterations * 100), chainModule());
    device.waitFor("all of it", [&](const auto& s) { return isWorking(s) && duty(s) == 1; });
    device.setSys("class/hwmon/hwmon0/temp1_input", "76000");
    const auto warm = device.waitFor("less of it", [&](const auto& s) { return duty(s) < 0.8; });
    QVERIFY(isWorking(warm));
    QCOMPARE(warm.gpus(0).verdict().duty_reason().rule(), std::string("warm"));
    QVERIFY2(warm.sentence().find("because the GPU is at 76 °C") != std::string::npos, warm.sentence().c_str());
    device.setSys("class/hwmon/hwmon0/temp1_input", "40000");
    device.waitFor("more of it again", [&](const auto& s) { return duty(s) > duty(warm); });
  }

  void theOwnerLendsAPartOfTheGpu() {
    Device device({.input = false, .settings = {{"gpu.max_duty", "30"}}});
    device.start();
    device.submit(chainTask("outlasts the test", kGroups, kLongIterations * 100), chainModule());
    const auto part = device.waitFor("a part of it", [](const auto& s) {
      return isWorking(s) && std::abs(s.gpus(0).governor().duty() - 0.3) < 1e-9;
    });
    QVERIFY2(part.sentence().find("at 30 %") != std::string::npos, part.sentence().c_str());
    QCOMPARE(part.gpus(0).verdict().duty_reason().setting(), std::string("gpu.max_duty"));
    device.waitFor("as much used", [](const auto& s) {
      const double used = s.gpus(0).gpu_share();
      return used > 0.1 && used < 0.36;
    });
  }

  void theOwnerLendsAPartOfTheMemory() {
    Device device({.input = false, .settings = {{"gpu.max_memory", "1"}, {"tasks.attempts", "1"}}});
    device.start();
    const auto large = device.submit(chainTask("large", 32'768, 1), chainModule());
    const auto small = device.submit(chainTask("small", kGroups, 50), chainModule());
    const auto failed = device.waitForTask(large, v1::TASK_STATE_FAILED);
    QVERIFY2(failed.failure().message().find("more GPU memory than it may take") != std::string::npos,
             failed.failure().message().c_str());
    device.waitForTask(small, v1::TASK_STATE_DONE);
    QVERIFY(device.result(small, "chain.bin") == chainOf(kGroups, 50));
  }

  void badTasksFailInWordsAndTheQueueGoesOn() {
    Device device({.input = false,
                   .settings = {{"gpu.piece_limit", "3"},  // what no honest piece takes, however busy the machine
                                {"gpu.drain_limit", "500"},
                                {"tasks.retry_delay", "0"},
                                {"tasks.attempts", "2"}}});
    device.start();
    std::ofstream(device.folder() / "garbage.spv") << "this is no SPIR-V module at all";
    const auto garbage = device.submit(chainTask("garbage", 1, 1), device.folder() / "garbage.spv");
    const auto endless = device.submit(test::endlessTask(), test::endlessModule());
    auto wrongEntry = chainTask("wrong entry", 1, 1);
    wrongEntry.mutable_spirv()->set_entry_point("nowhere");
    const auto entry = device.submit(wrongEntry, chainModule());
    const auto good = device.submit(chainTask("good", kGroups, 50), chainModule());
    const auto failedGarbage = device.waitForTask(garbage, v1::TASK_STATE_FAILED);
    QCOMPARE(failedGarbage.failure().kind(), v1::Failure::KIND_BAD_TASK);
    QCOMPARE(failedGarbage.attempt(), 1U);
    const auto failedEndless = device.waitForTask(endless, v1::TASK_STATE_FAILED);
    QCOMPARE(failedEndless.failure().kind(), v1::Failure::KIND_TIMED_OUT);
    QCOMPARE(failedEndless.attempt(), 2U);
    QCOMPARE(device.waitForTask(entry, v1::TASK_STATE_FAILED).failure().kind(), v1::Failure::KIND_BAD_TASK);
    for (const auto& task : {failedGarbage, failedEndless}) {
      QVERIFY(!task.failure().message().empty());
      QCOMPARE(task.micro_credits(), 0);
    }
    device.waitForTask(good, v1::TASK_STATE_DONE);
    QVERIFY(device.result(good, "chain.bin") == chainOf(kGroups, 50));
  }

  void aWorkerThatDoesNotGiveBackIsKilled() {
    Device device(
        {.input = true, .settings = {{"gpu.piece_limit", "600"}, {"gpu.drain_limit", "300"}, {"tasks.attempts", "1"}}});
    device.start();
    const auto id = device.submit(test::endlessTask(), test::endlessModule());
    device.waitFor("a piece on the GPU",
                   [](const auto& s) { return isWorking(s) && s.gpus(0).governor().submissions() > 0; });
    device.touchUntil("its end", [](const auto& s) { return s.running_size() == 0; });
    const auto task = device.waitForTask(id, v1::TASK_STATE_FAILED);
    QCOMPARE(task.failure().kind(), v1::Failure::KIND_NO_GIVE_BACK);
    QVERIFY(ledgerOf(device, v1::LedgerEntry::KIND_GIVE_BACK).size() == 1);
  }

  void cancelEndsARunningTask() {
    Device device({.input = false});
    device.start();
    const auto running = device.submit(chainTask("running", kGroups, kLongIterations * 100), chainModule());
    const auto queued = device.submit(chainTask("queued", kGroups, 10), chainModule());
    device.waitFor("work", isWorking);
    for (const auto& id : {queued, running}) {
      v1::CancelTaskRequest cancel;
      cancel.set_id(id);
      mustCall(device, cancel);
      QCOMPARE(device.waitForTask(id, v1::TASK_STATE_CANCELLED).micro_credits(), 0);
      const auto again = device.client().call(cancel);
      QVERIFY(!again.ok() && again.error().kind() == Error::Kind::Conflict);
    }
  }

  void settingsAreReadAgainOnHangup() {
    Device device({.input = false});
    device.start();
    device.waitFor("ready", [](const auto& s) { return s.activity() == v1::ACTIVITY_READY; });
    std::ofstream(device.folder() / "settings.json") << R"({"sharing": {"enabled": false}})";
    device.signal(SIGHUP);
    device.waitFor("off", [](const auto& s) { return s.activity() == v1::ACTIVITY_OFF; });
  }

  void anOrderlyStopSavesAndTheNextStartGoesOn() {
    Device device({.input = false});
    device.start();
    const auto id = device.submit(chainTask("chain", kGroups, kLongIterations), chainModule());
    device.waitFor("progress", [](const auto& s) { return isWorking(s) && s.running(0).progress() > 0.05; });
    QCOMPARE(device.stop(), 0);
    QVERIFY(!std::filesystem::exists(device.socket()));
    QVERIFY(std::filesystem::is_empty(device.pages()));
    device.start();
    QVERIFY(device.task(id).progress() > 0);
    QCOMPARE(device.waitFor("work again", isWorking).running(0).name(), std::string("chain"));
    const auto done = device.waitForTask(id, v1::TASK_STATE_DONE);
    QCOMPARE(done.attempt(), 1U);
    QVERIFY(device.result(id, "chain.bin") == chainOf(kGroups, kLongIterations));
    QCOMPARE(ledgerOf(device, v1::LedgerEntry::KIND_CREDIT).size(), 1U);
  }

  void higherPriorityGoesFirst() {
    Device device({.input = false});
    device.start();
    v1::PauseRequest pause;
    pause.set_until_unix_ms(-1);
    mustCall(device, pause);
    const auto low = device.submit(chainTask("low", kGroups, 10), chainModule());
    auto spec = chainTask("high", kGroups, 10);
    spec.set_priority(5);
    const auto high = device.submit(spec, chainModule());
    mustCall(device, v1::ResumeRequest());
    device.waitForTask(low, v1::TASK_STATE_DONE);
    QVERIFY(device.task(high).ended_unix_ms() <= device.task(low).started_unix_ms());
  }
};

QTEST_GUILESS_MAIN(TestDevice)
#include "test_device.moc"
