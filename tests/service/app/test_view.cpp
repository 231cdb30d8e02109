// SPDX-License-Identifier: Apache-2.0
// The projection that people see.
#include "app/view.h"
#include "wire/conversation.h"

#include <QtTest>

using namespace lull;

namespace {

// All that a view is projected from, with a device that may run.
struct World {
  model::Facts facts;
  model::Verdicts verdicts;
  model::Roster roster;
  std::map<model::TaskId, v1::Task> labels;
  std::vector<runtimes::WorkerFigures> workers;
  app::Meter meter;
  app::Governors governors;
  ledger::Totals totals;
  v1::Settings settings;
  std::vector<std::string> troubles;
  bool stopping = false;

  World() {
    facts.now = {.instant = instantFromNs(1'000'000'000'000), .unixMs = 1'700'000'000'000};
    facts.presence.source = model::Presence::Source::Watching;
    facts.presence.lastActivity = facts.now.instant - std::chrono::minutes(12);
    v1::Gpu gpu;
    gpu.set_id("g");
    gpu.set_name("Radeon");
    facts.gpus.value = {gpu};
    verdicts.device.limit = v1::LIMIT_RUN;
    verdicts.byGpu["g"].limit = v1::LIMIT_RUN;
    settings.mutable_sharing()->set_enabled(true);
  }
  void addTask(v1::TaskState state) {
    roster.push_back({.id = "t-1", .state = state, .gpu = "g", .progress = 0.5});
    labels["t-1"].set_name("Picture");
    if (model::hasWorker(state))
      workers.push_back({.task = "t-1", .gpu = "g", .session = "t-1.x", .open = true, .memoryBytes = 77});
  }
  void addProcessor(const char* rule) {
    auto& device = facts.gpus.value.emplace_back();
    device.set_id("cpu");
    device.set_type("processor");
    auto& verdict = verdicts.byGpu["cpu"];
    verdict.limit = *rule == '\0' ? v1::LIMIT_RUN : v1::LIMIT_EVICT;
    if (*rule != '\0') verdict.reasons.emplace_back().set_rule(rule);
  }
  void forbid(const char* rule, const char* text) {
    v1::Reason reason;
    reason.set_rule(rule);
    reason.set_text(text);
    reason.set_limit(v1::LIMIT_PARK);
    for (auto* verdict : {&verdicts.device, &verdicts.byGpu["g"]}) {
      verdict->limit = v1::LIMIT_PARK;
      verdict->reasons = {reason};
    }
  }
  v1::Status view() const {
    return app::project({.facts = facts,
                         .verdicts = verdicts,
                         .roster = roster,
                         .labels = labels,
                         .workers = workers,
                         .meter = meter,
                         .governors = governors,
                         .totals = totals,
                         .settings = settings,
                         .troubles = troubles,
                         .stopping = stopping});
  }
};

}  // namespace

class TestView : public QObject {
  Q_OBJECT

private slots:
  void readyWithoutATask() {
    const auto status = World().view();
    QCOMPARE(status.activity(), v1::ACTIVITY_READY);
    QVERIFY(status.sentence().find("no task") != std::string::npos);
    QCOMPARE(status.idle_since_unix_ms(), 1'700'000'000'000 - 12 * 60'000);
  }

  void working() {
    World world;
    world.addTask(v1::TASK_STATE_RUNNING);
    const auto status = world.view();
    QCOMPARE(status.activity(), v1::ACTIVITY_WORKING);
    QCOMPARE(status.running(0).name(), std::string("Picture"));
    QCOMPARE(status.running(0).gpu(), std::string("Radeon"));
    QCOMPARE(status.gpus(0).task_id(), std::string("t-1"));
    QCOMPARE(status.gpus(0).vram_used(), 77U);
    QVERIFY(status.sentence().find("Picture") != std::string::npos);
  }

  void lessThanTheWholeGpuIsTold() {
    World world;
    world.addTask(v1::TASK_STATE_RUNNING);
    v1::Reason reason;
    reason.set_rule("warm");
    reason.set_text("The GPU is at 76 °C");
    for (auto* verdict : {&world.verdicts.device, &world.verdicts.byGpu["g"]}) {
      verdict->duty = 0.4;
      verdict->dutyReason = reason;
    }
    const auto status = world.view();
    QCOMPARE(status.sentence(), std::string("Working on “Picture” at 40 % because the GPU is at 76 °C"));
    QCOMPARE(status.gpus(0).verdict().duty(), 0.4);
    QCOMPARE(status.gpus(0).verdict().duty_reason().rule(), std::string("warm"));
    QVERIFY(status.gpus(0).verdict().reasons().empty());
  }

  void aProcessorThatIsNotLentIsNotShown() {
    World world;
    world.addProcessor("cpu_not_lent");
    QCOMPARE(world.view().gpus_size(), 1);
    world.workers.push_back({.task = "t-1", .gpu = "cpu", .session = "t-1.x"});  // until the last has left it
    QCOMPARE(world.view().gpus_size(), 2);
    World lent;
    lent.addProcessor("owner_present");
    const auto status = lent.view();
    QCOMPARE(status.gpus(1).type(), std::string("processor"));
    QCOMPARE(status.gpus(1).verdict().reasons(0).rule(), std::string("owner_present"));
    QVERIFY(!status.gpus(1).has_governor());
  }
  void whatWaitsMayNeedAGpu() {
    World world;
    world.addProcessor("");
    world.addTask(v1::TASK_STATE_QUEUED);
    QCOMPARE(world.view().sentence(), std::string("Ready: the next task is about to start"));
    world.verdicts.byGpu["g"].limit = v1::LIMIT_EVICT;
    QCOMPARE(world.view().sentence(), std::string("Ready, but what waits needs a GPU"));
    world.roster[0].onProcessor = true;
    QCOMPARE(world.view().sentence(), std::string("Ready: the next task is about to start"));
  }
  void theShareIsThatOfTheDeviceAtWork() {
    World world;
    world.addProcessor("");
    world.addTask(v1::TASK_STATE_RUNNING);
    world.roster[0].gpu = "cpu";
    world.verdicts.byGpu["cpu"].duty = 0.4;
    world.verdicts.byGpu["cpu"].dutyReason.emplace().set_text("The processor is at 76 °C");
    QCOMPARE(world.view().sentence(), std::string("Working on “Picture” at 40 % because the processor is at 76 °C"));
  }

  void governorsOfAGpuAddUp() {
    World world;
    QVERIFY(!world.view().gpus(0).has_governor());
    runtimes::WorkerFigures earlier{.task = "t-0", .gpu = "g", .session = "t-0.x"};
    earlier.governor.slices = 10;
    earlier.governor.unknownCommands = 2;
    earlier.governor.stops[governor::stopBucket(2'000'000)] = 1;
    world.governors.ended(earlier);
    auto status = world.view();
    QCOMPARE(status.gpus(0).governor().duty(), 0.0);  // nobody has it
    QCOMPARE(status.gpus(0).governor().stops(), 1U);
    world.addTask(v1::TASK_STATE_RUNNING);
    world.workers[0].governor.dutyPercent = 60;
    world.workers[0].governor.slices = 5;
    world.workers[0].governor.stops[governor::stopBucket(30'000'000)] = 1;
    status = world.view();
    const auto& governor = status.gpus(0).governor();
    QCOMPARE(governor.duty(), 0.6);
    QCOMPARE(governor.slices(), 15U);
    QCOMPARE(governor.unknown_commands(), 2U);
    QCOMPARE(governor.stops(), 2U);
    QVERIFY(governor.stop_p50_ms() > 2 && governor.stop_p50_ms() < 3);
    QVERIFY(governor.stop_p99_ms() > 30 && governor.stop_p99_ms() < 40);
  }

  void restingSaysTheReason() {
    World world;
    world.addTask(v1::TASK_STATE_PARKED);
    world.forbid("too_hot", "The GPU is at 84 °C; work goes on at 70 °C");
    const auto status = world.view();
    QCOMPARE(status.activity(), v1::ACTIVITY_RESTING);
    QCOMPARE(status.sentence(), std::string("Resting: the GPU is at 84 °C; work goes on at 70 °C"));
    QCOMPARE(status.gpus(0).verdict().reasons(0).rule(), std::string("too_hot"));
  }

  void anAbbreviationStaysAsItIs() {
    World world;
    world.forbid("x", "GPU gone");
    QCOMPARE(world.view().sentence(), std::string("Resting: GPU gone"));
  }

  void offAndStopping() {
    World world;
    world.settings.mutable_sharing()->set_enabled(false);
    QCOMPARE(world.view().activity(), v1::ACTIVITY_OFF);
    world.stopping = true;
    QCOMPARE(world.view().activity(), v1::ACTIVITY_STOPPING);
  }

  void ownWorkIsToldWhateverElseRests() {
    World world;
    world.addTask(v1::TASK_STATE_RUNNING);
    world.roster.front().own = true;
    world.forbid("sharing_off", "Sharing is switched off");
    world.settings.mutable_sharing()->set_enabled(false);
    QCOMPARE(world.view().activity(), v1::ACTIVITY_WORKING);
    QCOMPARE(world.view().sentence(), std::string("Working for you on “Picture”"));
    world.roster.front().state = v1::TASK_STATE_PARKED;
    QCOMPARE(world.view().activity(), v1::ACTIVITY_OFF);
  }

  void presenceIsToldAsItIs() {
    World world;
    QCOMPARE(world.view().presence().state(), v1::Presence::STATE_AWAY);
    world.verdicts.memory.presentSince = world.facts.now.instant;
    QCOMPARE(world.view().presence().state(), v1::Presence::STATE_PRESENT);
    world.facts.presence.source = model::Presence::Source::Unattended;
    QCOMPARE(world.view().presence().state(), v1::Presence::STATE_UNATTENDED);
    world.facts.presence.source = model::Presence::Source::Unknown;
    QCOMPARE(world.view().presence().state(), v1::Presence::STATE_UNSPECIFIED);
  }

  void whatAModelComputesIsSeenAtOnce() {
    World world;
    world.addTask(v1::TASK_STATE_RUNNING);
    QVERIFY(!world.view().running(0).has_usage());
    world.labels["t-1"].mutable_usage()->set_prompt(100);  // of before the service was started again
    world.labels["t-1"].mutable_usage()->set_requests(5);
    world.roster[0].usage.set_prompt(120);
    world.roster[0].usage.set_completion(30);
    const auto usage = world.view().running(0).usage();
    QCOMPARE(usage.prompt(), 120U);
    QCOMPARE(usage.completion(), 30U);
    QCOMPARE(usage.requests(), 5U);
    QCOMPARE(usage.requests_failed(), 0U);
  }

  void whatWasComputedToday() {
    World world;
    world.totals.today.mutable_usage()->set_completion(7);
    world.totals.total.set_cpu_ns(9);
    QCOMPARE(world.view().today().usage().completion(), 7U);
    QCOMPARE(world.view().total().cpu_ns(), 9U);
  }

  void aGpuWithoutAVerdictShowsTheDevices() {
    World world;
    world.verdicts.byGpu.clear();
    world.verdicts.device.limit = v1::LIMIT_EVICT;
    QCOMPARE(world.view().gpus(0).verdict().limit(), v1::LIMIT_EVICT);
  }

  // A still device must not keep the stream busy: time passing changes nothing.
  void timeAloneChangesNothing() {
    World world;
    world.addTask(v1::TASK_STATE_PARKED);
    world.forbid("owner_present", "Somebody is using this computer");
    const auto before = world.view();
    world.facts.now.instant += std::chrono::minutes(5);
    world.facts.now.unixMs += 5 * 60'000;
    QCOMPARE(wire::difference(before, world.view()).changed_size(), 0);
  }
};

QTEST_GUILESS_MAIN(TestView)
#include "test_view.moc"
