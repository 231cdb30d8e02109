// SPDX-License-Identifier: Apache-2.0
// lull result: whole or not at all.
#include "base/sha256.h"
#include "service/cli/command_test.h"

#include <QDir>
#include <QFile>
#include <QtTest>

#include <csignal>

using namespace lull;
using namespace lull::test;

class TestResult : public CommandTest {
  Q_OBJECT

private slots:
  void init() {
    CommandTest::init();
    m_picture = QByteArray(5 * 512 * 1024 + 11, '\0');
    for (qsizetype i = 0; i < m_picture.size(); ++i) m_picture[i] = static_cast<char>(i * 31 % 251);
    addTask("t-picture", {{"picture.png", m_picture.toStdString()}});
    addTask("t-pair", {{"a.bin", "first"}, {"b.bin", "second"}});
  }

  void intoAFile() {
    const auto ran = lull({"result", "t-pic", "-o", path("mandel.png")});
    QVERIFY2(ran.code == 0, ran.err);
    QCOMPARE(read("mandel.png"), m_picture);
    QCOMPARE(entries(), QStringList{"mandel.png"});
    QVERIFY2(ran.out.contains("mandel.png: 2.6 MB"), ran.out);
    QCOMPARE(QFile::permissions(path("mandel.png")) & QFileDevice::ReadOwner, QFileDevice::ReadOwner);
  }

  void intoAFolder() {
    QCOMPARE(lull({"result", "t-pic", "-o", m_folder->path()}).code, 0);
    QCOMPARE(lull({"result", "t-pair", "-o", path("new/")}).code, 0);  // all of them, into a folder that is made
    QCOMPARE(lull({"result", "t-pair", "b.bin", "-o", path("one/")}).code, 0);
    QCOMPARE(read("picture.png"), m_picture);
    QCOMPARE(read("new/a.bin"), QByteArray("first"));
    QCOMPARE(read("new/b.bin"), QByteArray("second"));
    QCOMPARE(QDir(path("one")).entryList(QDir::Files), QStringList{"b.bin"});
  }

  void toStandardOutput() {
    const auto ran = lull({"result", "t-pic", "-o", "-"});
    QCOMPARE(ran.code, 0);
    QCOMPARE(ran.out, m_picture);
    QCOMPARE(ran.err, QByteArray());
  }

  void asJson() {
    const auto ran = lull({"result", "t-pair", "a.bin", "-o", path("a"), "--json"});
    QCOMPARE(ran.json()["sha256"].toString().toStdString(), sha256("first"));
    QCOMPARE(ran.json()["size"].toInt(), 5);
    QCOMPARE(ran.json()["path"].toString(), path("a"));
  }

  void anEmptyResult() {
    addTask("t-empty", {{"nothing", ""}});
    QCOMPARE(lull({"result", "t-empty", "-o", path("nothing")}).code, 0);
    QCOMPARE(read("nothing"), QByteArray());
  }

  void replacesWhatWasThere() {
    write("old.png", "old");
    QCOMPARE(lull({"result", "t-pic", "-o", path("old.png")}).code, 0);
    QCOMPARE(read("old.png"), m_picture);
  }

  void asked_data() {
    QTest::addColumn<QStringList>("arguments");
    QTest::addColumn<int>("code");
    QTest::addColumn<QString>("part");
    QTest::newRow("which of two") << QStringList{"t-pair", "-o", "-"} << 1 << "a.bin, b.bin";
    QTest::newRow("no such result") << QStringList{"t-pair", "c.bin", "-o", "-"} << 5 << "it has a.bin, b.bin";
    QTest::newRow("no such task") << QStringList{"t-none", "-o", "-"} << 5 << "no task t-none";
    QTest::newRow("no such folder") << QStringList{"t-pic", "-o", "/nowhere/at/all.png"} << 5 << "/nowhere/at";
  }
  void asked() {
    QFETCH(QStringList, arguments);
    QFETCH(int, code);
    QFETCH(QString, part);
    const auto ran = lull(QStringList{"result"} + arguments);
    QCOMPARE(ran.code, code);
    QVERIFY2(ran.err.contains(part.toUtf8()), ran.err);
    QCOMPARE(ran.out, QByteArray());
  }

  void aTaskThatIsNotDone() {
    m_service->change(
        [](auto& state) { state.tasks["t-queued"].task = makeTask("t-queued", "x", v1::TASK_STATE_QUEUED); });
    const auto ran = lull({"result", "t-queued"});
    QCOMPARE(ran.code, 1);
    QVERIFY2(ran.err.contains("it is queued"), ran.err);
  }

  void namesThatLeadOutOfTheFolder() {
    addTask("t-evil", {{"..", "x"}, {"../evil", "x"}});
    const auto ran = lull({"result", "t-evil", "-o", path("in/")});
    QCOMPARE(ran.code, 1);
    QVERIFY(!QFile::exists(path("evil")));
  }

  // Whatever goes wrong midway: the old file stays as it was and nothing half is left.
  void damage_data() {
    QTest::addColumn<QString>("how");
    QTest::addColumn<int>("code");
    QTest::addColumn<QString>("part");
    QTest::newRow("wrong hash") << "hash" << 1 << "does not match";
    QTest::newRow("the service goes away") << "end" << 3 << "gone away";
    QTest::newRow("other bytes midway") << "change" << 1 << "changed while it was read";
  }
  void damage() {
    QFETCH(QString, how);
    QFETCH(int, code);
    QFETCH(QString, part);
    write("picture.png", "as it was");
    m_service->change([&](FakeService::State& state) {
      if (how == "hash") state.tasks["t-picture"].results["picture.png"].claimedSha256 = sha256("something else");
      if (how == "end") state.endAfterReads = 2;
      if (how == "change") state.changeResultMidway = true;
    });
    const auto ran = lull({"result", "t-pic", "-o", path("picture.png")});
    QCOMPARE(ran.code, code);
    QVERIFY2(ran.err.contains(part.toUtf8()), ran.err);
    QCOMPARE(entries(), QStringList{"picture.png"});
    QCOMPARE(read("picture.png"), QByteArray("as it was"));
  }

  void interrupted() {
    m_service->change([](auto& state) { state.holdReads = true; });
    QProcess process;
    prepare(process, m_service->socket());
    process.setArguments({"result", "t-pic", "-o", path("picture.png")});
    process.start();
    QVERIFY(m_service->waitForReads(1));  // its temporary file is there by now
    QCOMPARE(entries().size(), 1);
    ::kill(static_cast<pid_t>(process.processId()), SIGINT);
    QVERIFY(process.waitForFinished(20'000));
    QCOMPARE(process.exitStatus(), QProcess::NormalExit);
    QCOMPARE(process.exitCode(), 130);
    QCOMPARE(entries(), QStringList{});
    QCOMPARE(process.readAllStandardError(), QByteArray());
  }

  void aFullDisk() {
    const auto ran = runShell("\"$0\" result t-pic -o - > /dev/full");
    QCOMPARE(ran.code, 1);
    QVERIFY2(ran.err.contains("No space left"), ran.err);
  }

  void aReaderThatHadEnough() {
    const auto ran = runShell("\"$0\" result t-pic -o - | head -c 10; echo ${PIPESTATUS[0]}");
    QCOMPARE(ran.err, QByteArray());
    QVERIFY2(ran.out.endsWith("0\n"), ran.out);
  }

private:
  [[nodiscard]] Ran runShell(const QString& command) const {
    QProcess process;
    prepare(process, m_service->socket());
    process.start("bash", {"-c", command, lullProgram()});
    if (!process.waitForFinished(60'000)) return {};
    return {.code = process.exitCode(), .out = process.readAllStandardOutput(), .err = process.readAllStandardError()};
  }
  void addTask(const std::string& id, const std::map<std::string, std::string>& results) {
    m_service->change([&](FakeService::State& state) {
      auto& fake = state.tasks[id];
      fake.task = makeTask(id, id, v1::TASK_STATE_DONE);
      for (const auto& [name, bytes] : results) addResult(fake, name, bytes);
    });
  }
  [[nodiscard]] QStringList entries() const {
    return QDir(m_folder->path()).entryList(QDir::AllEntries | QDir::Hidden | QDir::NoDotAndDotDot);
  }

  QByteArray m_picture;
};

QTEST_GUILESS_MAIN(TestResult)
#include "test_result.moc"
