// SPDX-License-Identifier: Apache-2.0
// Every rule alone, and the default.
#include "service/policy/cases.h"

#include <QTest>

#include <functional>
#include <limits>

using namespace lull;
using namespace lull::test;
using std::chrono::minutes;

namespace {

struct Spoil {
  std::function<void(model::Facts&, v1::Settings&, model::Verdicts& previous)> apply = [](auto&, auto&, auto&) {};
};

}  // namespace
Q_DECLARE_METATYPE(Spoil)

class TestRules : public QObject {
  Q_OBJECT

  static void row(const char* name, const char* limit, const char* rules, decltype(Spoil::apply) apply) {
    QTest::newRow(name) << QString(limit) << QString(rules) << Spoil{std::move(apply)};
  }
  static void columns() {
    QTest::addColumn<QString>("limit");
    QTest::addColumn<QString>("rules");
    QTest::addColumn<Spoil>("spoil");
  }
  static model::Verdicts decided() {
    auto facts = quietMachine();
    auto settings = sharing();
    model::Verdicts previous;
    const auto spoil = *static_cast<const Spoil*>(QTest::qData("spoil", qMetaTypeId<Spoil>()));
    spoil.apply(facts, settings, previous);
    return policy::decide(facts, settings, previous);
  }
  static void check() {
    QFETCH(QString, limit);
    QFETCH(QString, rules);
    const auto verdicts = decided();
    QCOMPARE(limitOf(verdicts.device), limit);
    QCOMPARE(rulesOf(verdicts.device).join(' '), rules);
    for (const auto& reason : verdicts.device.reasons) {
      QVERIFY(!reason.text().empty());
      QVERIFY(!reason.value().empty());
      QVERIFY(!reason.remedy().empty());
      QVERIFY(reason.limit() == v1::LIMIT_PARK || reason.limit() == v1::LIMIT_EVICT);
    }
  }

private slots:
  void nothingKnownMeansNo() {
    const auto verdicts = policy::decide({}, {}, {});
    QCOMPARE(limitOf(verdicts.device), "evict");
    QCOMPARE(rulesOf(verdicts.device).first(), "sharing_off");
    QVERIFY(verdicts.byGpu.empty());
    const auto willing = policy::decide({}, sharing(), {});
    QCOMPARE(limitOf(willing.device), "park");
    QCOMPARE(rulesOf(willing.device), QStringList{"owner_present"});
  }

  void switchedOn_data() {
    columns();
    row("on", "run", "", [](auto&, auto&, auto&) {});
    row("off", "evict", "sharing_off", [](auto&, auto& s, auto&) { s.mutable_sharing()->set_enabled(false); });
  }
  void switchedOn() { check(); }

  void paused_data() {
    columns();
    row("until resumed", "park", "paused", [](auto& f, auto&, auto&) { f.wishes.pausedUntil = -1; });
    row("for an hour", "park", "paused", [](auto& f, auto&, auto&) { f.wishes.pausedUntil = kStartUnix + 3'600'000; });
    row("over", "run", "", [](auto& f, auto&, auto&) { f.wishes.pausedUntil = kStartUnix; });
    row("nearly over", "park", "paused", [](auto& f, auto&, auto&) { f.wishes.pausedUntil = kStartUnix + 1; });
    row("kept 10 s", "evict", "paused", [](auto& f, auto&, auto& p) {
      f.wishes.pausedUntil = -1;
      p.memory.pausedSince = kStart - Seconds(10);
    });
    row("kept nearly 10 s", "park", "paused", [](auto& f, auto&, auto& p) {
      f.wishes.pausedUntil = -1;
      p.memory.pausedSince = kStart - Seconds(10) + Nanoseconds(1);
    });
  }
  void paused() { check(); }

  void presence_data() {
    columns();
    using Source = model::Presence::Source;
    const auto touched = [](Nanoseconds ago) {
      return [ago](model::Facts& f, v1::Settings&, model::Verdicts&) { f.presence.lastActivity = kStart - ago; };
    };
    row("touched now", "park", "owner_present", touched({}));
    row("touched after now", "park", "owner_present", touched(Milliseconds(-3)));
    row("1 ns too early", "evict", "owner_present", touched(Seconds(120) - Nanoseconds(1)));
    row("2 min ago", "run", "", touched(Seconds(120)));
    row("watched too short", "park", "owner_present", [](auto& f, auto&, auto&) {
      f.presence.lastActivity.reset();
      f.presence.since = kStart - Seconds(1);
    });
    row("watched long enough", "run", "", [](auto& f, auto&, auto&) {
      f.presence.lastActivity.reset();
      f.presence.since = kStart - Seconds(120);
    });
    row("touched before watching began anew", "park", "owner_present",
        [](auto& f, auto&, auto&) { f.presence.since = kStart - Seconds(1); });
    row("blind", "park", "owner_present", [](auto& f, auto&, auto&) { f.presence.source = Source::Unknown; });
    row("blind for long", "evict", "owner_present", [](auto& f, auto&, auto& p) {
      f.presence.source = Source::Unknown;
      p.memory.presentSince = kStart - Seconds(10);
    });
    row("unattended", "run", "", [](auto& f, auto&, auto&) { f.presence.source = Source::Unattended; });
    row("unattended, set to present", "park", "owner_present", [](auto& f, auto& s, auto&) {
      f.presence.source = Source::Unattended;
      s.mutable_presence()->set_unattended("present");
    });
    row("stays", "evict", "owner_present", [](auto& f, auto&, auto& p) {
      f.presence.lastActivity = kStart;
      p.memory.presentSince = kStart - Seconds(10);
    });
    row("evict at once", "evict", "owner_present", [](auto& f, auto& s, auto&) {
      f.presence.lastActivity = kStart;
      s.mutable_presence()->set_evict_after(0);
    });
  }
  void presence() { check(); }

  void heat_data() {
    columns();
    const auto is = [](std::vector<v1::Temperature> all, bool wasHot = false) {
      return [all, wasHot](model::Facts& f, v1::Settings&, model::Verdicts& p) {
        f.temperatures.value = all;
        p.memory.gpus.hot = wasHot;
      };
    };
    row("below", "run", "", is({temperature("GPU", 79.9, true)}));
    row("at stop", "park", "too_hot", is({temperature("GPU", 80, true)}));
    row("between, was cool", "run", "", is({temperature("GPU", 75, true)}));
    row("between, was hot", "park", "too_hot", is({temperature("GPU", 75, true)}, true));
    row("just above resume", "park", "too_hot", is({temperature("GPU", 70.1, true)}, true));
    row("at resume", "run", "", is({temperature("GPU", 70, true)}, true));
    row("hottest GPU counts", "park", "too_hot", is({temperature("GPU", 50, true), temperature("GPU 2", 90, true)}));
    row("GPU before processor", "run", "", is({temperature("GPU", 50, true), temperature("CPU", 95)}));
    row("processor when no GPU", "park", "too_hot", is({temperature("CPU package", 95), temperature("NVMe", 30)}));
    row("SoC when no GPU", "park", "too_hot", is({temperature("SoC", 95)}));
    row("others do not count", "run", "", is({temperature("NVMe", 95)}));
    row("none told", "run", "", is({}));
    row("none told, was hot", "run", "", is({}, true));
    row("not a number", "park", "too_hot",
        is({temperature("GPU", std::numeric_limits<double>::quiet_NaN(), true), temperature("CPU", 95)}));
  }
  void heat() { check(); }

  void power_data() {
    columns();
    const auto is = [](v1::Power power, bool allowed = false) {
      return [power, allowed](model::Facts& f, v1::Settings& s, model::Verdicts&) {
        f.power.value = power;
        s.mutable_power()->set_on_battery(allowed);
      };
    };
    row("mains, no battery", "run", "", is(mains()));
    row("mains, charging", "run", "", is(battery(20, true, false)));
    row("mains, yet discharging", "park", "on_battery", is(battery(90, true, true)));
    row("battery", "park", "on_battery", is(battery(100)));
    row("battery full, not discharging", "park", "on_battery", is(battery(100, false, false)));
    row("battery allowed", "run", "", is(battery(50), true));
    row("battery allowed, low", "park", "on_battery", is(battery(49.9), true));
    row("low but charging", "run", "", is(battery(3, true, false), true));
    row("not told", "park", "on_battery", is({}));
    row("not told, allowed", "park", "on_battery", is({}, true));
    row("not told, allowed always", "run", "", [](auto& f, auto& s, auto&) {
      f.power = {};
      s.mutable_power()->set_on_battery(true);
      s.mutable_power()->set_min_battery(0);
    });
  }
  void power() { check(); }

  void memory_data() {
    columns();
    const auto is = [](v1::Memory m, bool wasPressed = false) {
      return [m, wasPressed](model::Facts& f, v1::Settings&, model::Verdicts& p) {
        f.memory.value = m;
        p.memory.pressed = wasPressed;
      };
    };
    row("enough", "run", "", is(test::memory(1024)));
    row("scarce", "evict", "memory_pressure", is(test::memory(1023)));
    row("scarce a moment ago", "evict", "memory_pressure", is(test::memory(1279), true));
    row("enough again", "run", "", is(test::memory(1280), true));
    row("waited for", "evict", "memory_pressure", is(test::memory(8000, 10.1)));
    row("bearable", "run", "", is(test::memory(8000, 10)));
    row("bearable, was not", "evict", "memory_pressure", is(test::memory(8000, 8.1), true));
    row("bearable again", "run", "", is(test::memory(8000, 8), true));
    row("pressure not told", "run", "", is(test::memory(8000, -1)));
  }
  void memory() { check(); }

  void gpus_data() {
    columns();
    const auto are = [](std::vector<v1::Gpu> all, bool software = false) {
      return [all, software](model::Facts& f, v1::Settings& s, model::Verdicts&) {
        f.gpus.value = all;
        s.mutable_gpu()->set_allow_software(software);
      };
    };
    row("none", "evict", "no_gpu", are({}));
    row("unusable", "evict", "no_gpu", are({gpu("a", "discrete", false)}));
    row("software", "evict", "no_gpu", are({gpu("a", "software")}));
    row("software allowed", "run", "", are({gpu("a", "software")}, true));
    row("one of two", "run", "", are({gpu("a", "discrete", false), gpu("b")}));
    row("not looked for yet", "park", "starting", [](auto& f, auto&, auto&) { f.gpus = {}; });
    row("could not look", "evict", "no_gpu", [](auto& f, auto&, auto&) {
      f.gpus.value.clear();
      f.gpuTrouble = "the driver crashed";
    });
  }
  void gpus() { check(); }

  void staleReadings_data() {
    columns();
    row("temperatures", "park", "starting", [](auto& f, auto&, auto&) { f.temperatures.at = kStart - Seconds(30); });
    row("fresh to the last", "run", "",
        [](auto& f, auto&, auto&) { f.temperatures.at = kStart - Seconds(30) + Nanoseconds(1); });
    row("power", "park", "starting", [](auto& f, auto&, auto&) { f.power.at.reset(); });
    row("memory", "park", "starting", [](auto& f, auto&, auto&) { f.memory.at.reset(); });
    row("all", "park", "starting", [](auto& f, auto&, auto&) { f.memory = {}, f.power = {}, f.temperatures = {}; });
    row("stale heat is no reason while the owner is here", "park", "owner_present", [](auto& f, auto&, auto& p) {
      f.presence.lastActivity = kStart;
      f.temperatures = {.value = {temperature("GPU", 99, true)}, .at = kStart - Seconds(31)};
      f.power = {}, f.memory = {};
      p.memory.gpus.hot = true;
    });
    row("fresh heat is", "park", "owner_present too_hot", [](auto& f, auto&, auto&) {
      f.presence.lastActivity = kStart;
      f.temperatures.value = {temperature("GPU", 99, true)};
      f.power = {}, f.memory = {};
    });
    row("no \"starting\" beside a real reason", "park", "too_hot", [](auto& f, auto&, auto&) {
      f.temperatures.value = {temperature("GPU", 99, true)};
      f.power = {}, f.memory = {};
    });
  }
  void staleReadings() { check(); }

  void theReasonNamesWhatIsMissing() {
    auto facts = quietMachine();
    facts.gpus = {};
    facts.memory = {};
    const auto verdicts = policy::decide(facts, sharing(), {});
    QCOMPARE(verdicts.device.reasons.front().value(), std::string("not known yet: GPUs, memory"));
  }

  void heatIsRememberedWhileNotMeasured() {
    auto facts = quietMachine();
    facts.temperatures.value = {temperature("GPU", 85, true)};
    auto verdicts = policy::decide(facts, sharing(), {});
    facts.temperatures.at = kStart - Seconds(60);
    verdicts = policy::decide(facts, sharing(), verdicts);
    QCOMPARE(rulesOf(verdicts.device), QStringList{"starting"});
    facts.temperatures = {.value = {temperature("GPU", 75, true)}, .at = kStart};
    verdicts = policy::decide(facts, sharing(), verdicts);
    QCOMPARE(rulesOf(verdicts.device), QStringList{"too_hot"});
  }

  void wordsOfAReason() {
    auto facts = quietMachine();
    facts.temperatures.value = {temperature("GPU", 84.4, true)};
    const auto reason = policy::decide(facts, sharing(), {}).device.reasons.front();
    QCOMPARE(reason.text(), std::string("The GPU is at 84 °C; work goes on at 70 °C"));
    QCOMPARE(reason.value(), std::string("84 °C"));
    QCOMPARE(reason.threshold(), std::string("70 °C"));
    QCOMPARE(reason.setting(), std::string("thermal.stop"));
    QCOMPARE(reason.unit(), std::string("celsius"));
    QCOMPARE(reason.value_number(), 84.4);
    QCOMPARE(reason.threshold_number(), 70.0);
  }
};

QTEST_GUILESS_MAIN(TestRules)
#include "test_rules.moc"
