// SPDX-License-Identifier: Apache-2.0
#include "process/child.h"

#include <fcntl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <QTemporaryDir>
#include <QTest>

#include <cerrno>
#include <chrono>
#include <csignal>
#include <optional>
#include <set>

using namespace lull;
using process::Child;
using process::Exit;
using process::Launch;

namespace {

constexpr auto kLong = std::chrono::seconds(20);

std::string readAll(int fd) {
  std::string all;
  char chunk[4096];
  ssize_t n = 0;
  while ((n = ::read(fd, chunk, sizeof chunk)) > 0) all.append(chunk, static_cast<std::size_t>(n));
  return all;
}

Launch shell(std::string script) {
  return {.program = "/bin/sh", .arguments = {"-c", std::move(script)}, .environment = {"PATH=/usr/bin:/bin"}};
}

}  // namespace

class TestChild : public QObject {
  Q_OBJECT

  asio::io_context m_loop;

  // Runs to the end and returns what it wrote to its standard output.
  std::pair<std::string, Exit> runToEnd(Launch launch) {
    auto pipe = process::makePipe();
    launch.descriptors.push_back({.ours = pipe->write.get(), .theirs = 1});
    std::optional<Exit> exit;
    auto child = Child::start(m_loop, launch, [&](const Exit& e) { exit = e; });
    if (!child) return {child.error().text(), {.code = -1}};
    pipe->write.reset();
    std::string output = readAll(pipe->read.get());
    runUntil([&] { return exit.has_value(); });
    return {output, exit.value_or(Exit{.code = -2})};
  }

  template <typename Condition>
  bool runUntil(Condition condition) {
    const auto end = std::chrono::steady_clock::now() + kLong;
    m_loop.restart();
    while (!condition() && std::chrono::steady_clock::now() < end) m_loop.run_one_for(std::chrono::milliseconds(200));
    return condition();
  }

private slots:
  void tellsHowItEnded_data() {
    QTest::addColumn<QString>("script");
    QTest::addColumn<int>("code");
    QTest::addColumn<int>("signal");
    QTest::addColumn<QString>("words");
    QTest::newRow("well") << "exit 0" << 0 << 0 << "ended with code 0";
    QTest::newRow("code") << "exit 3" << 3 << 0 << "ended with code 3";
    QTest::newRow("crash") << "kill -SEGV $$" << 0 << SIGSEGV << "was ended by signal 11 (Segmentation fault)";
  }
  void tellsHowItEnded() {
    QFETCH(QString, script);
    QFETCH(int, code);
    QFETCH(int, signal);
    QFETCH(QString, words);
    const auto [output, exit] = runToEnd(shell(script.toStdString()));
    QCOMPARE(exit.code, code);
    QCOMPARE(exit.signal, signal);
    QCOMPARE(exit.clean(), code == 0 && signal == 0);
    QCOMPARE(QString::fromStdString(describe(exit)), words);
  }

  void aMissingProgramIsAnError() {
    bool called = false;
    const auto child = Child::start(m_loop, {.program = "/nonexistent/program"}, [&](const Exit&) { called = true; });
    QVERIFY(!child);
    QCOMPARE(child.error().kind(), Error::Kind::NotFound);
    QVERIFY(QByteArray::fromStdString(child.error().text()).contains("/nonexistent/program"));
    m_loop.restart();
    m_loop.poll();
    QVERIFY(!called);
  }

  void aMissingFolderIsNamed() {
    auto launch = shell("true");
    launch.folder = "/nonexistent/folder";
    const auto child = Child::start(m_loop, launch, {});
    QVERIFY(!child);
    QVERIFY(QByteArray::fromStdString(child.error().text()).contains("chdir /nonexistent/folder"));
  }

  void inheritsNoEnvironment() {
    qputenv("LULL_TEST_SECRET", "1");
    auto launch = Launch{.program = "/usr/bin/env", .environment = {"A=b c"}};
    QCOMPARE(runToEnd(launch).first, std::string("A=b c\n"));
    launch.environment = process::fromEnvironment({"LULL_TEST_SECRET", "LULL_TEST_NOT_SET"});
    QCOMPARE(runToEnd(launch).first, std::string("LULL_TEST_SECRET=1\n"));
  }

  void getsOnlyTheDescriptorsNamed() {
    const Fd leak(::open("/dev/null", O_RDONLY));  // on purpose without O_CLOEXEC
    QVERIFY(leak);
    // The shell opens descriptors of its own for the listing; it lists its parent's view before that.
    const auto [output, exit] = runToEnd({.program = "/bin/ls", .arguments = {"/proc/self/fd"}});
    std::set<QByteArray> seen;
    for (const auto& line : QByteArray::fromStdString(output).split('\n')) {
      if (!line.isEmpty()) seen.insert(line);
    }
    QCOMPARE(seen, (std::set<QByteArray>{"0", "1", "2", "3"}));  // 3: the folder that ls reads
  }

  // Two pipes whose numbers are swapped: a naive sequence of dup2 loses one.
  void descriptorsMayTradePlaces() {
    auto a = process::makePipe();
    auto b = process::makePipe();
    auto launch = shell("");
    launch.descriptors = {{.ours = a->write.get(), .theirs = b->write.get()},
                          {.ours = b->write.get(), .theirs = a->write.get()}};
    // (dash knows one-digit numbers only)
    QVERIFY(a->write.get() < 1000 && b->write.get() < 1000);
    launch.program = "/bin/bash";
    launch.arguments = {
        "-c", "echo into-a >&" + std::to_string(b->write.get()) + "; echo into-b >&" + std::to_string(a->write.get())};
    QVERIFY(runToEnd(launch).second.clean());
    a->write.reset();
    b->write.reset();
    QCOMPARE(readAll(a->read.get()), std::string("into-a\n"));
    QCOMPARE(readAll(b->read.get()), std::string("into-b\n"));
  }

  void hasItsOwnGroupAndDefaultSignals() {
    ::signal(SIGPIPE, SIG_IGN);
    sigset_t blocked;
    sigemptyset(&blocked);
    sigaddset(&blocked, SIGUSR1);
    ::pthread_sigmask(SIG_BLOCK, &blocked, nullptr);
    const auto [output, exit] = runToEnd(shell("cat /proc/self/status; cut -d' ' -f5 /proc/$$/stat; echo $$"));
    ::pthread_sigmask(SIG_UNBLOCK, &blocked, nullptr);
    ::signal(SIGPIPE, SIG_DFL);
    const auto lines = QByteArray::fromStdString(output).trimmed().split('\n');
    QVERIFY(lines.contains("SigIgn:\t0000000000000000"));
    QVERIFY(lines.contains("SigBlk:\t0000000000000000"));
    QCOMPARE(lines[lines.size() - 2], lines.back());  // its group bears its own number
  }

  void aChildOutlivesNoService() {
    auto pipe = process::makePipe();
    const pid_t service = ::fork();
    if (service == 0) {
      asio::io_context loop;
      auto launch = shell("echo up; exec sleep 1000");
      launch.descriptors = {{.ours = pipe->write.get(), .theirs = 1}};
      const auto child = Child::start(loop, launch, {});
      ::pause();
      ::_exit(0);
    }
    pipe->write.reset();
    char up[3] = {};
    QCOMPARE(::read(pipe->read.get(), up, sizeof up), ssize_t(sizeof up));
    ::kill(service, SIGKILL);
    readAll(pipe->read.get());  // ends with the child
    QCOMPARE(::waitpid(service, nullptr, 0), service);
  }

  void isNicerWhenAsked() {
    auto launch = shell("nice");
    const int before = runToEnd(launch).first.empty() ? -1 : std::stoi(runToEnd(launch).first);
    launch.nice = 5;
    QCOMPARE(std::stoi(runToEnd(launch).first), std::min(19, before + 5));
  }

  void killEndsTheWholeGroup() {
    auto pipe = process::makePipe();
    auto launch = shell("sleep 1000 & echo $!; wait");
    launch.descriptors = {{.ours = pipe->write.get(), .theirs = 1}};
    std::optional<Exit> exit;
    auto child = Child::start(m_loop, launch, [&](const Exit& e) { exit = e; });
    QVERIFY(child);
    pipe->write.reset();
    char first = 0;
    QCOMPARE(::read(pipe->read.get(), &first, 1), ssize_t(1));
    child->kill();
    QVERIFY(runUntil([&] { return exit.has_value(); }));
    QCOMPARE(exit->signal, SIGKILL);
    readAll(pipe->read.get());  // ends only when the grandchild, which holds the other end, has ended too
    QVERIFY(!child->running());
  }

  void leavesNoGrandchildBehind() {
    auto pipe = process::makePipe();
    auto launch = shell("sleep 1000 & exit 0");
    launch.descriptors = {{.ours = pipe->write.get(), .theirs = 1}};
    std::optional<Exit> exit;
    auto child = Child::start(m_loop, launch, [&](const Exit& e) { exit = e; });
    QVERIFY(child);
    pipe->write.reset();
    QVERIFY(runUntil([&] { return exit.has_value(); }));
    QVERIFY(exit->clean());
    readAll(pipe->read.get());
  }

  void destructionKillsAndNeverCallsBack() {
    auto pipe = process::makePipe();
    auto launch = shell("sleep 1000");
    launch.descriptors = {{.ours = pipe->write.get(), .theirs = 1}};
    bool called = false;
    pid_t pid = 0;
    {
      auto child = Child::start(m_loop, launch, [&](const Exit&) { called = true; });
      QVERIFY(child);
      pid = child->pid();
    }
    pipe->write.reset();
    readAll(pipe->read.get());
    QVERIFY(runUntil([&] { return ::kill(pid, 0) != 0 && errno == ESRCH; }));  // reaped by the loop
    QVERIFY(!called);
  }

  void onExitMayDestroyTheChild() {
    std::optional<Child> child;
    bool called = false;
    auto started = Child::start(m_loop, shell("exit 0"), [&](const Exit&) {
      called = true;
      child.reset();
    });
    QVERIFY(started);
    child = std::move(*started);
    QVERIFY(runUntil([&] { return called; }));
    QVERIFY(!child);
  }
};

QTEST_GUILESS_MAIN(TestChild)
#include "test_child.moc"
