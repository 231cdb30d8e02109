// SPDX-License-Identifier: Apache-2.0
// Why no sandbox can be had: from captured settings of the kernel, each with what to do.
#include "fakes/nobody.h"
#include "runtimes/sandbox/refusal.h"
#include "runtimes/sandbox/system_root.h"
#include "runtimes/sandbox/watch.h"

#include <unistd.h>

#include <QTemporaryDir>
#include <QtTest>

#include <algorithm>
#include <filesystem>
#include <fstream>

using namespace lull;
namespace fs = std::filesystem;

namespace {

void put(const fs::path& file, const std::string& text) {
  fs::create_directories(file.parent_path());
  std::ofstream(file) << text;
}

sandbox::Use lookAt(const fs::path& folder) {
  const std::atomic<bool> stop{false};
  return sandbox::useOf({.root = ::getpid(), .rootToo = true}, {folder}, stop);
}

}  // namespace

class TestRefusal : public QObject {
  Q_OBJECT

private slots:
  void namesTheCauseAndTheMend_data() {
    QTest::addColumn<QString>("file");
    QTest::addColumn<QString>("value");
    QTest::addColumn<QString>("words");
    QTest::newRow("none allowed") << "user/max_user_namespaces"
                                  << "0\n"
                                  << "sysctl user.max_user_namespaces=";
    QTest::newRow("root's only") << "kernel/unprivileged_userns_clone"
                                 << "0\n"
                                 << "sysctl kernel.unprivileged_userns_clone=1";
    QTest::newRow("AppArmor") << "kernel/apparmor_restrict_unprivileged_userns"
                              << "1\n"
                              << "apparmor_parser";
    QTest::newRow("something else") << "kernel/nothing"
                                    << "1\n"
                                    << "bwrap: setting up uid map: Permission denied";
  }
  void namesTheCauseAndTheMend() {
    QFETCH(QString, file);
    QFETCH(QString, value);
    QFETCH(QString, words);
    const QTemporaryDir dir;
    const fs::path proc = dir.path().toStdString();
    put(proc / "sys/user/max_user_namespaces", "96365\n");
    put(proc / "sys" / file.toStdString(), value.toStdString());
    const auto text = sandbox::whyNoSandbox("bwrap: setting up uid map: Permission denied", proc);
    QVERIFY2(text.find(words.toStdString()) != std::string::npos, text.c_str());
    QVERIFY(text.starts_with("this computer cannot run tasks in a sandbox: "));
  }

  // Whatever a later kernel puts into /proc is hidden until it is known to be harmless.
  void unknownFilesOfProcAreHidden() {
    const QTemporaryDir dir;
    const fs::path proc = dir.path().toStdString();
    for (const char* name : {"cpuinfo", "meminfo", "kcore", "newsecrets", "1/status", "sys/x", "acpi/x"})
      put(proc / name, "");
    fs::create_symlink("self/net", proc / "net");
    const auto hidden = sandbox::hiddenProc(proc);
    QCOMPARE(hidden.files, (std::vector<fs::path>{"/proc/kcore", "/proc/newsecrets"}));
    QCOMPARE(hidden.folders, (std::vector<fs::path>{"/proc/acpi"}));
  }

  void anImageIsTheWholeSystemInside() {
    const QTemporaryDir dir;
    const fs::path image = dir.path().toStdString();
    put(image / "usr/bin/x", "");
    put(image / "etc/ld.so.cache", "");
    put(image / "etc/shadow", "");
    fs::create_symlink("usr/lib", image / "lib");
    const auto root = sandbox::systemRoot(image);
    QCOMPARE(root.links.size(), std::size_t{2});  // what it has, and what its never configured /bin would be
    for (const auto& bind : root.binds) {
      QVERIFY2(bind.from.native().starts_with(image.native()), bind.from.c_str());
      QVERIFY(bind.to != "/etc/shadow");
      QVERIFY(bind.access == sandbox::Access::ReadOnly);
    }
  }

  // Memory is looked after the sooner the less of it is left.
  void theNextLookIsInTime() {
    using sandbox::untilNextLook;
    const sandbox::Limits limits{.memoryBytes = 8ULL << 30U};
    QCOMPARE(untilNextLook({}, {}), Milliseconds(1000));
    QCOMPARE(untilNextLook(limits, {.memoryBytes = 0}), Milliseconds(1000));
    QCOMPARE(untilNextLook(limits, {.memoryBytes = 4ULL << 30U}), Milliseconds(512));
    QCOMPARE(untilNextLook(limits, {.memoryBytes = 8ULL << 30U}), Milliseconds(50));
    QCOMPARE(untilNextLook(limits, {.memoryBytes = 9ULL << 30U}), Milliseconds(50));
  }

  void brokenLimitsAreToldInWords() {
    const sandbox::Limits limits{.memoryBytes = 64 << 20, .processes = 8, .diskBytes = 32 << 20};
    QCOMPARE(sandbox::brokenLimit(limits, {.threads = 8, .memoryBytes = 64 << 20, .diskBytes = 40 << 20}, 8 << 20),
             std::string());
    QCOMPARE(sandbox::brokenLimit(limits, {.threads = 9}, 0), std::string("it had more than 8 processes and threads"));
    QCOMPARE(sandbox::brokenLimit(limits, {.memoryBytes = (64 << 20) + 1}, 0),
             std::string("it used more than 64 MiB of memory"));
    QCOMPARE(sandbox::brokenLimit(limits, {.diskBytes = (40 << 20) + 1}, 8 << 20),
             std::string("it put more than 32 MiB on the disk"));
    QCOMPARE(sandbox::brokenLimit(limits, {.files = sandbox::kMostFiles}, 0),
             std::string("there were 100000 files in its folders: more than are counted"));
    QVERIFY(
        sandbox::brokenLimit(limits, {.hidden = true}, 0).starts_with("it made folders that cannot be looked into"));
  }

  void whatIsInFoldersIsCounted() {
    const QTemporaryDir dir;
    const fs::path folder = dir.path().toStdString();
    const test::Nobody nobody(folder);
    put(folder / "a/b/file", std::string(100'000, 'x'));
    fs::create_directory_symlink("/", folder / "root");
    const auto seen = lookAt(folder);
    QCOMPARE(seen.files, 4U);
    QVERIFY(seen.diskBytes >= 100'000 && seen.diskBytes < 200'000);
    QVERIFY(!seen.hidden);
    QVERIFY(!lookAt(folder / "gone").hidden);
  }

  void whatIsHiddenIsSeenToBe_data() {
    QTest::addColumn<unsigned>("mode");
    for (const unsigned mode : {0U, 0300U, 0400U, 0600U}) QTest::addRow("%o", mode) << mode;
  }
  void whatIsHiddenIsSeenToBe() {
    QFETCH(unsigned, mode);
    const QTemporaryDir dir;
    const fs::path folder = dir.path().toStdString();
    const test::Nobody nobody(folder);
    put(folder / "a/b/file", "x");
    for (const auto& hidden : {folder / "a/b", folder}) {
      fs::permissions(hidden, fs::perms(mode));
      QVERIFY(lookAt(folder).hidden);
      fs::permissions(hidden, fs::perms(0700));
    }
  }

  void whatIsTooDeepIsHidden() {
    const QTemporaryDir dir;
    fs::path folder = dir.path().toStdString();
    for (int i = 0; i < 64; ++i) folder /= "x";
    fs::create_directories(folder);
    QVERIFY(!lookAt(dir.path().toStdString()).hidden);
    fs::create_directory(folder / "x");
    QVERIFY(lookAt(dir.path().toStdString()).hidden);
  }
};

QTEST_GUILESS_MAIN(TestRefusal)
#include "test_refusal.moc"
