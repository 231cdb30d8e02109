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

// Nanoseconds that one of a tree may take until it has left the kernel to stand still, and the leader to notice.
constexpr std::uint64_t kKernelsOwn = 20'000'000;

std::string textOf(const std::filesystem::path& file) {
  std::ifstream in(file);
  return {std::istreambuf_iterator<char>(in), {}};
}

// Counts in a file for as long as it runs.
struct Counting {
  Counting(const QTemporaryDir& dir, Walls walls) : folder(dir.path().toStdString()), spec(Inmate::shell("")) {
    const auto out = walls == Walls::Confined ? "/lull/out" : folder.native();
    spec.arguments = {"-c", "cd " + out + "; i=0; while :; do i=$((i+1)); echo $i > new; mv new n; done"};
    spec.walls = walls;
    spec.binds = {{folder, "/lull/out", Access::ReadWrite}};
  }
  [[nodiscard]] bool start() { return inmate.start(spec).ok(); }
  [[nodiscard]] bool started() { return start() && inmate.startsWithin(); }
  [[nodiscard]] bool movesWithin(Milliseconds bound) {
    const auto before = textOf(folder / "n");
    return inmate.runUntil([&] { return textOf(folder / "n") != before; }, bound);
  }
  [[nodiscard]] bool moves() { return movesWithin(Inmate::kPatience); }

  std::filesystem::path folder;
  sandbox::Spec spec;
  Inmate inmate;
};

}  // namespace

class TestSandbox : public QObject {
  Q_OBJECT

  static void wallsRows() {
    QTest::addColumn<int>("which");
    QTest::newRow("confined") << static_cast<int>(Walls::Confined);
    QTest::newRow("bare") << static_cast<int>(Walls::Bare);
  }
  static Walls walls() {
    const int* which = static_cast<int*>(QTest::qData("which", qMetaTypeId<int>()));
    return static_cast<Walls>(*which);
  }

private slots:
  void runsAProgramToItsEnd_data() { wallsRows(); }
  void runsAProgramToItsEnd() {
    Inmate inmate;
    auto spec = Inmate::shell("echo $GREETING; echo trouble >&2; exit 3");
    spec.walls = walls();
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

  void aFrozenOneStandsStillAndGoesOn_data() { wallsRows(); }
  void aFrozenOneStandsStillAndGoesOn() {
    const QTemporaryDir dir;
    Counting counting(dir, walls());
    auto& inmate = counting.inmate;
    QVERIFY(counting.started());
    for (int turn = 0; turn < 3; ++turn) {
      QVERIFY(counting.moves());
      const auto asked = SystemClock().now().instant;
      inmate.sandbox().freeze();
      QVERIFY(inmate.freezesWithin());
      QVERIFY(*inmate.sandbox().frozenAt() >= asked);
      const auto used = inmate.sandbox().cpuNs();
      QVERIFY(!counting.movesWithin(Milliseconds(300)));
      QVERIFY(inmate.sandbox().cpuNs() < used + kKernelsOwn);
      inmate.sandbox().thaw();
      QVERIFY(!inmate.sandbox().frozenAt());
    }
    QVERIFY(counting.moves());
    inmate.sandbox().freeze();
    inmate.sandbox().kill();
    QVERIFY(inmate.endsWithin());
    QCOMPARE(inmate.ending()->exit.signal, SIGKILL);
  }

  void frozenBeforeItsStartItDoesNothing_data() { wallsRows(); }
  void frozenBeforeItsStartItDoesNothing() {
    const QTemporaryDir dir;
    Counting counting(dir, walls());
    QVERIFY(counting.start());
    counting.inmate.sandbox().freeze();
    QVERIFY(counting.inmate.freezesWithin());
    QVERIFY(!counting.movesWithin(Milliseconds(300)));
    counting.inmate.sandbox().thaw();
    QVERIFY(counting.moves());
  }

  // Processes that multiply while they are being stopped.
  void aGrowingTreeIsFrozenWhole() {
    auto spec = Inmate::shell(
        "for i in 1 2 3 4; do (while :; do (exec 3>/dev/null; sh -c : & sh -c : ; wait) & wait; done) & done; wait");
    Inmate inmate;
    QVERIFY(inmate.start(spec).ok());
    QVERIFY(inmate.startsWithin());
    for (int turn = 0; turn < 5; ++turn) {
      inmate.sandbox().freeze();
      QVERIFY(inmate.freezesWithin());
      const auto used = inmate.sandbox().cpuNs();
      QVERIFY(!inmate.runUntil([&] { return inmate.sandbox().cpuNs() > used + kKernelsOwn; }, Milliseconds(200)));
      inmate.sandbox().thaw();
      QVERIFY(inmate.runUntil([&] { return inmate.sandbox().cpuNs() > used + kKernelsOwn; }));
    }
  }

  // As with a timer of its own that brings SIGCONT; here it is this test that sends it.
  void whatDoesNotStayFrozenIsEnded() {
    auto spec = Inmate::shell("while :; do :; done");
    spec.walls = Walls::Bare;  // so that its number is known
    Inmate inmate;
    QVERIFY(inmate.start(spec).ok());
    QVERIFY(inmate.startsWithin());
    inmate.sandbox().freeze();
    QVERIFY(inmate.freezesWithin());
    QVERIFY(inmate.runUntil([&] {
      if (!inmate.ending()) ::kill(inmate.sandbox().pid(), SIGCONT);
      return inmate.ending().has_value();
    }));
    QCOMPARE(inmate.ending()->why, std::string("it went on although it was told to stand still"));
  }

  // What has ended counts too, and so does what is killed with the rest.
  void processorTimeIsThatOfAll_data() { wallsRows(); }
  void processorTimeIsThatOfAll() {
    const char* burn = "i=0; while [ $i -lt 300000 ]; do i=$((i+1)); done";
    auto spec = Inmate::shell(std::string("sh -c '") + burn + "'; (" + burn + ") & wait; kill -9 $$");
    spec.walls = walls();
    Inmate inmate;
    QVERIFY(inmate.start(spec).ok());
    QVERIFY(inmate.startsWithin());
    std::uint64_t last = 0;
    while (!inmate.runUntil([&] { return inmate.ending().has_value(); }, Milliseconds(20))) {
      const auto now = inmate.sandbox().cpuNs();
      QVERIFY(now >= last);
      last = now;
    }
    const auto all = inmate.ending()->cpuNs;
    QVERIFY(all >= last);
    Inmate half;
    auto once = Inmate::shell(burn);
    once.walls = walls();
    const auto single = half.run(once).cpuNs;
    QVERIFY2(all > single + single / 4, qPrintable(QString("%1 against %2").arg(all).arg(single)));
    Inmate killed;
    QVERIFY(killed.start(Inmate::shell("while :; do :; done")).ok());
    QVERIFY(killed.startsWithin());
    QVERIFY(killed.runUntil([&] { return killed.sandbox().cpuNs() > 100'000'000; }));
    killed.sandbox().kill();
    QVERIFY(killed.endsWithin());
    QVERIFY(killed.ending()->cpuNs > 100'000'000);
  }

  void itsSessionWeighsLittle() {
    if (!std::filesystem::exists("/proc/self/autogroup")) QSKIP("this kernel does not weigh sessions");
    Inmate inmate;
    inmate.run(Inmate::shell("cat /proc/self/autogroup"));
    QVERIFY2(inmate.output().ends_with(" nice 19\n"), inmate.output().c_str());
  }

  void idleAndFewerCores_data() { wallsRows(); }
  void idleAndFewerCores() {
    auto spec = Inmate::shell(
        "nproc; awk '{print $19, $41}' /proc/self/stat; ionice; taskset -p -c 0 $$ >/dev/null 2>&1; nproc");
    spec.walls = walls();
    spec.limits.cores = 1;
    spec.limits.priority = sandbox::Priority::Idle;
    Inmate inmate;
    const auto ending = inmate.run(spec);
    QCOMPARE(inmate.output(), std::string("1\n19 5\nidle\n1\n"));
    QVERIFY2(ending.exit.clean(), ending.lastWords.c_str());
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
