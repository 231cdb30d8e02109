// SPDX-License-Identifier: Apache-2.0
// Rules together: order, per GPU, when to look again, silence while nothing changes.
#include "service/policy/cases.h"

#include <QTest>

#include <array>
#include <random>

using namespace lull;
using namespace lull::test;

namespace {

bool sameLeave(const model::Leave& a, const model::Leave& b) {
  if (a.limit != b.limit || a.reasons.size() != b.reasons.size()) return false;
  for (std::size_t i = 0; i < a.reasons.size(); ++i) {
    if (a.reasons[i].SerializeAsString() != b.reasons[i].SerializeAsString()) return false;
  }
  return true;
}

bool sameAnswer(const model::Verdict& a, const model::Verdict& b) { return sameLeave(a, b) && sameLeave(a.own, b.own); }

bool sameAnswer(const model::Verdicts& a, const model::Verdicts& b) {
  if (!sameAnswer(a.device, b.device) || a.byGpu.size() != b.byGpu.size()) return false;
  for (const auto& [id, verdict] : a.byGpu) {
    if (!b.byGpu.contains(id) || !sameAnswer(verdict, b.byGpu.at(id))) return false;
  }
  return true;
}

// The end of a pause is told in whole milliseconds.
bool near(std::optional<Instant> a, std::optional<Instant> b) {
  if (!a || !b) return a.has_value() == b.has_value();
  return std::chrono::abs(*a - *b) < Milliseconds(1);
}

// Any machine, any settings, at kStart.
class Chance {
public:
  explicit Chance(unsigned seed) : m_engine(seed) {}

  bool yes(double probability = 0.5) { return std::bernoulli_distribution(probability)(m_engine); }
  int upTo(int most) { return std::uniform_int_distribution(0, most)(m_engine); }
  Instant ago(int seconds) { return kStart - Milliseconds(upTo(seconds * 1000)); }

  model::Facts facts() {
    auto f = quietMachine();
    f.presence.source = static_cast<model::Presence::Source>(upTo(2));
    f.presence.since = ago(300);
    f.presence.lastActivity = yes() ? std::optional(ago(300)) : std::nullopt;
    f.temperatures = {.value = {temperature("GPU", upTo(100), true)}, .at = ago(40)};
    if (yes()) f.temperatures.value.push_back(temperature("CPU", upTo(100)));
    f.power = {.value = yes() ? mains() : battery(upTo(100), yes(), yes()), .at = ago(40)};
    f.memory = {.value = memory(static_cast<std::uint64_t>(upTo(3000)), upTo(20)), .at = ago(40)};
    f.gpus.value = {gpu("a", yes() ? "discrete" : "software", yes(0.8)), gpu("b", "integrated", yes())};
    if (yes(0.2)) f.gpus.value.clear();
    if (yes()) f.gpus.value.push_back(processor());
    if (yes(0.1)) f.gpus = {};
    if (yes(0.3)) f.wishes.pausedUntil = yes() ? -1 : kStartUnix - 1000 + upTo(60'000);
    return f;
  }
  v1::Settings settings() {
    auto s = test::sharing();
    s.mutable_sharing()->set_enabled(yes(0.8));
    s.mutable_sharing()->set_cpu(std::array{"never", "no_gpu", "always"}.at(static_cast<std::size_t>(upTo(2))));
    s.mutable_presence()->set_idle_after(static_cast<std::uint32_t>(1 + upTo(200)));
    s.mutable_presence()->set_evict_after(static_cast<std::uint32_t>(upTo(60)));
    s.mutable_power()->set_on_battery(yes());
    s.mutable_power()->set_min_battery(static_cast<std::uint32_t>(upTo(2) * 30));
    return s;
  }
  model::Verdicts previous() {
    model::Verdicts v;
    if (yes()) v.memory.presentSince = ago(60);
    if (yes()) v.memory.pausedSince = ago(60);
    v.memory.gpus.hot = yes();
    v.memory.processor.hot = yes();
    v.memory.pressed = yes();
    return v;
  }

private:
  std::mt19937 m_engine;
};

model::Verdicts later(model::Facts facts, const v1::Settings& settings, const model::Verdicts& previous, Instant when) {
  facts.now = at(when - kStart);
  return policy::decide(facts, settings, previous);
}

}  // namespace

class TestDecide : public QObject {
  Q_OBJECT

private slots:
  void allReasonsAreListedStrictestFirst() {
    auto facts = quietMachine();
    auto settings = sharing();
    settings.mutable_sharing()->set_enabled(false);
    facts.wishes.pausedUntil = -1;
    facts.presence.lastActivity = kStart;
    facts.temperatures.value = {temperature("GPU", 90, true)};
    facts.power.value = battery(80);
    facts.memory.value = memory(100);
    facts.gpus.value = {gpu("a", "software")};
    const auto verdicts = policy::decide(facts, settings, {});
    const QStringList expected{"sharing_off",   "memory_pressure", "no_gpu",    "paused",
                               "owner_present", "too_hot",         "on_battery"};
    QCOMPARE(rulesOf(verdicts.device), expected);
    QCOMPARE(rulesOf(verdicts.byGpu.at("a")), expected);
    QCOMPARE(limitOf(verdicts.device), "evict");
    QCOMPARE(verdicts.device.duty, 0.0);
  }

  void eachGpuHasItsOwnVerdict() {
    auto facts = quietMachine();
    facts.gpus.value = {gpu("a"), gpu("b", "software"), gpu("c", "discrete", false)};
    const auto verdicts = policy::decide(facts, sharing(), {});
    QCOMPARE(limitOf(verdicts.device), "run");
    QCOMPARE(limitOf(verdicts.byGpu.at("a")), "run");
    QCOMPARE(verdicts.byGpu.at("a").duty, 1.0);
    QCOMPARE(limitOf(verdicts.byGpu.at("b")), "evict");
    QCOMPARE(verdicts.byGpu.at("b").reasons.front().setting(), std::string("gpu.allow_software"));
    QCOMPARE(verdicts.byGpu.at("c").reasons.front().value(), std::string("the driver is too old"));
  }

  void theProcessor_data() {
    QTest::addColumn<QString>("setting");
    QTest::addColumn<QString>("gpu");
    QTest::addColumn<QString>("processor");  // what holds it back
    QTest::addColumn<QString>("computer");
    QTest::newRow("never, beside a GPU") << "never"
                                         << "usable"
                                         << "cpu_not_lent"
                                         << "";
    QTest::newRow("never, alone") << "never"
                                  << "none"
                                  << "cpu_not_lent"
                                  << "no_gpu";
    QTest::newRow("a setting of a newer Lull") << "often"
                                               << "none"
                                               << "cpu_not_lent"
                                               << "no_gpu";
    QTest::newRow("no GPU, beside one") << "no_gpu"
                                        << "usable"
                                        << "cpu_not_lent"
                                        << "";
    QTest::newRow("no GPU, alone") << "no_gpu"
                                   << "none"
                                   << ""
                                   << "";
    QTest::newRow("no GPU, beside a useless one") << "no_gpu"
                                                  << "useless"
                                                  << ""
                                                  << "";
    QTest::newRow("no GPU, beside software") << "no_gpu"
                                             << "software"
                                             << ""
                                             << "";
    QTest::newRow("no GPU, beside software that is allowed") << "no_gpu"
                                                             << "allowed"
                                                             << "cpu_not_lent"
                                                             << "";
    QTest::newRow("always, beside a GPU") << "always"
                                          << "usable"
                                          << ""
                                          << "";
    QTest::newRow("always, alone") << "always"
                                   << "none"
                                   << ""
                                   << "";
  }
  void theProcessor() {
    QFETCH(QString, setting);
    QFETCH(QString, gpu);
    auto facts = quietMachine();
    if (gpu == "none") facts.gpus.value.clear();
    if (gpu == "useless") facts.gpus.value = {test::gpu("a", "discrete", false)};
    if (gpu == "software" || gpu == "allowed") facts.gpus.value = {test::gpu("a", "software")};
    facts.gpus.value.push_back(processor());
    auto settings = sharing();
    settings.mutable_sharing()->set_cpu(setting.toStdString());
    settings.mutable_gpu()->set_allow_software(gpu == "allowed");
    const auto verdicts = policy::decide(facts, settings, {});
    QTEST(rulesOf(verdicts.byGpu.at("cpu")).join(' '), "processor");
    QTEST(rulesOf(verdicts.device).join(' '), "computer");
    QCOMPARE(limitOf(verdicts.byGpu.at("cpu")), rulesOf(verdicts.byGpu.at("cpu")).isEmpty() ? "run" : "evict");
  }

  // What holds for GPUs holds for it; its heat is its own.
  void theProcessorsRules_data() {
    QTest::addColumn<QString>("spoil");
    QTest::addColumn<QString>("limit");
    QTest::addColumn<QString>("rules");
    QTest::addColumn<QString>("ofTheGpu");
    QTest::newRow("nothing") << ""
                             << "run"
                             << ""
                             << "";
    QTest::newRow("touched") << "touched"
                             << "park"
                             << "owner_present"
                             << "owner_present";
    QTest::newRow("paused") << "paused"
                            << "park"
                            << "paused"
                            << "paused";
    QTest::newRow("battery") << "battery"
                             << "park"
                             << "on_battery"
                             << "on_battery";
    QTest::newRow("memory") << "memory"
                            << "evict"
                            << "memory_pressure"
                            << "memory_pressure";
    QTest::newRow("a hot GPU") << "hot GPU"
                               << "run"
                               << ""
                               << "too_hot";
    QTest::newRow("a hot processor") << "hot CPU"
                                     << "park"
                                     << "too_hot"
                                     << "";
    QTest::newRow("a hot GPU, and no other tells") << "hot GPU alone"
                                                   << "park"
                                                   << "too_hot"
                                                   << "too_hot";
    QTest::newRow("not measured") << "stale"
                                  << "park"
                                  << "starting"
                                  << "starting";
    QTest::newRow("off") << "off"
                         << "evict"
                         << "sharing_off"
                         << "sharing_off";
  }
  void theProcessorsRules() {
    QFETCH(QString, spoil);
    auto facts = quietMachine();
    facts.gpus.value.push_back(processor());
    auto settings = sharing();
    settings.mutable_sharing()->set_cpu("always");
    settings.mutable_sharing()->set_enabled(spoil != "off");
    if (spoil == "touched") facts.presence.lastActivity = kStart;
    if (spoil == "paused") facts.wishes.pausedUntil = -1;
    if (spoil == "battery") facts.power.value = battery(80);
    if (spoil == "memory") facts.memory.value = memory(100);
    if (spoil == "hot GPU") facts.temperatures.value = {temperature("GPU", 90, true), temperature("CPU", 40)};
    if (spoil == "hot CPU") facts.temperatures.value = {temperature("GPU", 40, true), temperature("CPU", 90)};
    if (spoil == "hot GPU alone") facts.temperatures.value = {temperature("GPU", 90, true)};
    if (spoil == "stale") facts.temperatures = {};
    const auto verdicts = policy::decide(facts, settings, {});
    QTEST(limitOf(verdicts.byGpu.at("cpu")), "limit");
    QTEST(rulesOf(verdicts.byGpu.at("cpu")).join(' '), "rules");
    QTEST(rulesOf(verdicts.byGpu.at("a")).join(' '), "ofTheGpu");
    // The computer may do what one of its devices may.
    const auto least = std::min(verdicts.byGpu.at("cpu").limit, verdicts.byGpu.at("a").limit);
    QCOMPARE(int{verdicts.device.limit}, int{least});
  }

  void theProcessorsShare() {
    auto facts = quietMachine();
    facts.gpus.value.push_back(processor());
    facts.temperatures.value = {temperature("GPU", 40, true), temperature("CPU", 76)};
    auto settings = sharing();
    settings.mutable_sharing()->set_cpu("always");
    settings.mutable_gpu()->set_max_duty(30);
    settings.mutable_gpu()->set_max_memory(3);
    const auto verdicts = policy::decide(facts, settings, {});
    const auto& lent = verdicts.byGpu.at("cpu");
    QVERIFY(lent.duty < 1 && lent.duty > 0.3);  // gpu.max_duty is not for it
    QCOMPARE(lent.dutyReason->text(), std::string("The processor is at 76 °C"));
    QCOMPARE(verdicts.byGpu.at("a").duty, 0.3);
    QCOMPARE(lent.memoryLimit, std::uint64_t{8} << 30U);  // half of the main memory
    settings.mutable_tasks()->set_max_memory(100);
    QCOMPARE(policy::decide(facts, settings, {}).byGpu.at("cpu").memoryLimit, std::uint64_t{100} << 20U);
  }

  void looksAgain_data() {
    QTest::addColumn<qint64>("touchedSecondsAgo");
    QTest::addColumn<qint64>("presentForSeconds");
    QTest::addColumn<qint64>("lookInSeconds");
    QTest::newRow("away: when readings grow old") << qint64(600) << qint64(-1) << qint64(30);
    QTest::newRow("just here: when to evict") << qint64(0) << qint64(0) << qint64(10);
    QTest::newRow("here for long: when readings grow old for own work") << qint64(20) << qint64(60) << qint64(30);
    QTest::newRow("here for long: when away") << qint64(100) << qint64(60) << qint64(20);
    QTest::newRow("leaves before the evict is due") << qint64(115) << qint64(1) << qint64(5);
  }
  void looksAgain() {
    QFETCH(qint64, touchedSecondsAgo);
    QFETCH(qint64, presentForSeconds);
    QFETCH(qint64, lookInSeconds);
    auto facts = quietMachine();
    facts.presence.lastActivity = kStart - Seconds(touchedSecondsAgo);
    model::Verdicts previous;
    if (presentForSeconds >= 0) previous.memory.presentSince = kStart - Seconds(presentForSeconds);
    const auto verdicts = policy::decide(facts, sharing(), previous);
    QVERIFY(verdicts.lookAgain.has_value());
    QCOMPARE(toNs(*verdicts.lookAgain), toNs(kStart + Seconds(lookInSeconds)));
  }

  void noReasonToLookAgainWhenNothingCanChange() {
    auto settings = sharing();
    settings.mutable_sharing()->set_enabled(false);
    auto facts = quietMachine();
    facts.temperatures = {}, facts.memory = {};  // own work waits for them, and time does not bring them
    QVERIFY(!policy::decide(facts, settings, {}).lookAgain);
  }

  // If no new fact comes, the answer stays the same until lookAgain, and is another one then.
  void lookAgainIsExact() {
    int changes = 0;
    for (unsigned seed = 0; seed < 3000; ++seed) {
      Chance chance(seed);
      const auto facts = chance.facts();
      const auto settings = chance.settings();
      const auto first = policy::decide(facts, settings, chance.previous());
      const Instant end = first.lookAgain.value_or(kStart + std::chrono::hours(48));
      QVERIFY2(end > kStart, qPrintable(QString::number(seed)));
      for (const auto part : {1, 3, 7}) {
        const auto middle = later(facts, settings, first, kStart + (end - kStart) * part / 8);
        QVERIFY2(sameAnswer(first, middle), qPrintable(QString::number(seed)));
        QVERIFY2(near(middle.lookAgain, first.lookAgain), qPrintable(QString::number(seed)));
      }
      const auto justBefore = later(facts, settings, first, end - Milliseconds(1));
      QVERIFY2(sameAnswer(first, justBefore), qPrintable(QString::number(seed)));
      if (!first.lookAgain) continue;
      QVERIFY2(!sameAnswer(first, later(facts, settings, justBefore, end)), qPrintable(QString::number(seed)));
      ++changes;
    }
    QVERIFY(changes > 1000);
  }

  // The monotonic and the wall clock are read one after the other, so their distance wavers.
  void theClocksMayWaver() {
    auto facts = quietMachine();
    facts.presence.lastActivity = kStart - Nanoseconds(500'000'500);
    auto verdicts = policy::decide(facts, sharing(), {});
    const auto first = verdicts;
    for (int i = 1; i < 50; ++i) {
      facts.now = at(Milliseconds(i));
      facts.now.unixMs += i % 3 - 1;
      verdicts = policy::decide(facts, sharing(), verdicts);
      QVERIFY(sameAnswer(first, verdicts));
    }
  }

  void aTouchMovesTheEndByWholeSecondsOnly() {
    auto facts = quietMachine();
    facts.presence.lastActivity = kStart;
    auto verdicts = policy::decide(facts, sharing(), {});
    const auto until = [&] { return verdicts.device.reasons.front().until_unix_ms(); };
    const auto first = until();
    QCOMPARE(first, kStartUnix + 120'000);
    const auto touchAt = [&](Milliseconds when) {
      facts.now = at(when);
      facts.presence.lastActivity = facts.now.instant;
      verdicts = policy::decide(facts, sharing(), verdicts);
    };
    touchAt(Milliseconds(400));
    touchAt(Milliseconds(800));
    QCOMPARE(until(), first);
    QCOMPARE(toNs(*verdicts.lookAgain), toNs(kStart + Seconds(10)));
    touchAt(Milliseconds(1200));
    QCOMPARE(until(), first + 1200);
  }

  void attention_data() {
    QTest::addColumn<QString>("state");
    QTest::addColumn<QString>("demand");
    QTest::addColumn<int>("attention");
    const int rest = static_cast<int>(model::Attention::Rest);
    const int slow = static_cast<int>(model::Attention::Slow);
    const int close = static_cast<int>(model::Attention::Close);
    QTest::newRow("off") << "off"
                         << "" << rest;
    QTest::newRow("off, a task waits") << "off"
                                       << "task" << rest;
    QTest::newRow("off, watched") << "off"
                                  << "watched" << close;
    QTest::newRow("off, still running") << "off"
                                        << "runs" << close;
    QTest::newRow("present, a task waits") << "present"
                                           << "task" << rest;
    QTest::newRow("present, a worker is held") << "present"
                                               << "held" << slow;
    QTest::newRow("no GPU") << "nogpu"
                            << "task" << rest;
    QTest::newRow("may run, no task") << "quiet"
                                      << "" << slow;
    QTest::newRow("may run, a task waits") << "quiet"
                                           << "task" << close;
    QTest::newRow("not measured, a task waits") << "stale"
                                                << "task" << close;
    QTest::newRow("not measured, no task") << "stale"
                                           << "" << slow;
    QTest::newRow("hot, a task waits") << "hot"
                                       << "task" << slow;
    QTest::newRow("hot, a worker is held") << "hot"
                                           << "held" << slow;
    QTest::newRow("off, own work waits") << "off"
                                         << "own" << close;
    QTest::newRow("off and not measured, own work waits") << "off stale"
                                                          << "own" << close;
    QTest::newRow("off and hot, own work waits") << "off hot"
                                                 << "own" << slow;
    QTest::newRow("present and not measured, own work is held") << "present stale"
                                                                << "own held" << close;
    QTest::newRow("no GPU, own work waits") << "nogpu"
                                            << "own" << rest;
  }
  void attention() {
    QFETCH(QString, state);
    QFETCH(QString, demand);
    auto facts = quietMachine();
    auto settings = sharing();
    if (state.contains("off")) settings.mutable_sharing()->set_enabled(false);
    if (state.contains("present")) facts.presence.lastActivity = kStart;
    if (state == "nogpu") facts.gpus.value.clear();
    if (state.contains("stale")) facts.temperatures = {};
    if (state.contains("hot")) facts.temperatures.value = {temperature("GPU", 90, true)};
    const auto verdicts = policy::decide(facts, settings, {});
    const policy::Demand wanted{.taskWaits = demand == "task",
                                .workerRuns = demand == "runs",
                                .workerHeld = demand == "held",
                                .ownWaits = demand == "own",
                                .ownHeld = demand == "own held",
                                .watched = demand == "watched"};
    QTEST(static_cast<int>(policy::attentionWanted(verdicts, wanted)), "attention");
  }
};

QTEST_GUILESS_MAIN(TestDecide)
#include "test_decide.moc"
