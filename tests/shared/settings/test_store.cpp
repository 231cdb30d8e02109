// SPDX-License-Identifier: Apache-2.0
// What a person or a client may do with settings, and what is answered.
#include "base/file.h"
#include "settings/store.h"

#include <QTemporaryDir>
#include <QTest>

#include <algorithm>
#include <memory>

using namespace lull;
using settings::Store;

class TestStore : public QObject {
  Q_OBJECT

private slots:
  void init() {
    m_folder = std::make_unique<QTemporaryDir>();
    m_file = std::filesystem::path(m_folder->path().toStdString()) / "settings.json";
    auto store = Store::open(m_file);
    QVERIFY(store.ok());
    m_store = std::make_unique<Store>(std::move(*store));
  }

  void withoutAFileTheDefaultsHold() {
    QCOMPARE(m_store->values().thermal().stop(), 80U);
    QCOMPARE(m_store->values().presence().idle_after(), 120U);
    QCOMPARE(m_store->values().log().level(), std::string("info"));
    QVERIFY(m_store->troubles().empty());
    QVERIFY(!std::filesystem::exists(m_file));
  }

  void whatIsSetIsKept() {
    auto set = m_store->set("thermal.stop", "75", v1::RIGHT_CONTROL);
    QVERIFY(set.ok());
    QCOMPARE(set->value(), std::string("75"));
    QCOMPARE(set->default_value(), std::string("80"));
    QVERIFY(set->changed());
    QVERIFY(m_store->set("sharing.enabled", "on", v1::RIGHT_CONTROL).ok());
    QVERIFY(m_store->set("log.level", "debug", v1::RIGHT_ADMINISTER).ok());
    const auto again = Store::open(m_file);
    QVERIFY(again.ok());
    QCOMPARE(again->values().thermal().stop(), 75U);
    QCOMPARE(again->values().sharing().enabled(), true);
    QCOMPARE(again->values().log().level(), std::string("debug"));
    QCOMPARE(again->values().thermal().resume(), 70U);
  }

  void onlyWhatDiffersIsWritten() {
    QVERIFY(m_store->set("thermal.stop", "75", v1::RIGHT_CONTROL).ok());
    QCOMPARE(written(), std::string(R"({"thermal":{"stop":75}})"));
    QVERIFY(m_store->set("thermal.stop", "80", v1::RIGHT_CONTROL).ok());
    QCOMPARE(written(), std::string("{}"));
  }

  void aWrongValueNamesKeyValueAndRange() {
    const auto set = m_store->set("thermal.stop", "200", v1::RIGHT_CONTROL);
    QVERIFY(!set.ok());
    QCOMPARE(set.error().kind(), Error::Kind::Invalid);
    QCOMPARE(set.error().text(),
             std::string("thermal.stop: \"200\" is not allowed; give a whole number from 30 to 110 °C"));
    QCOMPARE(m_store->values().thermal().stop(), 80U);
    QVERIFY(!std::filesystem::exists(m_file));
  }

  void combinationsAreHeld() {
    const auto set = m_store->set("thermal.stop", "60", v1::RIGHT_CONTROL);
    QVERIFY(!set.ok());
    QCOMPARE(set.error().text(), std::string("thermal.stop: thermal.resume (70) must be below thermal.stop (60)"));
    QVERIFY(m_store->set("thermal.resume", "50", v1::RIGHT_CONTROL).ok());
    QVERIFY(m_store->set("thermal.stop", "60", v1::RIGHT_CONTROL).ok());
    const auto reset = m_store->reset("thermal.resume", v1::RIGHT_CONTROL);  // 70 again: not below 60
    QVERIFY(!reset.ok());
    QCOMPARE(m_store->values().thermal().resume(), 50U);
    QVERIFY(m_store->reset("thermal", v1::RIGHT_CONTROL).ok());
    QCOMPARE(m_store->values().thermal().resume(), 70U);
    QCOMPARE(m_store->values().thermal().stop(), 80U);
  }

  void whoMayChange_data() {
    QTest::addColumn<QString>("key");
    QTest::addColumn<QString>("value");
    QTest::addColumn<int>("right");
    QTest::addColumn<bool>("may");
    QTest::newRow("control, nobody") << "thermal.stop"
                                     << "75" << int(v1::RIGHT_UNSPECIFIED) << false;
    QTest::newRow("control, observer") << "thermal.stop"
                                       << "75" << int(v1::RIGHT_OBSERVE) << false;
    QTest::newRow("control, controller") << "thermal.stop"
                                         << "75" << int(v1::RIGHT_CONTROL) << true;
    QTest::newRow("control, administrator") << "thermal.stop"
                                            << "75" << int(v1::RIGHT_ADMINISTER) << true;
    QTest::newRow("administer, controller") << "gpu.piece_ms"
                                            << "8" << int(v1::RIGHT_CONTROL) << false;
    QTest::newRow("administer, administrator") << "gpu.piece_ms"
                                               << "8" << int(v1::RIGHT_ADMINISTER) << true;
  }
  void whoMayChange() {
    QFETCH(QString, key);
    QFETCH(QString, value);
    QFETCH(int, right);
    QFETCH(bool, may);
    const auto caller = static_cast<v1::Right>(right);
    const auto described = m_store->describe(key.toStdString(), caller);
    QVERIFY(described.ok());
    QCOMPARE(described->front().may_change(), may);
    const auto set = m_store->set(key.toStdString(), value.toStdString(), caller);
    QCOMPARE(set.ok(), may);
    const auto reset = m_store->reset(key.toStdString(), caller);
    QCOMPARE(reset.ok(), may);
    if (may) return;
    QCOMPARE(set.error().kind(), Error::Kind::Denied);
    QCOMPARE(reset.error().kind(), Error::Kind::Denied);
    QVERIFY(set.error().text().find(key.toStdString()) != std::string::npos);
  }

  void resettingAllNeedsTheRightForWhatChanges() {
    QVERIFY(m_store->set("thermal.stop", "75", v1::RIGHT_CONTROL).ok());
    QVERIFY(m_store->reset("", v1::RIGHT_CONTROL).ok());  // nothing else is changed
    QVERIFY(m_store->set("thermal.stop", "75", v1::RIGHT_CONTROL).ok());
    QVERIFY(m_store->set("gpu.piece_ms", "8", v1::RIGHT_ADMINISTER).ok());
    const auto reset = m_store->reset("", v1::RIGHT_CONTROL);
    QVERIFY(!reset.ok());
    QCOMPARE(m_store->values().thermal().stop(), 75U);  // all or nothing
    QVERIFY(m_store->reset("", v1::RIGHT_ADMINISTER).ok());
    QCOMPARE(m_store->values().thermal().stop(), 80U);
    QCOMPARE(m_store->values().gpu().piece_ms(), 4U);
    QCOMPARE(written(), std::string("{}"));
  }

  void unknownKeys() {
    for (const auto& outcome : {m_store->set("thermal.stp", "1", v1::RIGHT_ADMINISTER).error(),
                                m_store->reset("thermal.stp", v1::RIGHT_ADMINISTER).error(),
                                m_store->describe("thermal.stp", v1::RIGHT_ADMINISTER).error()}) {
      QCOMPARE(outcome.kind(), Error::Kind::NotFound);
      QVERIFY(outcome.text().ends_with("did you mean thermal.stop?"));
    }
    QVERIFY(!m_store->set("thermal", "1", v1::RIGHT_ADMINISTER).ok());  // a group is no setting
  }

  void descriptionsAreWhole() {
    const auto all = m_store->describe("", v1::RIGHT_CONTROL);
    QVERIFY(all.ok());
    const auto found = std::ranges::find(*all, "thermal.stop", &v1::Setting::key);
    QVERIFY(found != all->end());
    QCOMPARE(found->type(), std::string("integer"));
    QCOMPARE(found->unit(), std::string("°C"));
    QCOMPARE(found->min(), 30.0);
    QCOMPARE(found->max(), 110.0);
    QCOMPARE(found->who(), v1::RIGHT_CONTROL);
    QVERIFY(!found->text().empty());
    QVERIFY(!found->changed());
    QVERIFY(found->may_change());
    const auto level = m_store->describe("log.level", v1::RIGHT_CONTROL);
    QCOMPARE(level->front().choices_size(), 5);
    QVERIFY(!level->front().may_change());
  }

  void whatCannotBeSavedIsNotTaken() {
    QVERIFY(m_folder->remove());
    const auto set = m_store->set("thermal.stop", "75", v1::RIGHT_CONTROL);
    QVERIFY(!set.ok());
    QVERIFY(set.error().text().starts_with("saving the settings: "));
    QCOMPARE(m_store->values().thermal().stop(), 80U);
  }

private:
  std::string written() const {
    auto bytes = readFile(m_file);
    if (!bytes) return bytes.error().text();
    std::erase_if(*bytes, [](char c) { return c == ' ' || c == '\n'; });
    return *bytes;
  }

  std::unique_ptr<QTemporaryDir> m_folder;
  std::filesystem::path m_file;
  std::unique_ptr<Store> m_store;
};

QTEST_GUILESS_MAIN(TestStore)
#include "test_store.moc"
