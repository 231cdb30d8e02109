// SPDX-License-Identifier: Apache-2.0
// Shell completion: what is offered, and that the scripts are scripts.
#include "service/cli/fake_models.h"
#include "service/cli/fake_service.h"
#include "service/cli/lull_process.h"

#include <QFile>
#include <QStandardPaths>
#include <QtTest>

using namespace lull;
using namespace lull::test;

class TestCompletion : public QObject {
  Q_OBJECT

private slots:
  void initTestCase() {
    m_service.change([](auto& state) {
      state.tasks["t-abcdefghijkl"].task = makeTask("t-abcdefghijkl", "heat", v1::TASK_STATE_DONE);
      state.order.push_back("t-abcdefghijkl");
      state.models.push_back(makeModel("tiny", std::string(64, 'a')));
    });
  }

  void offers_data() {
    QTest::addColumn<QStringList>("words");
    QTest::addColumn<QStringList>("some");  // among those offered
    QTest::addColumn<int>("count");         // -1: any
    QTest::newRow("commands") << QStringList{""} << QStringList{"status", "submit", "governor", "help", "model"} << -1;
    QTest::newRow("a beginning") << QStringList{"ta"} << QStringList{"tasks", "task"} << 2;
    QTest::newRow("the word under the cursor is not taken for a command")
        << QStringList{"settings"} << QStringList{"settings"} << 1;
    QTest::newRow("task ids") << QStringList{"task", ""} << QStringList{"t-abcdefghijkl"} << 1;
    QTest::newRow("and again where several may stand")
        << QStringList{"cancel", "t-x", "t-"} << QStringList{"t-abcdefghijkl"} << 1;
    QTest::newRow("only one where one may stand") << QStringList{"task", "t-x", ""} << QStringList{} << 0;
    QTest::newRow("keys and commands") << QStringList{"settings", ""} << QStringList{"set", "thermal.stop"} << -1;
    QTest::newRow("keys") << QStringList{"settings", "set", "thermal."}
                          << QStringList{"thermal.stop", "thermal.resume", "thermal.soften"} << 3;
    QTest::newRow("series") << QStringList{"history", ""} << QStringList{"gpu-seconds", "give-back", "tokens"} << 6;
    QTest::newRow("states") << QStringList{"tasks", "--state", "p"} << QStringList{"parked"} << 1;
    QTest::newRow("options") << QStringList{"tasks", "--"} << QStringList{"--all", "--state", "--json", "--socket"}
                             << -1;
    QTest::newRow("files") << QStringList{"submit", ""} << QStringList{":files"} << 1;
    QTest::newRow("files after an option with a value")
        << QStringList{"submit", "--name", "x", ""} << QStringList{":files"} << 1;
    QTest::newRow("folders") << QStringList{"submit", "x.json", "-o", ""} << QStringList{":folders"} << 1;
    QTest::newRow("on and off") << QStringList{"share", ""} << QStringList{"on", "off"} << 2;
    QTest::newRow("shells") << QStringList{"completion", ""} << QStringList{"bash", "zsh", "fish"} << 3;
    QTest::newRow("what is done with models") << QStringList{"model", ""} << QStringList{"add", "default"} << 6;
    QTest::newRow("models") << QStringList{"model", "show", ""} << QStringList{"tiny"} << 1;
    QTest::newRow("a file to add") << QStringList{"model", "add", ""} << QStringList{":files"} << 1;
    QTest::newRow("a batch") << QStringList{"batch", ""} << QStringList{"run", "wait"} << 2;
    QTest::newRow("a conversation's model") << QStringList{"chat", "-m", ""} << QStringList{"tiny"} << 1;
    QTest::newRow("its requests") << QStringList{"batch", "run", ""} << QStringList{":files"} << 1;
    QTest::newRow("its model") << QStringList{"batch", "run", "q.jsonl", "-m", ""} << QStringList{"tiny"} << 1;
    QTest::newRow("help") << QStringList{"help", "st"} << QStringList{"status"} << 1;
  }
  void offers() {
    QFETCH(QStringList, words);
    QFETCH(QStringList, some);
    QFETCH(int, count);
    const auto ran = run(m_service.socket(), QStringList{"__complete"} + words);
    QCOMPARE(ran.code, 0);
    QStringList offered;
    for (const auto& line : QString::fromUtf8(ran.out).split('\n', Qt::SkipEmptyParts))
      offered << line.section('\t', 0, 0);
    for (const auto& word : some) QVERIFY2(offered.contains(word), qPrintable(offered.join(' ')));
    if (count >= 0) QCOMPARE(offered.size(), count);
  }

  void withoutAService() {
    const auto ran = run(m_service.folder() + "/none.sock", {"__complete", "task", ""});
    QCOMPARE(ran.code, 0);
    QCOMPARE(ran.out + ran.err, QByteArray());
  }

  void scriptsParse_data() {
    QTest::addColumn<QString>("shell");
    for (const auto* shell : {"bash", "zsh", "fish"}) QTest::newRow(shell) << shell;
  }
  void scriptsParse() {
    QFETCH(QString, shell);
    const auto script = run({}, {"completion", shell});
    QCOMPARE(script.code, 0);
    QVERIFY(script.out.contains("lull __complete"));
    if (QStandardPaths::findExecutable(shell).isEmpty()) QSKIP("this shell is not installed here");
    QFile file(m_service.folder() + "/completion." + shell);
    QVERIFY(file.open(QIODevice::WriteOnly));
    file.write(script.out);
    file.close();
    QProcess process;
    process.start(shell, {"-n", file.fileName()});
    QVERIFY(process.waitForFinished());
    QVERIFY2(process.exitCode() == 0, process.readAllStandardError());
  }

  // The function that bash calls, called as bash calls it.
  void bashCompletes_data() {
    QTest::addColumn<QString>("line");
    QTest::addColumn<QByteArray>("reply");
    QTest::newRow("a command") << "lull stat" << QByteArray("status\n");
    QTest::newRow("a key") << "lull settings get thermal.st" << QByteArray("thermal.stop\n");
    QTest::newRow("a task") << "lull task " << QByteArray("t-abcdefghijkl\n");
    QTest::newRow("a file") << "lull submit fi" << QByteArray("file one.json\n");
  }
  void bashCompletes() {
    QFETCH(QString, line);
    QFETCH(QByteArray, reply);
    QFile file(m_service.folder() + "/file one.json");
    QVERIFY(file.open(QIODevice::WriteOnly));
    QProcess process;
    prepare(process, m_service.socket());
    auto environment = process.processEnvironment();
    environment.insert("PATH", QFileInfo(lullProgram()).path() + ":" + environment.value("PATH"));
    process.setProcessEnvironment(environment);
    process.setWorkingDirectory(m_service.folder());
    process.start("bash", {"--norc", "-c",
                           "source <(lull completion bash); COMP_WORDS=($0); [[ $0 == *' ' ]] && COMP_WORDS+=('');"
                           "COMP_CWORD=$((${#COMP_WORDS[@]}-1)); _lull; printf '%s\\n' \"${COMPREPLY[@]}\"",
                           line});
    QVERIFY(process.waitForFinished());
    QCOMPARE(process.readAllStandardOutput(), reply);
    QCOMPARE(process.readAllStandardError(), QByteArray());
  }

private:
  FakeService m_service;
};

QTEST_GUILESS_MAIN(TestCompletion)
#include "test_completion.moc"
