// SPDX-License-Identifier: Apache-2.0
// The door to the sandbox: what goes in, what comes out, and that nothing is left.
#include "service/runtimes/sandbox/inmate.h"

#include <fcntl.h>
#include <unistd.h>

#include <QTemporaryDir>
#include <QtTest>

#include <csignal>
#include <filesystem>
#include <fstream>

using namespace lull;
using sandbox::Access;
using sandbox::Walls;
using test::Inmate;

namespace {

std::string textOf(const std::filesystem::path& file) {
  std::ifstream in(file);
  return {std::istreambuf_iterator<char>(in), {}};
}

}  // namespace

class TestSandbox : public QObject {
  Q_OBJECT

private slots:
  void runsAProgramToItsEnd_data() {
    QTest::addColumn<int>("walls");
    QTest::newRow("confined") << static_cast<int>(Walls::Confined);
    QTest::newRow("bare") << static_cast<int>(Walls::Bare);
  }
  void runsAProgramToItsEnd() {
    QFETCH(int, walls);
    Inmate inmate;
    auto spec = Inmate::shell("echo $GREETING; echo trouble >&2; exit 3");
    spec.walls = static_cast<Walls>(walls);
    spec.environment = {"GREETING=hello = world"};
    const auto ending = inmate.run(spec);
    QCOMPARE(ending.why, std::string());
    QVERIFY(ending.started);
    QCOMPARE(ending.exit.code, 3);
    QCOMPARE(ending.exit.signal, 0);
    QCOMPARE(inmate.output(), std::string("hello = world\n"));
    QCOMPARE(ending.lastWords, std::string("trouble\n"));
  }

  void tellsTheSignalThatEndedIt() {
    Inmate inmate;
    const auto ending = inmate.run(Inmate::shell("kill -SEGV $$"));
    QVERIFY(ending.started);
    QCOMPARE(ending.exit.signal, SIGSEGV);
  }

  void hasTheFoldersBoundForIt() {
    const QTemporaryDir dir;
    const std::filesystem::path folder = dir.path().toStdString();
    std::filesystem::create_directories(folder / "in");
    std::filesystem::create_directories(folder / "out");
    std::ofstream(folder / "in/text") << "given";
    auto spec = Inmate::shell("cat /lull/in/text > /lull/out/copy; echo x > /lull/in/text");
    spec.binds = {{folder / "in", "/lull/in", Access::ReadOnly}, {folder / "out", "/lull/out", Access::ReadWrite}};
    Inmate inmate;
    const auto ending = inmate.run(spec);
    QVERIFY(ending.exit.code != 0);
    QCOMPARE(textOf(folder / "out/copy"), std::string("given"));
    QCOMPARE(textOf(folder / "in/text"), std::string("given"));
  }

  void hasTheDescriptorsNamedAndNoOther() {
    const Fd leak(::open("/etc/hostname", O_RDONLY));  // not closed on exec, on purpose
    const Fd given(::open("/dev/null", O_RDONLY | O_CLOEXEC));
    auto spec = Inmate::shell("ls -1 /proc/self/fd | tr '\\n' ' '");
    spec.descriptors = {{given.get(), 5}};
    Inmate inmate;
    inmate.run(spec);
    QCOMPARE(inmate.output(), std::string("0 1 2 3 5 "));  // 3 is the folder that ls reads
  }

  void killEndsEverythingInside() {
    const QTemporaryDir dir;
    const std::filesystem::path folder = dir.path().toStdString();
    auto spec = Inmate::shell("setsid sh -c 'trap \"\" TERM; echo up > /lull/out/up; sleep 600' & sleep 600");
    spec.binds = {{folder, "/lull/out", Access::ReadWrite}};
    Inmate inmate;
    QVERIFY(inmate.start(spec).ok());
    QVERIFY(inmate.startsWithin());
    QVERIFY(inmate.runUntil([&] { return std::filesystem::exists(folder / "up"); }));
    const pid_t pid = inmate.sandbox().pid();
    QCOMPARE(::kill(pid, 0), 0);
    inmate.sandbox().kill();
    QVERIFY(inmate.endsWithin());
    QCOMPARE(inmate.ending()->exit.signal, SIGKILL);
    QVERIFY(inmate.ending()->started);
    QCOMPARE(::kill(pid, 0), -1);
  }

  // What a successor of a crashed service does.
  void theDeathOfItsProcessEndsEverythingInside() {
    Inmate inmate;
    QVERIFY(inmate.start(Inmate::shell("sleep 600 & sleep 600")).ok());
    QVERIFY(inmate.startsWithin());
    QCOMPARE(::kill(inmate.sandbox().pid(), SIGKILL), 0);
    QVERIFY(inmate.endsWithin());
    QVERIFY(inmate.ending()->started);
  }

  void aSandboxThatIsForgottenTellsNothing() {
    Inmate inmate;
    QVERIFY(inmate.start(Inmate::shell("sleep 600")).ok());
    QVERIFY(inmate.startsWithin());
    const pid_t pid = inmate.sandbox().pid();
    inmate.forget();
    QVERIFY(inmate.runUntil([pid] { return ::kill(pid, 0) != 0; }));
    QVERIFY(!inmate.ending());
  }

  void aFrozenOneStandsStillAndGoesOn() {
    const QTemporaryDir dir;
    const std::filesystem::path folder = dir.path().toStdString();
    for (const auto walls : {Walls::Confined, Walls::Bare}) {
      const auto out = walls == Walls::Confined ? "/lull/out" : folder.native();
      auto spec = Inmate::shell("i=0; while :; do i=$((i+1)); echo $i > " + out + "/n.new; mv " + out + "/n.new " +
                                out + "/n; done");
      spec.walls = walls;
      spec.binds = {{folder, "/lull/out", Access::ReadWrite}};
      Inmate inmate;
      QVERIFY(inmate.start(spec).ok());
      QVERIFY(inmate.startsWithin());
      const auto changesFrom = [&](const std::string& before) { return textOf(folder / "n") != before; };
      QVERIFY(inmate.runUntil([&] { return changesFrom(""); }));
      inmate.sandbox().freeze();
      // A stop signal takes effect when its target next leaves the kernel.
      std::string still;
      QVERIFY(inmate.runUntil([&] {
        const auto before = still;
        still = textOf(folder / "n");
        inmate.runUntil([] { return false; }, Milliseconds(100));
        return still == before && !changesFrom(still);
      }));
      QVERIFY(!inmate.runUntil([&] { return changesFrom(still); }, Milliseconds(300)));
      inmate.sandbox().thaw();
      QVERIFY(inmate.runUntil([&] { return changesFrom(still); }));
      inmate.sandbox().freeze();
      inmate.sandbox().kill();
      QVERIFY(inmate.endsWithin());
      QCOMPARE(inmate.ending()->exit.signal, SIGKILL);
    }
  }

  void aMissingProgramIsToldWithItsReason() {
    for (const auto walls : {Walls::Confined, Walls::Bare}) {
      auto spec = Inmate::shell("");
      spec.walls = walls;
      spec.program = "/usr/bin/nothing-of-this-name";
      Inmate inmate;
      const auto ending = inmate.run(spec);
      QVERIFY(!ending.started);
      QVERIFY2(ending.why.find("/usr/bin/nothing-of-this-name: No such file") != std::string::npos, ending.why.c_str());
    }
  }

  // It stands for a set-up that hangs: a pipe that nobody writes to is a file bubblewrap would wait for.
  void oneThatDoesNotStartInTimeIsKilled() {
    auto spec = Inmate::shell("true");
    spec.startLimit = Milliseconds(0);
    Inmate inmate;
    const auto ending = inmate.run(spec);
    QVERIFY(!ending.started);
    QVERIFY2(ending.why.find("did not start within 0 ms") != std::string::npos, ending.why.c_str());
  }

  void aFolderThatIsMissingIsToldByName() {
    auto spec = Inmate::shell("true");
    spec.binds = {{"/nothing/here", "/lull/in", Access::ReadOnly}};
    Inmate inmate;
    const auto ending = inmate.run(spec);
    QVERIFY(!ending.started);
    QVERIFY2(ending.why.find("/nothing/here") != std::string::npos, ending.why.c_str());
  }
};

QTEST_GUILESS_MAIN(TestSandbox)
#include "test_sandbox.moc"
