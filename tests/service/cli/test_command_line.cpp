// SPDX-License-Identifier: Apache-2.0
// What holds for every command: no service, another version, wrong words, help.
#include "service/cli/command_test.h"

#include <QtTest>

using namespace lull;
using namespace lull::test;

class TestCommandLine : public CommandTest {
  Q_OBJECT

private slots:
  void noService() {
    const auto socket = m_service->folder() + "/none.sock";
    for (const QStringList& arguments :
         {QStringList{"status"}, {"why"}, {"tasks"}, {"watch"}, {"log", "--follow"}, {"settings"}}) {
      const auto ran = run(socket, arguments);
      QCOMPARE(ran.code, 3);
      QCOMPARE(ran.err, "lull: lulld is not running (no one listens on " + socket.toUtf8() +
                            "). Start it with `systemctl start lulld`, or `./dev run` in a source tree.\n");
    }
    QCOMPARE(run(socket, {"status", "--json"}).errorKind(), "unreachable");
    // --socket is stronger than the environment, wherever it stands.
    QCOMPARE(run(socket, {"status", "--socket", m_service->socket()}).code, 0);
    QCOMPARE(run(socket, {"--socket", m_service->socket(), "settings", "get", "thermal.stop"}).code, 0);
  }

  void anotherVersion() {
    m_service->change([](auto& state) { state.refuseVersion = true; });
    const auto ran = lull({"status", "--json"});
    QCOMPARE(ran.code, 1);
    QCOMPARE(ran.errorKind(), "version");
  }

  void wrongCommandLines_data() {
    QTest::addColumn<QStringList>("arguments");
    QTest::addColumn<QString>("part");
    QTest::newRow("a slip") << QStringList{"statsu"} << "Do you mean: lull status";
    QTest::newRow("an invention") << QStringList{"elephant"} << "lull help";
    QTest::newRow("unknown option") << QStringList{"tasks", "--foo"} << "--foo";
    QTest::newRow("missing id") << QStringList{"task"} << "lull task wants TASK";
    QTest::newRow("missing file") << QStringList{"submit"} << "wants FILE";
    QTest::newRow("not a count") << QStringList{"tasks", "-n", "many"} << "-n";
    QTest::newRow("no count at all") << QStringList{"tasks", "-n", "0"} << "-n";
    QTest::newRow("unknown state") << QStringList{"tasks", "--state", "asleep"} << "asleep";
    QTest::newRow("priority") << QStringList{"submit", "x.json", "--priority", "500"} << "priority";
    QTest::newRow("shell") << QStringList{"completion", "csh"} << "csh";
    QTest::newRow("help for nothing") << QStringList{"help", "elephant"} << "elephant";
    QTest::newRow("too many words") << QStringList{"status", "please"} << "please";
  }
  void wrongCommandLines() {
    QFETCH(QStringList, arguments);
    QFETCH(QString, part);
    const auto words = lull(arguments);
    QCOMPARE(words.code, 2);
    QVERIFY2(QString::fromUtf8(words.err).contains(part), words.err);
    QCOMPARE(words.err.count('\n'), 1);
    QCOMPARE(lull(arguments + QStringList{"--json"}).errorKind(), "usage");
  }

  void helpOfEveryCommand() {
    const auto all = lull({"help"});
    QCOMPARE(all.code, 0);
    QCOMPARE(lull({"--help"}).out, all.out);
    QCOMPARE(lull({}).out, all.out);
    QVERIFY(all.out.contains("130  interrupted"));
    QVERIFY(fits80(all.out));
    static const QRegularExpression command("^  (\\w+)  ", QRegularExpression::MultilineOption);
    auto matches = command.globalMatch(QString::fromUtf8(all.out).section("Commands:", 1).section("Options:", 0, 0));
    int count = 0;
    for (; matches.hasNext(); ++count) {
      const auto name = matches.next().captured(1);
      const auto help = lull({"help", name});
      QCOMPARE(help.code, 0);
      QVERIFY(help.out.contains("Usage: lull " + name.toUtf8()));
      QVERIFY(fits80(help.out));
      QCOMPARE(lull({name, "--help"}).out, help.out);
    }
    QVERIFY(count >= 18);
    QVERIFY(lull({"help", "settings", "set"}).out.contains("Usage: lull settings set KEY VALUE"));
    QCOMPARE(lull({"--version"}).out, QByteArray("lull 0.1.0\n"));
  }
};

QTEST_GUILESS_MAIN(TestCommandLine)
#include "test_command_line.moc"
