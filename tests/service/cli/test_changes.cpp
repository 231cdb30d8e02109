// SPDX-License-Identifier: Apache-2.0
// lull cancel, pause, resume, share and settings: what they change, and who may.
#include "base/time.h"
#include "service/cli/command_test.h"

#include <QJsonArray>
#include <QtTest>

using namespace lull;
using namespace lull::test;

class TestChanges : public CommandTest {
  Q_OBJECT

private slots:
  void cancelSeveral() {
    addTasks(*m_service, 3);
    QCOMPARE(lull({"cancel", "t-000000000001"}).out, QByteArray("t-000000000001 is cancelled.\n"));
    const auto mixed = lull({"cancel", "t-000000000001", "t-nonsense", "t-000000000000"});  // fine, missing, done
    QCOMPARE(mixed.code, 1);
    QVERIFY(mixed.out.contains("t-000000000001 is cancelled"));
    QVERIFY(mixed.err.contains("there is no task t-nonsense") && mixed.err.contains("done already"));
    QCOMPARE(lull({"cancel", "t-0"}).code, 1);  // begins three tasks
  }

  void pauseAndResume() {
    QVERIFY(lull({"pause"}).out.contains("until you say `lull resume`"));
    QCOMPARE(pausedUntil(), qint64(-1));
    const auto ran = lull({"pause", "1h30m"});
    QCOMPARE(ran.code, 0);
    QVERIFY2(ran.out.contains("1 h 30 min from now"), ran.out);
    QVERIFY(qAbs(pausedUntil() - SystemClock().now().unixMs - 5'400'000) < 60'000);
    QCOMPARE(lull({"pause", "until", "tomorrow"}).code, 0);
    QCOMPARE(pausedUntil() % 86'400'000, qint64(0));
    QCOMPARE(lull({"resume"}).code, 0);
    QCOMPARE(pausedUntil(), qint64(0));
    QCOMPARE(lull({"pause", "5m", "--json"}).out, QByteArray("{}\n"));
    const auto wrong = lull({"pause", "30x"});
    QCOMPARE(wrong.code, 2);
    QVERIFY(wrong.err.contains("30m"));
    const auto hint = lull({"pause", "18:00", "--json"});
    QCOMPARE(hint.code, 2);
    QCOMPARE(hint.errorKind(), "usage");
  }

  void sharing() {
    QVERIFY(lull({"share", "off"}).out.contains("Sharing is off"));
    m_service->change([](auto& state) { QVERIFY(!state.status.sharing()); });
    QVERIFY(lull({"share", "on"}).out.contains("Sharing is on"));
    m_service->change([](auto& state) { QVERIFY(state.status.sharing()); });
    const auto neither = lull({"share"});
    QCOMPARE(neither.code, 2);
    QVERIFY(neither.err.contains("on, off"));
    QCOMPARE(lull({"share", "maybe"}).code, 2);
  }

  void settingsAll() {
    const auto all = lull({"settings"});
    QCOMPARE(all.code, 0);
    QVERIFY(all.out.contains("thermal.stop") && all.out.contains("80 °C"));
    QVERIFY(fits80(all.out));
    QVERIFY(lull({"settings", "thermal"}).out.contains("thermal.resume"));
    const auto one = lull({"settings", "thermal.stop"});
    QVERIFY2(one.out.contains("30 to 110") && one.out.contains("members of the group lull"), one.out);
    QCOMPARE(lull({"settings", "get", "thermal.stop"}).out, QByteArray("80\n"));
    QCOMPARE(lull({"settings", "set", "thermal.stop", "85"}).out, QByteArray("thermal.stop is now 85 °C.\n"));
    QVERIFY(lull({"settings", "thermal"}).out.contains("85 °C *"));
    QCOMPARE(lull({"settings", "get", "thermal.stop", "--json"})
                 .json()["settings"]
                 .toArray()[0]
                 .toObject()["value"]
                 .toString(),
             "85");
    QCOMPARE(lull({"settings", "reset", "thermal.stop"}).out, QByteArray("thermal.stop is 80 °C again.\n"));
    QCOMPARE(lull({"settings", "reset", "--all"}).code, 0);
  }

  void settingsWrong_data() {
    QTest::addColumn<QStringList>("arguments");
    QTest::addColumn<int>("code");
    QTest::addColumn<QString>("kind");
    QTest::newRow("unknown key") << QStringList{"settings", "set", "thermal.stopp", "85"} << 5 << "not_found";
    QTest::newRow("unknown group") << QStringList{"settings", "nonsense"} << 5 << "not_found";
    QTest::newRow("out of range") << QStringList{"settings", "set", "thermal.stop", "500"} << 1 << "invalid";
    QTest::newRow("no number") << QStringList{"settings", "set", "thermal.stop", "warm"} << 1 << "invalid";
    QTest::newRow("below zero is a value, not an option")
        << QStringList{"settings", "set", "thermal.stop", "-5"} << 1 << "invalid";
    QTest::newRow("a group has no value") << QStringList{"settings", "get", "thermal"} << 5 << "not_found";
    QTest::newRow("no value") << QStringList{"settings", "set", "thermal.stop"} << 2 << "usage";
    QTest::newRow("reset what") << QStringList{"settings", "reset"} << 2 << "usage";
    QTest::newRow("reset one and all") << QStringList{"settings", "reset", "thermal.stop", "--all"} << 2 << "usage";
  }
  void settingsWrong() {
    QFETCH(QStringList, arguments);
    QFETCH(int, code);
    QFETCH(QString, kind);
    const auto words = lull(arguments);
    QCOMPARE(words.code, code);
    QVERIFY(words.err.startsWith("lull: "));
    QCOMPARE(words.out, QByteArray());
    const auto json = lull(arguments + QStringList{"--json"});
    QCOMPARE(json.code, code);
    QCOMPARE(json.errorKind(), kind);
  }

  void whoMayOnlyLook_data() {
    QTest::addColumn<QStringList>("arguments");
    QTest::newRow("pause") << QStringList{"pause"};
    QTest::newRow("resume") << QStringList{"resume"};
    QTest::newRow("share") << QStringList{"share", "on"};
    QTest::newRow("cancel") << QStringList{"cancel", "t-1"};
    QTest::newRow("set") << QStringList{"settings", "set", "thermal.stop", "85"};
  }
  void whoMayOnlyLook() {
    QFETCH(QStringList, arguments);
    m_service->change([](auto& state) { state.right = v1::RIGHT_OBSERVE; });
    const auto words = lull(arguments);
    QCOMPARE(words.code, 4);
    QVERIFY(words.err.startsWith("lull: "));
    QCOMPARE(lull(arguments + QStringList{"--json"}).errorKind(), "denied");
    QCOMPARE(lull({"status"}).code, 0);
  }

private:
  [[nodiscard]] qint64 pausedUntil() const {
    qint64 until = 0;
    m_service->change([&](auto& state) { until = state.pausedUntil; });
    return until;
  }
};

QTEST_GUILESS_MAIN(TestChanges)
#include "test_changes.moc"
