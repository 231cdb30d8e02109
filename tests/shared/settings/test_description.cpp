// SPDX-License-Identifier: Apache-2.0
// Holds for every setting there is and will be.
#include "settings/combinations.h"
#include "settings/description.h"
#include "settings/store.h"
#include "settings/value.h"

#include <QRegularExpression>
#include <QTest>

#include <set>

using namespace lull;
using namespace lull::settings;

class TestDescription : public QObject {
  Q_OBJECT

private slots:
  void everySettingIsDescribedWhole_data() {
    QTest::addColumn<QString>("key");
    for (const auto& field : fields()) QTest::newRow(field.key().c_str()) << QString::fromStdString(field.key());
  }
  void everySettingIsDescribedWhole() {
    QFETCH(QString, key);
    const auto* field = findField(key.toStdString());
    QVERIFY(field != nullptr);
    const auto& meta = field->meta();
    QVERIFY2(!meta.text().empty(), "no text for people");
    QVERIFY2(meta.who() >= v1::RIGHT_CONTROL, "says not who may change it");
    QVERIFY2(!key.contains('-') && key == key.toLower(), "keys are lower case with underscores");
    v1::Settings settings;
    const auto outcome = field->assign(settings, meta.default_value());
    QVERIFY2(outcome.ok(), "its own default is not allowed, or its type is not one of settings.proto's");
    QCOMPARE(QString::fromStdString(field->text(defaults())), QString::fromStdString(meta.default_value()));
    const auto type = typeName(field->descriptor());
    if (type == "integer" || type == "number") QVERIFY2(hasRange(meta) && meta.min() < meta.max(), "no range");
  }

  void thereAreAllGroups() {
    std::set<std::string> groups;
    for (const auto& field : fields()) groups.insert(field.groupName());
    QCOMPARE(static_cast<int>(groups.size()), v1::Settings::descriptor()->field_count());
    QVERIFY(fields().size() >= 21);
  }

  void theDefaultsGoTogether() {
    QVERIFY(!combinations().empty());
    for (const auto& combination : combinations()) QVERIFY(holds(combination, defaults()).ok());
  }

  void brokenCombinationsNameBothSides() {
    auto settings = defaults();
    QVERIFY(findField("thermal.resume")->assign(settings, "80").ok());
    const auto outcome = holds(combinations().front(), settings);
    QVERIFY(!outcome);
    QCOMPARE(outcome.error().text(), std::string("thermal.resume (80) must be below thermal.stop (80)"));
  }

  void matchingByPrefix() {
    QCOMPARE(matching("")->size(), fields().size());
    QCOMPARE(matching("thermal")->size(), 3U);
    QCOMPARE(matching("thermal.stop")->size(), 1U);
    QVERIFY(!matching("therm").ok());
    QVERIFY(!matching("thermal.").ok());
  }

  void nearKeysAreSuggested_data() {
    QTest::addColumn<QString>("typed");
    QTest::addColumn<QString>("suggested");
    QTest::newRow("a slip") << "thermal.stp"
                            << "did you mean thermal.stop?";
    QTest::newRow("dashes") << "presence.idle-after"
                            << "did you mean presence.idle_after?";
    QTest::newRow("no group") << "allow_software"
                              << "did you mean gpu.allow_software?";
    QTest::newRow("wrong group") << "power.stop"
                                 << "`lull settings` lists all";
    QTest::newRow("nothing like it") << "colour"
                                     << "`lull settings` lists all";
    QTest::newRow("endless") << QString(1 << 16, 'x') << "`lull settings` lists all";
  }
  void nearKeysAreSuggested() {
    QFETCH(QString, typed);
    QFETCH(QString, suggested);
    const auto error = unknownKey(typed.toStdString());
    QCOMPARE(error.kind(), Error::Kind::NotFound);
    QVERIFY2(QString::fromStdString(error.text()).endsWith(suggested), error.text().c_str());
    QVERIFY(error.text().size() < 300);
  }
};

QTEST_GUILESS_MAIN(TestDescription)
#include "test_description.moc"
