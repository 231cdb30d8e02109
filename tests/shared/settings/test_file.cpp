// SPDX-License-Identifier: Apache-2.0
// What becomes of files that people, other versions and failing disks leave behind.
#include "base/file.h"
#include "settings/store.h"

#include <QTemporaryDir>
#include <QTest>

#include <memory>

using namespace lull;
using settings::Store;

class TestSettingsFile : public QObject {
  Q_OBJECT

private slots:
  void init() {
    m_folder = std::make_unique<QTemporaryDir>();
    m_file = std::filesystem::path(m_folder->path().toStdString()) / "settings.json";
  }

  void unknownKeysAndGroupsSurvive() {
    auto store = opened(R"({"later": {"x": [1, {"y": null}]}, "thermal": {"stop": 75, "fans": "all"}, "n": 5})");
    QVERIFY(store.troubles().empty());
    QVERIFY(store.set("thermal.resume", "60", v1::RIGHT_CONTROL).ok());
    QCOMPARE(written(),
             std::string(R"({"later":{"x":[1,{"y":null}]},"n":5,"thermal":{"fans":"all","resume":60,"stop":75}})"));
    QVERIFY(store.reset("", v1::RIGHT_ADMINISTER).ok());
    QCOMPARE(written(), std::string(R"({"later":{"x":[1,{"y":null}]},"n":5,"thermal":{"fans":"all"}})"));
  }

  void aDamagedFileIsSetAside_data() {
    QTest::addColumn<QByteArray>("bytes");
    QTest::newRow("cut off") << QByteArray(R"({"thermal": {"stop": 7)");
    QTest::newRow("empty") << QByteArray("");
    QTest::newRow("zeros") << QByteArray(4096, '\0');
    QTest::newRow("no object") << QByteArray("[1, 2]");
    QTest::newRow("trailing comma") << QByteArray(R"({"thermal": {"stop": 75},})");
    QTest::newRow("bad UTF-8") << QByteArray("{\"a\": \"\xff\"}");
    QTest::newRow("deep") << QByteArray(R"({"a":)") + QByteArray(100000, '[') + QByteArray(100000, ']') + "}";
    QTest::newRow("huge") << QByteArray((1 << 20) + 1, ' ');
  }
  void aDamagedFileIsSetAside() {
    QFETCH(QByteArray, bytes);
    auto store = opened(bytes.toStdString());
    QCOMPARE(store.values().thermal().stop(), 80U);
    QCOMPARE(store.troubles().size(), 1U);
    const auto aside = damagedFiles();
    QCOMPARE(aside.size(), 1U);
    const auto& trouble = store.troubles().front();
    QVERIFY(trouble.find("was damaged") != std::string::npos);
    QVERIFY(trouble.find(aside.front().native()) != std::string::npos);
    QVERIFY(trouble.ends_with("The defaults are used."));
    QCOMPARE(QByteArray::fromStdString(*readFile(aside.front(), 1 << 21)), bytes);  // never lost
    QVERIFY(store.set("thermal.stop", "75", v1::RIGHT_CONTROL).ok());
    QCOMPARE(Store::open(m_file)->values().thermal().stop(), 75U);
  }

  void twoDamagedFilesInOneSecondAreBothKept() {
    (void)opened("first");
    (void)opened("second");
    (void)opened("third");
    QCOMPARE(damagedFiles().size(), 3U);
  }

  void aWrongValueIsReportedAndKept_data() {
    QTest::addColumn<QByteArray>("value");
    QTest::newRow("out of range") << QByteArray("200");
    QTest::newRow("text") << QByteArray("\"75\"");
    QTest::newRow("fraction") << QByteArray("75.5");
    QTest::newRow("negative") << QByteArray("-1");
    QTest::newRow("huge") << QByteArray("18446744073709551616");
    QTest::newRow("bool") << QByteArray("true");
    QTest::newRow("nothing") << QByteArray("null");
    QTest::newRow("list") << QByteArray("[75]");
  }
  void aWrongValueIsReportedAndKept() {
    QFETCH(QByteArray, value);
    auto store = opened(R"({"thermal": {"stop": )" + value.toStdString() + "}}");
    QCOMPARE(store.values().thermal().stop(), 80U);
    QCOMPARE(store.troubles().size(), 1U);
    const auto trouble = store.troubles().front();
    QVERIFY2(trouble.find("thermal.stop: ") != std::string::npos, trouble.c_str());
    QVERIFY2(trouble.ends_with("The default 80 is used."), trouble.c_str());
    QVERIFY(store.set("power.on_battery", "yes", v1::RIGHT_CONTROL).ok());
    QVERIFY(written().find("\"stop\":") != std::string::npos);  // kept while something else changes
    QCOMPARE(store.troubles().size(), 1U);
    QVERIFY(store.set("thermal.stop", "75", v1::RIGHT_CONTROL).ok());
    QVERIFY(store.troubles().empty());
    QVERIFY(Store::open(m_file)->troubles().empty());
    QCOMPARE(Store::open(m_file)->values().thermal().stop(), 75U);
  }

  void resettingAWrongValueRemovesIt() {
    auto store = opened(R"({"thermal": {"stop": 200, "resume": 60}})");
    QVERIFY(store.reset("thermal.stop", v1::RIGHT_CONTROL).ok());
    QVERIFY(store.troubles().empty());
    QCOMPARE(written(), std::string(R"({"thermal":{"resume":60}})"));
  }

  void aGroupThatIsNoGroup() {
    auto store = opened(R"({"power": 5, "thermal": {"stop": 75}})");
    QCOMPARE(store.troubles().size(), 2U);  // one for each setting of the group
    QCOMPARE(store.values().thermal().stop(), 75U);
    QVERIFY(store.set("thermal.stop", "76", v1::RIGHT_CONTROL).ok());
    QVERIFY(written().find(R"("power":5)") != std::string::npos);
    QVERIFY(store.set("power.min_battery", "40", v1::RIGHT_CONTROL).ok());
    QVERIFY(store.troubles().empty());
    QCOMPARE(written(), std::string(R"({"power":{"min_battery":40},"thermal":{"stop":76}})"));
    auto other = opened(R"({"power": 5})");
    QVERIFY(other.reset("power.on_battery", v1::RIGHT_CONTROL).ok());
    QCOMPARE(written(), std::string("{}"));
  }

  void valuesThatDoNotGoTogether() {
    auto store = opened(R"({"thermal": {"stop": 60, "resume": 65}})");
    QCOMPARE(store.values().thermal().stop(), 80U);
    QCOMPARE(store.values().thermal().resume(), 70U);
    QCOMPARE(store.troubles().size(), 2U);
    QVERIFY(store.set("sharing.enabled", "on", v1::RIGHT_CONTROL).ok());
    QVERIFY(written().find(R"("resume":65)") != std::string::npos);
    QVERIFY(store.set("thermal.stop", "75", v1::RIGHT_CONTROL).ok());
    QVERIFY(store.troubles().empty());
    const auto again = Store::open(m_file);
    QVERIFY(again->troubles().empty());
    QCOMPARE(again->values().thermal().stop(), 75U);
    QCOMPARE(again->values().thermal().resume(), 70U);
  }

  void aFileThatCannotBeReadIsAnError() {
    std::filesystem::create_directory(m_file);
    const auto store = Store::open(m_file);
    QVERIFY(!store.ok());
    QVERIFY(store.error().text().starts_with("reading the settings: "));
  }

  void reloadTakesWhatAPersonWrote() {
    auto store = opened("{}");
    QVERIFY(replaceFile(m_file, R"({"thermal": {"stop": 77}})").ok());
    QVERIFY(store.reload().ok());
    QCOMPARE(store.values().thermal().stop(), 77U);
    std::filesystem::remove(m_file);
    QVERIFY(store.reload().ok());
    QCOMPARE(store.values().thermal().stop(), 80U);
  }

  void reloadOfADamagedFileKeepsWhatIsInUse() {
    auto store = opened(R"({"thermal": {"stop": 77}, "later": 1})");
    QVERIFY(replaceFile(m_file, "{").ok());
    const auto outcome = store.reload();
    QVERIFY(!outcome);
    QCOMPARE(store.values().thermal().stop(), 77U);
    QCOMPARE(store.troubles().size(), 1U);
    QCOMPARE(damagedFiles().size(), 1U);
    QCOMPARE(written(), std::string(R"({"later":1,"thermal":{"stop":77}})"));
    QVERIFY(store.reload().ok());
    QVERIFY(store.troubles().empty());
  }

  void reloadOfAnUnreadableFileKeepsWhatIsInUse() {
    auto store = opened(R"({"thermal": {"stop": 77}})");
    std::filesystem::remove(m_file);
    std::filesystem::create_directory(m_file);
    QVERIFY(!store.reload());
    QCOMPARE(store.values().thermal().stop(), 77U);
  }

private:
  Store opened(const std::string& bytes) {
    if (!replaceFile(m_file, bytes)) qFatal("cannot write the settings file");
    auto store = Store::open(m_file);
    if (!store) qFatal("%s", store.error().text().c_str());
    return std::move(*store);
  }

  std::string written() const {
    auto bytes = readFile(m_file);
    if (!bytes) return bytes.error().text();
    std::erase_if(*bytes, [](char c) { return c == ' ' || c == '\n'; });
    return *bytes;
  }

  std::vector<std::filesystem::path> damagedFiles() const {
    std::vector<std::filesystem::path> found;
    for (const auto& entry : std::filesystem::directory_iterator(m_file.parent_path())) {
      if (entry.path().native().find("settings.json.damaged-") != std::string::npos) found.push_back(entry.path());
    }
    return found;
  }

  std::unique_ptr<QTemporaryDir> m_folder;
  std::filesystem::path m_file;
};

QTEST_GUILESS_MAIN(TestSettingsFile)
#include "test_file.moc"
