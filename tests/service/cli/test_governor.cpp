// SPDX-License-Identifier: Apache-2.0
// lull governor: real programs under the real layer, led from a second process.
#include "service/cli/governed.h"
#include "service/cli/lull_process.h"

#include <QDir>
#include <QJsonArray>
#include <QTemporaryDir>
#include <QtTest>

#include <pty.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include <memory>

using namespace lull::test;

namespace {

// The second terminal.
Ran governor(const QStringList& words) { return run("/nonexistent/lulld.sock", QStringList{"governor"} + words); }

QJsonObject program(const QString& which = {}) {
  auto words = QStringList{"status", "--json"};
  if (!which.isEmpty()) words << which;
  return governor(words).json()["programs"].toArray()[0].toObject();
}

quint64 number(const QJsonValue& value) { return value.toString().toULongLong(); }

bool becomes(const std::function<bool()>& condition) { return QTest::qWaitFor(condition, 60'000); }

// Answers "ready", then whatever `then` says on SIGTERM.
QStringList onTerm(const QString& then) {
  return shell("trap '" + then + "' TERM INT; echo ready; while :; do sleep 0.02; done");
}

}  // namespace

class TestGovernor : public QObject {
  Q_OBJECT

private slots:
  void init() {
    m_folder = std::make_unique<QTemporaryDir>();
    qputenv("XDG_RUNTIME_DIR", m_folder->path().toUtf8());
  }
  void cleanup() { m_folder.reset(); }

  void exitStatus_data() {
    QTest::addColumn<QStringList>("command");
    QTest::addColumn<int>("code");
    QTest::newRow("well") << shell("exit 0") << 0;
    QTest::newRow("its own code") << shell("exit 7") << 7;
    QTest::newRow("a signal") << shell("kill -SEGV $$") << 128 + SIGSEGV;
    QTest::newRow("no such program") << QStringList{"there-is-no-such-program"} << 127;
    QTest::newRow("not executable") << QStringList{"/etc/passwd"} << 126;
  }
  void exitStatus() {
    QFETCH(QStringList, command);
    QFETCH(int, code);
    Governed governed({}, command);
    QCOMPARE(governed.end(), code);
    QVERIFY(!governed.errors().isEmpty());
  }

  void wrongWords_data() {
    QTest::addColumn<QStringList>("words");
    QTest::addColumn<QByteArray>("part");
    QTest::newRow("a duty of nothing") << QStringList{"--duty", "0", "--", "true"} << QByteArray("1 to 100");
    QTest::newRow("a duty beyond all") << QStringList{"duty", "101"} << QByteArray("1 to 100");
    QTest::newRow("no size") << QStringList{"--memory", "much", "--", "true"} << QByteArray("3GiB");
    QTest::newRow("no size later") << QStringList{"memory", "-1"} << QByteArray("not a size");
    QTest::newRow("a slice of nothing") << QStringList{"--slice", "0", "--", "true"} << QByteArray("--slice");
    QTest::newRow("no program") << QStringList{"--"} << QByteArray("after -- comes the program");
    QTest::newRow("no mark") << QStringList{"vkcube"} << QByteArray("lull governor -- vkcube");
    QTest::newRow("a program for another command")
        << QStringList{"park", "--", "vkcube"} << QByteArray("is started with");
    QTest::newRow("no such option") << QStringList{"--dutty", "5", "--", "true"} << QByteArray("--dutty");
  }
  void wrongWords() {
    QFETCH(QStringList, words);
    QFETCH(QByteArray, part);
    const auto ran = governor(words);
    QCOMPARE(ran.code, 2);
    QVERIFY2(ran.err.contains(part), ran.err);
    QCOMPARE(ran.out, QByteArray());
  }

  void theProgramGetsItsWordsAndStreams() {
    const auto ran = run(
        {},
        {"governor", "--quiet", "--", "sh", "-c", "cat; printf '[%s]' \"$@\" >&2", "sh", "--json", "a b", "--", "park"},
        "from standard input");
    QCOMPARE(ran.code, 0);
    QCOMPARE(ran.out, QByteArray("from standard input"));
    QCOMPARE(ran.err, QByteArray("[--json][a b][--][park]"));
  }

  void parkAndResume() {
    Governed governed({"--name", "host"}, vulkanHost());
    QCOMPARE(governed.ask("start"), QByteArray("ok"));
    QCOMPARE(governed.ask("work 10 100"), QByteArray("ok"));
    QCOMPARE(governed.ask("wait"), QByteArray("ok"));
    const auto parked = governor({"park", "host"});
    QCOMPARE(parked.code, 0);
    QVERIFY2(parked.out.contains("host is parked: GPU given back in "), parked.out);
    const auto again = governor({"park", "host"});
    QCOMPARE(again.code, 0);
    QVERIFY2(again.out.contains("host was parked before: GPU given back in "), again.out);
    const auto before = program("host");
    QCOMPARE(before["parked"].toBool(), true);
    QVERIFY(number(before["gpu_ns"]) > 0);
    QCOMPARE(number(before["stop_latency"].toObject()["count"]), 1U);
    governed.send("work 10 100\nwait\ncount");
    QCOMPARE(number(program("host")["in_flight"]), 0U);
    QCOMPARE(program("host")["submits"], before["submits"]);
    QCOMPARE(governor({"resume", "host"}).code, 0);
    QCOMPARE(governed.line(), QByteArray("ok"));
    QCOMPARE(governed.line(), QByteArray("ok"));
    QCOMPARE(governed.line(), QByteArray("20"));
    governed.hangUp();
    QCOMPARE(governed.end(), 0);
    const auto words = governed.errors();
    QVERIFY2(words.contains("GPU given back 1 time") && words.contains("GPU time"), words);
  }

  void beginsParked() {
    Governed governed({"--parked"}, vulkanHost());
    QCOMPARE(governed.ask("start"), QByteArray("ok"));
    governed.send("work 3 1\nwait\ncount");
    QCOMPARE(program()["submits"].toString(), QString("0"));
    QCOMPARE(program()["name"].toString(), QString("lull_vulkan_host"));
    QCOMPARE(governor({"resume"}).code, 0);
    QCOMPARE(governed.line(), QByteArray("ok"));
    QCOMPARE(governed.line(), QByteArray("ok"));
    QCOMPARE(governed.line(), QByteArray("3"));
  }

  void limits() {
    Governed governed({"--duty", "70", "--memory", "1GiB", "--slice", "2.5"}, vulkanHost());
    QCOMPARE(governed.ask("start"), QByteArray("ok"));
    QCOMPARE(program()["duty_percent"].toInt(), 70);
    QCOMPARE(number(program()["memory_limit_bytes"]), quint64{1} << 30U);
    QCOMPARE(number(program()["slice_ns"]), 2'500'000U);
    QVERIFY(governor({"duty", "35"}).out.contains("35 % of the GPU's time"));
    QCOMPARE(program()["duty_percent"].toInt(), 35);
    QVERIFY(governor({"memory", "512MiB"}).out.contains("537 MB of GPU memory"));
    QCOMPARE(number(program()["memory_limit_bytes"]), quint64{512} << 20U);
    QCOMPARE(governor({"memory", "none"}).code, 0);
    QCOMPARE(number(program()["memory_limit_bytes"]), 0U);
  }

  void aDutyIsHeld() {
    Governed governed({"--duty", "25"}, vulkanHost());
    QCOMPARE(governed.ask("start"), QByteArray("ok"));
    QByteArray work;
    for (int i = 0; i < 1'000; ++i) work += "work 64 20000\n";
    governed.send(work);
    const auto share = [] { return program()["gpu_share"].toDouble(); };
    QVERIFY(becomes([&] { return share() > 0.20 && share() < 0.30; }));
    QCOMPARE(governor({"duty", "75"}).code, 0);
    QVERIFY(becomes([&] { return share() > 0.65 && share() < 0.85; }));
    QCOMPARE(governor({"stop"}).code, 0);
  }

  void aProgramWithoutVulkan() {
    Governed governed({}, {"cat"});
    QCOMPARE(governed.ask("there"), QByteArray("there"));
    const auto parked = governor({"park"});
    QCOMPARE(parked.code, 1);
    QVERIFY2(parked.out.contains("no Vulkan device under the governor"), parked.out);
    governed.hangUp();
    QCOMPARE(governed.end(), 0);
    const auto words = governed.errors();
    QVERIFY2(words.contains("no Vulkan device was opened") && words.contains("uses no Vulkan") == false, words);
    QVERIFY2(words.contains("may use no Vulkan"), words);
  }

  void theSummaryAsJson() {
    Governed governed({"--json"}, vulkanHost());
    QCOMPARE(governed.ask("start"), QByteArray("ok"));
    QCOMPARE(governed.ask("work 64 5000"), QByteArray("ok"));
    QCOMPARE(governed.ask("wait"), QByteArray("ok"));
    QCOMPARE(governor({"park"}).code, 0);
    QCOMPARE(governor({"resume"}).code, 0);
    governed.hangUp();
    QCOMPARE(governed.end(), 0);
    const auto lines = governed.errors().trimmed().split('\n');
    const auto end = QJsonDocument::fromJson(lines.last()).object();
    QCOMPARE(end["exit_code"].toInt(-1), 0);
    const auto told = end["program"].toObject();
    QCOMPARE(told["devices"].toInt(), 1);
    QVERIFY(number(told["gpu_ns"]) > 0);
    QVERIFY(number(told["submits"]) > 0);
    QVERIFY(told["stop_latency"].toObject()["max_ms"].toDouble() >=
            told["stop_latency"].toObject()["p50_ms"].toDouble());
    QCOMPARE(number(told["stop_latency"].toObject()["count"]), 1U);
  }

  void stop() {
    Governed governed({}, vulkanHost());
    QCOMPARE(governed.ask("start"), QByteArray("ok"));
    const auto ran = governor({"stop"});
    QCOMPARE(ran.code, 0);
    QVERIFY2(ran.out.contains("GPU given back in") && ran.out.contains("signal 15"), ran.out);
    QCOMPARE(governed.end(), 128 + SIGTERM);
    QVERIFY(QDir(m_folder->filePath("lull/governed")).isEmpty());
  }
  void stopLetsItEndWell() {
    Governed governed({}, onTerm("echo bye; exit 4"));
    QCOMPARE(governed.line(), QByteArray("ready"));
    QVERIFY(governor({"stop"}).out.contains("ended with code 4"));
    QCOMPARE(governed.line(), QByteArray("bye"));
    QCOMPARE(governed.end(), 4);
  }
  void stopKillsWhatDoesNotEnd() {
    Governed governed({}, onTerm(":"));
    QCOMPARE(governed.line(), QByteArray("ready"));
    QVERIFY(governor({"stop"}).out.contains("did not end when asked and was killed"));
    QCOMPARE(governed.end(), 128 + SIGKILL);
  }

  void signalsArePassedOn() {
    Governed governed({}, onTerm("echo bye; exit 5"));
    QCOMPARE(governed.line(), QByteArray("ready"));
    governed.signal(SIGTERM);
    QCOMPARE(governed.line(), QByteArray("bye"));
    QCOMPARE(governed.end(), 5);
  }

  // Ctrl-C reaches the program once, by the terminal itself.
  void interruptFromTheTerminal() {
    int terminal = -1;
    const pid_t pid = ::forkpty(&terminal, nullptr, nullptr, nullptr);
    QVERIFY(pid >= 0);
    if (pid == 0) {
      const auto path = lullProgram().toUtf8();
      ::execl(
          path.constData(), "lull", "governor", "--", "sh", "-c",
          "n=0; trap 'n=$((n+1))' INT; echo ready; while [ $n = 0 ]; do sleep 0.02; done; sleep 0.2; echo n=$n; exit 3",
          nullptr);
      ::_exit(9);
    }
    QByteArray shown;
    const auto readUntil = [&](const QByteArray& part) {
      char bytes[256];
      while (!shown.contains(part)) {
        const auto n = ::read(terminal, bytes, sizeof bytes);
        if (n <= 0) return false;
        shown.append(bytes, static_cast<int>(n));
      }
      return true;
    };
    QVERIFY(readUntil("ready"));
    QCOMPARE(::write(terminal, "\x03", 1), 1);
    QVERIFY2(readUntil("n=1"), shown);
    QVERIFY2(readUntil("ended with code 3"), shown);
    int status = 0;
    QCOMPARE(::waitpid(pid, &status, 0), pid);
    QVERIFY(WIFEXITED(status));
    QCOMPARE(WEXITSTATUS(status), 3);
    ::close(terminal);
  }

  void stoppedAndContinued() {
    Governed governed({}, vulkanHost());
    QCOMPARE(governed.ask("start"), QByteArray("ok"));
    const auto child = program()["pid"].toString().toLongLong();
    governed.signal(SIGTSTP);
    QVERIFY(becomes([&] { return stateOf(governed.pid()) == 'T' && stateOf(child) == 'T'; }));
    QVERIFY(governor({"list"}).err.contains("1 program under the governor does not answer"));
    governed.signal(SIGCONT);
    QCOMPARE(governed.ask("work 5 1"), QByteArray("ok"));
    QCOMPARE(governed.ask("wait"), QByteArray("ok"));
    QCOMPARE(program()["parked"].toBool(), false);
  }

  void withoutItsKeeperTheProgramEnds() {
    Governed governed({}, vulkanHost());
    QCOMPARE(governed.ask("start"), QByteArray("ok"));
    const auto child = program()["pid"].toString().toLongLong();
    governed.signal(SIGKILL);
    QVERIFY(becomes([&] { return stateOf(child) == 0 || stateOf(child) == 'Z'; }));
    // What is left of it is cleaned up by whoever looks next.
    QCOMPARE(QDir(m_folder->filePath("lull/governed")).entryList({"*.sock"}, QDir::System).size(), 1);
    QVERIFY(governor({"list"}).out.contains("No program runs"));
    QVERIFY(QDir(m_folder->filePath("lull/governed")).entryList(QDir::System | QDir::Files).isEmpty());
  }

  void several() {
    Governed first({"--name", "cat"}, {"cat"});
    QCOMPARE(first.ask("a"), QByteArray("a"));
    Governed second({}, {"cat"});
    QCOMPARE(second.ask("b"), QByteArray("b"));
    QVERIFY(governor({"list"}).out.contains("cat-2"));
    const auto unclear = governor({"park"});
    QCOMPARE(unclear.code, 1);
    QVERIFY2(unclear.err.contains("cat (") && unclear.err.contains("cat-2 ("), unclear.err);
    QCOMPARE(governor({"resume", "cat-2"}).code, 0);
    QCOMPARE(governor({"resume", QString::number(first.pid())}).code, 0);
    QCOMPARE(governor({"resume", "dog"}).code, 5);
    Governed third({"--name", "cat"}, {"cat"});
    QCOMPARE(third.end(), 125);
    QVERIFY(third.errors().contains("choose another --name"));
    const auto offered = run({}, {"__complete", "governor", "park", "cat"}).out;
    QVERIFY2(offered.contains("cat\t") && offered.contains("cat-2\t"), offered);
  }

  // Looks again each second, and ends with the program.
  void followed() {
    Governed governed({"--name", "cat"}, {"cat"});
    QCOMPARE(governed.ask("there"), QByteArray("there"));
    QProcess following;
    prepare(following, "/nonexistent/lulld.sock");
    following.setArguments({"governor", "status", "--follow", "--json", "cat"});
    following.start();
    QVERIFY(becomes([&] { return following.canReadLine(); }));
    QCOMPARE(QJsonDocument::fromJson(following.readLine())["programs"][0]["name"].toString(), QString("cat"));
    governed.hangUp();
    QCOMPARE(governed.end(), 0);
    QVERIFY(following.waitForFinished(60'000));
    QCOMPARE(following.exitCode(), 0);
    QCOMPARE(following.readAllStandardError(), QByteArray());
  }

  void nothingRuns() {
    QCOMPARE(governor({"list"}).code, 0);
    QCOMPARE(governor({"list", "--json"}).json()["programs"].toArray().size(), 0);
    for (const auto* verb : {"park", "resume", "stop", "status"}) QCOMPARE(governor({verb}).code, 5);
  }

  // A folder that others may enter is not used, and the program runs all the same.
  void aFolderOpenToOthers() {
    const auto folder = m_folder->filePath("lull/governed");
    QVERIFY(QDir().mkpath(folder));
    QVERIFY(QFile::setPermissions(folder, QFile::ReadOwner | QFile::WriteOwner | QFile::ExeOwner | QFile::ExeOther));
    Governed governed({}, {"cat"});
    QCOMPARE(governed.ask("there"), QByteArray("there"));
    QVERIFY(governor({"list"}).out.contains("No program runs"));
    governed.hangUp();
    QCOMPARE(governed.end(), 0);
    QVERIFY(governed.errors().contains("not yours alone"));
  }

  // Nonsense at the door ends that guest only.
  void nonsenseAtTheDoor() {
    Governed governed({}, {"cat"});
    QCOMPARE(governed.ask("there"), QByteArray("there"));
    const auto path = m_folder->filePath("lull/governed/%1.sock").arg(governed.pid()).toUtf8();
    const int fd = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    qstrncpy(address.sun_path, path.constData(), sizeof address.sun_path);
    QCOMPARE(::connect(fd, reinterpret_cast<const sockaddr*>(&address), sizeof address), 0);
    QCOMPARE(::write(fd, "\xff\xff\xff\xff\xff\xff", 6), 6);
    char byte = 0;
    QVERIFY(::read(fd, &byte, 1) <= 0);  // hung up
    ::close(fd);
    QCOMPARE(program()["name"].toString(), QString("cat"));
  }

private:
  std::unique_ptr<QTemporaryDir> m_folder;
};

QTEST_GUILESS_MAIN(TestGovernor)
#include "test_governor.moc"
