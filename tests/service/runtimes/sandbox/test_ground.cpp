// SPDX-License-Identifier: Apache-2.0
// Control groups: on captured trees of files, and on this computer's own where it lets us make one.
#include "runtimes/sandbox/group.h"
#include "runtimes/sandbox/group_freeze.h"
#include "service/runtimes/sandbox/inmate.h"

#include <sys/stat.h>
#include <sys/xattr.h>
#include <unistd.h>

#include <QTemporaryDir>
#include <QtTest>

#include <csignal>
#include <filesystem>
#include <fstream>

using namespace lull;
using sandbox::Ground;
using sandbox::Group;
using sandbox::Limits;
using sandbox::Walls;
using test::Inmate;
namespace fs = std::filesystem;

namespace {

constexpr std::uint64_t kMiB = 1U << 20U;
// Nanoseconds: what just ends goes on doing so, and the last of a stretch is counted a moment later.
constexpr std::uint64_t kKernelsOwn = 20'000'000;

void put(const fs::path& file, const std::string& text) {
  fs::create_directories(file.parent_path());
  std::ofstream(file) << text;
}

std::string textOf(const fs::path& file) {
  std::ifstream in(file);
  return {std::istreambuf_iterator<char>(in), {}};
}

// A group as the kernel makes one where all controllers are handed down.
class Captured {
public:
  Captured() {
    for (const char* name : {"memory.max", "memory.swap.max", "memory.oom.group", "pids.max", "cpu.max", "cpu.weight",
                             "cpu.idle", "cgroup.freeze", "cgroup.kill", "cgroup.procs"}) {
      put(folder() / name, "");
    }
    put(folder() / "cgroup.events", "populated 1\nfrozen 0\n");
    put(folder() / "cpu.stat", "usage_usec 1234\nuser_usec 1000\nsystem_usec 234\n");
    put(folder() / "memory.events", "low 0\nhigh 0\nmax 12\noom 0\noom_kill 0\noom_group_kill 0\n");
  }
  [[nodiscard]] fs::path folder() const { return m_dir.path().toStdString(); }

private:
  QTemporaryDir m_dir;
};

// A private group of this computer's, below the one this test is in; empty where that is not to be had.
class Real {
public:
  Real() {
    const auto mounts = textOf("/proc/self/mountinfo");
    const auto at = mounts.find(" - cgroup2 ");
    if (at == std::string::npos) return;
    std::istringstream words(mounts.substr(mounts.rfind('\n', at) + 1));
    std::string skipped;
    fs::path mount;
    words >> skipped >> skipped >> skipped >> skipped >> mount;
    const auto own = textOf("/proc/self/cgroup");
    const auto line = own.find("0::/");
    if (line == std::string::npos) return;
    const auto name = own.substr(line + 4, own.find('\n', line) - line - 4);
    const auto folder = mount / name / ("lull-test-" + std::to_string(::getpid()));
    if (::mkdir(folder.c_str(), 0755) == 0) m_folder = folder;
  }
  ~Real() {
    if (m_folder.empty()) return;
    // What is killed takes a moment to be gone.
    const auto gone = [this] {
      sandbox::clearGroups(m_folder);
      ::rmdir((m_folder / "service").c_str());
      return ::rmdir(m_folder.c_str()) == 0;
    };
    if (!QTest::qWaitFor(gone, 10'000)) qWarning("%s stays", m_folder.c_str());
  }
  [[nodiscard]] const fs::path& folder() const { return m_folder; }

private:
  fs::path m_folder;
};

}  // namespace

class TestGround : public QObject {
  Q_OBJECT

  static std::size_t groupsIn(const fs::path& folder) {
    std::size_t count = 0;
    for (const auto& entry : fs::directory_iterator(folder)) count += entry.is_directory() ? 1U : 0U;
    return count;
  }

private slots:
  void limitsAreWrittenAsTheKernelReadsThem() {
    const Captured captured;
    const Group group(captured.folder(),
                      {.memoryBytes = 64 * kMiB, .processes = 32, .cores = 2, .priority = sandbox::Priority::Idle});
    const auto has = [&](const char* file) { return textOf(captured.folder() / file); };
    QCOMPARE(has("memory.max"), std::string("67108864"));
    QCOMPARE(has("memory.swap.max"), std::string("0"));
    QCOMPARE(has("memory.oom.group"), std::string("1"));
    QCOMPARE(has("pids.max"), std::string("32"));
    QCOMPARE(has("cpu.max"), std::string("200000 100000"));
    QCOMPARE(has("cpu.idle"), std::string("1"));
    QCOMPARE(group.left().memoryBytes, 0U);
    QCOMPARE(group.left().processes, 0U);
    QCOMPARE(group.left().cores, 0U);
    QCOMPARE(*group.cpuNs(), 1'234'000U);
  }

  // What a controller that was not handed down would hold is left to others.
  void whatIsNotHeldIsLeft() {
    const Captured captured;
    fs::remove(captured.folder() / "memory.max");
    fs::remove(captured.folder() / "cpu.max");
    const Group group(captured.folder(), {.memoryBytes = 64 * kMiB, .processes = 32, .cores = 2});
    QCOMPARE(group.left().memoryBytes, 64 * kMiB);
    QCOMPARE(group.left().processes, 0U);
    QCOMPARE(group.left().cores, 2U);
  }

  void whatTheKernelEndedForItsMemoryIsTold() {
    const Captured captured;
    const Group group(captured.folder(), {.memoryBytes = 64 * kMiB});
    QCOMPARE(group.endedForMemory(), std::string());
    put(captured.folder() / "memory.events", "low 0\nmax 99\noom 1\noom_kill 2\noom_group_kill 1\n");
    QCOMPARE(group.endedForMemory(), std::string("it used more than 64 MiB of memory"));
    put(captured.folder() / "memory.events", "low 0\nmax 0\noom 0\noom_kill 1\noom_group_kill 0\n");
    QCOMPARE(group.endedForMemory(), std::string("this computer had no memory left"));
  }

  // It is read when it has ended, and others begin meanwhile.
  void whatIsStillReadIsNotRemovedByAnother() {
    const QTemporaryDir dir;
    const fs::path folder = dir.path().toStdString();
    put(folder / "cgroup.subtree_control", "");
    const auto ground = Ground::claimAt(folder);
    QVERIFY(ground.given());
    auto first = Group::create(ground, {});
    const fs::path left = folder / "worker-1-0";
    fs::create_directory(left);
    auto second = Group::create(ground, {});
    QVERIFY(first && second);
    QVERIFY(fs::exists(first->folder()) && !fs::exists(left));
    // As a program in it keeps it from going at once.
    put(first->folder() / "member", "");
    first->remove();
    fs::remove(first->folder() / "member");
    QVERIFY(fs::exists(first->folder()));
    const auto third = Group::create(ground, {});
    QVERIFY(third && fs::exists(second->folder()) && !fs::exists(first->folder()));
  }

  void theMomentOfStandingStillIsTold() {
    const Captured captured;
    const Group group(captured.folder(), {});
    asio::io_context loop;
    std::optional<Instant> told;
    sandbox::GroupFreeze freeze(loop, [&](Instant when) { told = when; });
    QVERIFY(freeze.begin(group));
    QCOMPARE(textOf(captured.folder() / "cgroup.freeze"), std::string("1"));
    loop.run_for(std::chrono::milliseconds(50));
    QVERIFY(!told && !freeze.since());
    put(captured.folder() / "cgroup.events", "populated 1\nfrozen 1\n");
    const auto end = std::chrono::steady_clock::now() + Inmate::kPatience;
    while (!told && std::chrono::steady_clock::now() < end) loop.run_one_for(std::chrono::milliseconds(50));
    QVERIFY(told && told == freeze.since());
    freeze.end(group);
    QVERIFY(!freeze.since());
    QCOMPARE(textOf(captured.folder() / "cgroup.freeze"), std::string("0"));
    fs::remove(captured.folder() / "cgroup.freeze");
    QVERIFY(!freeze.begin(group));
  }

  void onlyWhatWasGivenIsClaimed_data() {
    QTest::addColumn<QString>("mount");
    QTest::addColumn<QString>("group");
    QTest::addColumn<QString>("given");
    QTest::addColumn<bool>("found");
    const char* plain = "26 22 0:23 / /sys/fs/cgroup rw,nosuid - cgroup2 cgroup2 rw\n";
    QTest::newRow("given") << plain << "0::/system.slice/lulld.service\n"
                           << "system.slice/lulld.service" << true;
    QTest::newRow("not given") << plain << "0::/user.slice/session.scope\n"
                               << "" << false;
    QTest::newRow("in its own part") << plain << "0::/system.slice/lulld.service/service\n"
                                     << "system.slice/lulld.service" << true;
    QTest::newRow("beside the old ones") << "31 22 0:27 / /sys/fs/cgroup/unified rw - cgroup2 cgroup2 rw\n"
                                         << "4:memory:/x\n0::/system.slice/lulld.service\n"
                                         << "unified/system.slice/lulld.service" << true;
    QTest::newRow("a part of the hierarchy is seen")
        << "26 22 0:23 /system.slice /sys/fs/cgroup rw - cgroup2 cgroup2 rw\n"
        << "0::/system.slice/lulld.service\n"
        << "lulld.service" << true;
    QTest::newRow("outside of what is seen") << "26 22 0:23 /user.slice /sys/fs/cgroup rw - cgroup2 cgroup2 rw\n"
                                             << "0::/system.slice/lulld.service\n"
                                             << "" << false;
    QTest::newRow("none mounted") << "26 22 0:23 / /sys/fs/cgroup rw - tmpfs tmpfs rw\n"
                                  << "0::/\n"
                                  << "" << false;
  }
  void onlyWhatWasGivenIsClaimed() {
    QFETCH(QString, mount);
    QFETCH(QString, group);
    QFETCH(QString, given);
    QFETCH(bool, found);
    const QTemporaryDir dir;
    const fs::path root = dir.path().toStdString();
    put(root / "proc/self/mountinfo", "22 1 8:1 / / rw - ext4 /dev/sda rw\n" + mount.toStdString());
    put(root / "proc/self/cgroup", group.toStdString());
    const auto folder = root / "sys/fs/cgroup" / given.toStdString();
    fs::create_directories(folder / "service");
    fs::create_directories(root / "sys/fs/cgroup/user.slice/session.scope");
    put(folder / "cgroup.subtree_control", "");
    if (found && ::setxattr(folder.c_str(), "user.delegate", "1", 1, 0) != 0) {
      QSKIP("this file system keeps no attributes of users'");
    }
    const auto ground = Ground::claim({.proc = root / "proc", .root = root});
    QCOMPARE(ground.given(), found);
    if (found) QCOMPARE(ground.folder(), folder);
  }

  void aRealGroupFreezesMetersKillsAndGoes_data() {
    QTest::addColumn<int>("which");
    QTest::newRow("confined") << static_cast<int>(Walls::Confined);
    QTest::newRow("bare") << static_cast<int>(Walls::Bare);
  }
  void aRealGroupFreezesMetersKillsAndGoes() {
    QFETCH(int, which);
    const Real real;
    if (real.folder().empty()) QSKIP("no control group can be made here");
    const auto ground = Ground::claimAt(real.folder());
    QVERIFY(ground.given());
    const auto before = groupsIn(real.folder());
    auto spec =
        Inmate::shell("trap '' STOP TERM; for i in 1 2 3; do setsid sh -c 'while :; do sh -c :; done' & done; wait");
    spec.walls = static_cast<Walls>(which);
    spec.ground = ground;
    Inmate inmate;
    QVERIFY(inmate.start(spec).ok());
    QVERIFY(inmate.startsWithin());
    QCOMPARE(groupsIn(real.folder()), before + 1);
    for (int turn = 0; turn < 3; ++turn) {
      const auto used = inmate.sandbox().cpuNs();
      QVERIFY(inmate.runUntil([&] { return inmate.sandbox().cpuNs() > used + 10'000'000; }));
      inmate.sandbox().freeze();
      QVERIFY(inmate.freezesWithin());
      const auto still = inmate.sandbox().cpuNs();
      QVERIFY(!inmate.runUntil([&] { return inmate.sandbox().cpuNs() > still + kKernelsOwn; }, Milliseconds(200)));
      inmate.sandbox().thaw();
    }
    inmate.sandbox().freeze();
    QVERIFY(inmate.freezesWithin());
    const auto used = inmate.sandbox().cpuNs();
    inmate.sandbox().kill();
    QVERIFY(inmate.endsWithin());
    QCOMPARE(inmate.ending()->exit.signal, SIGKILL);
    QVERIFY(inmate.ending()->cpuNs >= used);
    QVERIFY(inmate.runUntil([&] {
      sandbox::clearGroups(real.folder());  // as the next start does
      return groupsIn(real.folder()) == before;
    }));
  }

  // A service that crashed left groups, with programs or without.
  void leftoversAreEndedAtTheNextStart() {
    const Real real;
    if (real.folder().empty()) QSKIP("no control group can be made here");
    auto spec = Inmate::shell("while :; do sleep 1; done");
    spec.ground = Ground::claimAt(real.folder());
    Inmate inmate;
    QVERIFY(inmate.start(spec).ok());
    QVERIFY(inmate.startsWithin());
    fs::create_directory(real.folder() / "worker-1-0");
    static_cast<void>(Ground::claimAt(real.folder()));
    QVERIFY(inmate.endsWithin());
    QCOMPARE(inmate.ending()->exit.signal, SIGKILL);
    QVERIFY(!fs::exists(real.folder() / "worker-1-0"));
  }

  // Only where the kernel's own controllers are handed down to this test.
  void bombsAreHeldByTheKernel_data() {
    QTest::addColumn<QString>("controller");
    QTest::addColumn<QString>("script");
    QTest::newRow("memory") << "memory"
                            << "exec python3 -c 'x = [bytes(1 << 20) for i in range(400)]'";
    QTest::newRow("processes") << "pids"
                               << "for i in $(seq 64); do sleep 100 & done; echo all";
  }
  void bombsAreHeldByTheKernel() {
    QFETCH(QString, controller);
    QFETCH(QString, script);
    const Real real;
    if (real.folder().empty()) QSKIP("no control group can be made here");
    auto spec = Inmate::shell(script.toStdString());
    spec.ground = Ground::claimAt(real.folder());
    if (!spec.ground.has(controller.toStdString())) QSKIP("the controller is not handed down here");
    spec.limits.memoryBytes = 64 * kMiB;
    spec.limits.processes = 32;
    Inmate inmate;
    const auto ending = inmate.run(spec);
    QVERIFY(!ending.exit.clean());
    QVERIFY(inmate.output().find("all") == std::string::npos);
    if (controller == "memory") QCOMPARE(ending.why, std::string("it used more than 64 MiB of memory"));
  }
};

QTEST_GUILESS_MAIN(TestGround)
#include "test_ground.moc"
