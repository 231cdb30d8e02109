// SPDX-License-Identifier: Apache-2.0
// What holds the owner's own work back, and what does not.
#include "policy/own_work.h"
#include "service/policy/cases.h"

#include <QTest>

#include <functional>

using namespace lull;
using namespace lull::test;

namespace {

struct Spoil {
  std::function<void(model::Facts&, v1::Settings&)> apply = [](auto&, auto&) {};
};

}  // namespace
Q_DECLARE_METATYPE(Spoil)

class TestOwnWork : public QObject {
  Q_OBJECT
private slots:
  void ownWork_data() {
    QTest::addColumn<QString>("limit");
    QTest::addColumn<QString>("rules");
    QTest::addColumn<Spoil>("spoil");
    const auto row = [](const char* name, const char* limit, const char* rules, decltype(Spoil::apply) apply) {
      QTest::newRow(name) << QString(limit) << QString(rules) << Spoil{std::move(apply)};
    };
    row("nothing forbids", "run", "", [](auto&, auto&) {});
    row("the owner is here", "run", "", [](auto& f, auto&) { f.presence.lastActivity = kStart; });
    row("not known who is here", "run", "", [](auto& f, auto&) { f.presence = {}; });
    row("sharing is off", "run", "", [](auto&, auto& s) { s.mutable_sharing()->set_enabled(false); });
    row("lending is paused", "run", "", [](auto& f, auto&) { f.wishes.pausedUntil = -1; });
    row("on battery", "run", "", [](auto& f, auto&) { f.power.value = battery(20); });
    row("power not known", "run", "", [](auto& f, auto&) { f.power = {}; });
    row("hot", "park", "too_hot", [](auto& f, auto&) { f.temperatures.value = {temperature("GPU", 90, true)}; });
    row("memory is scarce", "evict", "memory_pressure", [](auto& f, auto&) { f.memory.value = memory(100); });
    row("no GPU", "evict", "no_gpu", [](auto& f, auto&) { f.gpus.value.clear(); });
    row("the driver crashed", "evict", "no_gpu", [](auto& f, auto&) {
      f.gpus.value.clear();
      f.gpuTrouble = "the driver crashed";
    });
    row("only software", "evict", "no_gpu", [](auto& f, auto&) { f.gpus.value = {gpu("a", "software")}; });
    row("heat not known", "park", "starting", [](auto& f, auto&) { f.temperatures = {}; });
    row("memory not known", "park", "starting", [](auto& f, auto&) { f.memory = {}; });
    row("GPUs not looked for", "park", "starting", [](auto& f, auto&) { f.gpus = {}; });
    row("here, sharing off, paused, on battery, hot", "park", "too_hot", [](auto& f, auto& s) {
      f.presence.lastActivity = kStart;
      s.mutable_sharing()->set_enabled(false);
      f.wishes.pausedUntil = -1;
      f.power.value = battery(20);
      f.temperatures.value = {temperature("GPU", 90, true)};
    });
  }
  void ownWork() {
    QFETCH(QString, limit);
    QFETCH(QString, rules);
    auto facts = quietMachine();
    auto settings = sharing();
    static_cast<const Spoil*>(QTest::qData("spoil", qMetaTypeId<Spoil>()))->apply(facts, settings);
    const auto verdicts = policy::decide(facts, settings, {});
    QCOMPARE(limitOf(verdicts.device.own), limit);
    QCOMPARE(rulesOf(verdicts.device.own).join(' '), rules);
    QVERIFY(verdicts.device.own.limit <= verdicts.device.limit);
    for (const auto& [gpu, verdict] : verdicts.byGpu) QCOMPARE(limitOf(verdict.own), limit);
  }

  void whatIsMissingIsNamed() {
    auto facts = quietMachine();
    auto settings = sharing();
    settings.mutable_sharing()->set_enabled(false);
    facts.temperatures = {}, facts.power = {};
    const auto verdicts = policy::decide(facts, settings, {});
    QCOMPARE(verdicts.device.own.reasons.front().value(), std::string("not known yet: temperatures"));
  }

  void onlyHeatTakesOfItsDuty() {
    auto facts = quietMachine();
    auto settings = sharing();
    settings.mutable_sharing()->set_enabled(false);
    settings.mutable_gpu()->set_max_duty(30);
    settings.mutable_gpu()->set_max_memory(5);
    auto verdicts = policy::decide(facts, settings, {});
    QCOMPARE(verdicts.byGpu.at("a").own.duty, 1.0);
    QCOMPARE(verdicts.byGpu.at("a").own.memoryLimit, std::uint64_t{0});  // the limit is of what is lent
    QVERIFY(!verdicts.device.own.dutyReason);
    QCOMPARE(verdicts.device.duty, 0.0);
    facts.temperatures.value = {temperature("GPU", 76, true)};
    verdicts = policy::decide(facts, settings, {});
    QVERIFY(verdicts.device.own.duty < 1 && verdicts.device.own.duty > 0.3);
    QCOMPARE(verdicts.device.own.dutyReason->rule(), std::string("warm"));
  }

  void aGpuThatCannotBeUsedIsNotForOwnWorkEither() {
    auto facts = quietMachine();
    facts.gpus.value = {gpu("a"), gpu("b", "discrete", false)};
    const auto verdicts = policy::decide(facts, sharing(), {});
    QCOMPARE(limitOf(verdicts.byGpu.at("a").own), "run");
    QCOMPARE(rulesOf(verdicts.byGpu.at("b").own), QStringList{"no_gpu"});
  }

  // It is the owner who asks: sharing.cpu is about others. But a GPU does it better.
  void onTheProcessor_data() {
    QTest::addColumn<QString>("setting");
    QTest::addColumn<bool>("gpu");
    QTest::addColumn<QString>("limit");
    for (const char* setting : {"never", "no_gpu", "always"}) {
      QTest::addRow("%s, alone", setting) << QString(setting) << false << "run";
      QTest::addRow("%s, beside a GPU", setting) << QString(setting) << true << "evict";
    }
  }
  void onTheProcessor() {
    QFETCH(QString, setting);
    QFETCH(bool, gpu);
    auto facts = quietMachine();
    if (!gpu) facts.gpus.value.clear();
    facts.gpus.value.push_back(processor());
    facts.presence.lastActivity = kStart;
    auto settings = sharing();
    settings.mutable_sharing()->set_cpu(setting.toStdString());
    const auto verdicts = policy::decide(facts, settings, {});
    QTEST(limitOf(verdicts.byGpu.at("cpu").own), "limit");
    QCOMPARE(limitOf(verdicts.device.own), "run");
    QVERIFY(limitOf(verdicts.byGpu.at("cpu")) != "run");
  }

  void anUnknownRuleBinds() { QVERIFY(policy::bindsOwnWork("a rule of tomorrow")); }
};

QTEST_GUILESS_MAIN(TestOwnWork)
#include "test_own_work.moc"
