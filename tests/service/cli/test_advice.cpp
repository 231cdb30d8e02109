// SPDX-License-Identifier: Apache-2.0
// What `lull why` advises.
#include "cli/suggestion.h"

#include <QtTest>

Q_DECLARE_METATYPE(lull::v1::Reason)
Q_DECLARE_METATYPE(lull::v1::Setting)

using namespace lull;
using namespace lull::cli;

namespace {

v1::Setting setting(const char* key, const char* type, const char* value, double min, double max, const char* unit) {
  v1::Setting out;
  out.set_key(key);
  out.set_type(type);
  out.set_value(value);
  out.set_min(min);
  out.set_max(max);
  out.set_unit(unit);
  return out;
}

v1::Reason reason(const char* rule, const char* unit, double value, double threshold) {
  v1::Reason out;
  out.set_rule(rule);
  out.set_unit(unit);
  out.set_value_number(value);
  out.set_threshold_number(threshold);
  return out;
}

}  // namespace

class TestAdvice : public QObject {
  Q_OBJECT

private slots:
  void values_data() {
    QTest::addColumn<v1::Reason>("why");
    QTest::addColumn<v1::Setting>("what");
    QTest::addColumn<QString>("value");
    const auto stop = setting("thermal.stop", "integer", "80", 30, 110, "°C");
    QTest::newRow("a hot GPU") << reason("too_hot", "celsius", 84, 80) << stop << "85";
    QTest::newRow("on the step, so the next") << reason("too_hot", "celsius", 85, 80) << stop << "90";
    QTest::newRow("hotter than may be allowed") << reason("too_hot", "celsius", 112, 80) << stop << "";
    const auto idle = setting("presence.idle_after", "integer", "120", 1, 86400, "s");
    QTest::newRow("the owner is here") << reason("owner_present", "seconds", 4, 120) << idle << "60";
    const auto shortest = setting("presence.idle_after", "integer", "1", 1, 86400, "s");
    QTest::newRow("no shorter than the least") << reason("owner_present", "seconds", 0, 1) << shortest << "";
    const auto battery = setting("power.min_battery", "integer", "50", 0, 100, "%");
    QTest::newRow("a low battery") << reason("on_battery", "percent", 43, 50) << battery << "40";
    const auto memory = setting("memory.min_available", "integer", "1024", 0, 1048576, "MiB");
    QTest::newRow("bytes in MiB") << reason("memory_pressure", "bytes", 700.0 * 1048576, 1024.0 * 1048576) << memory
                                  << "700";
    QTest::newRow("a switch") << reason("on_battery", "", 0, 0)
                              << setting("power.on_battery", "bool", "false", 0, 0, "") << "true";
    auto choice = setting("presence.unattended", "text", "present", 0, 0, "");
    choice.add_choices("away");
    choice.add_choices("present");
    QTest::newRow("a choice") << reason("owner_present", "", 0, 0) << choice << "away";
    QTest::newRow("a warm GPU") << reason("warm", "celsius", 76, 72)
                                << setting("thermal.soften", "integer", "8", 0, 50, "°C") << "0";
    QTest::newRow("a part of the GPU") << reason("max_duty", "percent", 30, 100)
                                       << setting("gpu.max_duty", "integer", "30", 1, 100, "%") << "100";
    QTest::newRow("no numbers known") << reason("too_hot", "", 0, 0) << stop << "";
  }
  void values() {
    QFETCH(v1::Reason, why);
    QFETCH(v1::Setting, what);
    QFETCH(QString, value);
    QCOMPARE(QString::fromStdString(suggestedValue(why, what).value_or("")), value);
    const auto command = suggestedCommand(why, what);
    QCOMPARE(QString::fromStdString(command),
             value.isEmpty() ? QString() : "lull settings set " + QString::fromStdString(what.key()) + " " + value);
  }

  void wishesHaveCommandsOfTheirOwn() {
    QCOMPARE(suggestedCommand(reason("paused", "", 0, 0), std::nullopt), std::string("lull resume"));
    QCOMPARE(suggestedCommand(reason("sharing_off", "", 0, 0), setting("sharing.enabled", "bool", "false", 0, 0, "")),
             std::string("lull share on"));
    QCOMPARE(suggestedCommand(reason("no_gpu", "", 0, 0), std::nullopt), std::string());
  }
};

QTEST_GUILESS_MAIN(TestAdvice)
#include "test_advice.moc"
