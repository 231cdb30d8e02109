// SPDX-License-Identifier: Apache-2.0
// lull runtime: what it sends, tells and ends with.
#include "service/cli/command_test.h"
#include "service/cli/fake_runtimes.h"

#include <QJsonArray>
#include <QtTest>

#include <csignal>

using namespace lull;
using namespace lull::test;

class TestRuntimes : public CommandTest {
  Q_OBJECT

private slots:
  void none() {
    const auto ran = lull({"runtime", "list"});
    QCOMPARE(ran.code, 0);
    QVERIFY2(ran.out.contains("lull runtime install llama"), ran.out);
    QCOMPARE(lull({"runtime", "list", "--json"}).json()["runtimes"].toArray().size(), 0);
  }

  void theList() {
    m_service->change([](auto& state) {
      auto& first = *state.runtimes.add_runtimes();
      first = makeRuntime("20261122-1a2b3c4d");
      first.set_current(true);
      auto& old = *state.runtimes.add_runtimes();
      old = makeRuntime("20260901-00112233");
      old.set_in_use(true);
      *state.runtimes.add_runtimes() = makeRuntime("20260801-00112233");
      state.runtimes.mutable_runtimes(2)->set_trouble("1 file is missing: usr/bin/llama-server");
    });
    const auto ran = lull({"runtime", "list"});
    QVERIFY2(ran.code == 0 && fits80(ran.out), ran.out);
    QVERIFY2(ran.out.contains("20261122-1a2b3c4d") && ran.out.contains("425 MB"), ran.out);
    QVERIFY2(ran.out.contains("old, works now") && ran.out.contains("0.7.0+dfsg"), ran.out);
    QVERIFY2(ran.out.contains("usr/bin/llama-server"), ran.out);
    QCOMPARE(lull({"runtime", "list", "--json"}).json()["runtimes"].toArray().size(), 3);
  }

  void installing() {
    m_service->change([](auto& state) { state.workLooks = 2; });
    const auto ran = lull({"runtime", "install", "llama"});
    QVERIFY2(ran.code == 0, ran.err);
    QCOMPARE(ran.out, QByteArray("llama.cpp 0.7.0 is installed: image 20261122-1a2b3c4d.\n"));
    QCOMPARE(ran.err, QByteArray());
    m_service->change([](auto& state) {
      QVERIFY(!state.installed.allow_expired());
      QVERIFY(state.installed.mirror().empty());
      QCOMPARE(state.workLooks, -1);  // it was waited for
    });
    const auto json =
        lull({"runtime", "install", "llama", "--allow-expired", "--mirror", "https://x/debian", "--json"});
    QCOMPARE(json.json()["work"].toObject()["state"].toString(), QString("STATE_DONE"));
    m_service->change([](auto& state) {
      QVERIFY(state.installed.allow_expired());
      QCOMPARE(state.installed.mirror(), std::string("https://x/debian"));
    });
  }

  void notWaiting() {
    m_service->change([](auto& state) { state.workLooks = 1; });
    const auto ran = lull({"runtime", "install", "llama", "--no-wait"});
    QCOMPARE(ran.code, 0);
    QVERIFY(ran.out.contains("lull runtime list"));
    const auto list = lull({"runtime", "list"});
    QVERIFY2(list.out.contains("25 %, downloading packages (21 MB of 86 MB)"), list.out);
    QCOMPARE(lull({"runtime", "remove", "install"}).code, 0);
    QCOMPARE(lull({"runtime", "remove", "install"}).code, 5);
  }

  void failures() {
    m_service->change([](auto& state) { state.workFails = "the mirror cannot be reached: install again when it can"; });
    const auto ran = lull({"runtime", "install", "llama"});
    QCOMPARE(ran.code, 1);
    QVERIFY2(ran.err.contains("the mirror cannot be reached"), ran.err);
    QVERIFY(lull({"runtime", "list"}).out.contains("The last attempt failed"));
    QCOMPARE(lull({"runtime", "install", "other"}).code, 5);
    QCOMPARE(lull({"runtime", "install"}).code, 2);
    QCOMPARE(lull({"runtime"}).code, 2);
    m_service->change([](auto& state) { state.right = v1::RIGHT_OBSERVE; });
    QCOMPARE(lull({"runtime", "install", "llama"}).code, 4);
    QCOMPARE(lull({"runtime", "list"}).code, 0);
  }

  void interrupted() {
    m_service->change([](auto& state) { state.workLooks = 1'000'000; });
    QProcess process;
    prepare(process, m_service->socket());
    process.start(lullProgram(), {"runtime", "install", "llama"});
    QVERIFY(QTest::qWaitFor(
        [&] {
          bool waits = false;
          m_service->change([&](auto& state) { waits = state.workLooks < 1'000'000; });
          return waits;
        },
        30'000));
    ::kill(static_cast<pid_t>(process.processId()), SIGINT);
    QVERIFY(process.waitForFinished());
    QCOMPARE(process.exitCode(), 130);
    const auto said = process.readAllStandardError();
    QVERIFY2(said.contains("the service goes on with it") && said.contains("remove install"), said);
    QCOMPARE(lull({"runtime", "remove", "install"}).out,
             QByteArray("The install is broken off; what was downloaded is kept for a week.\n"));
  }

  void verifying() {
    QCOMPARE(lull({"runtime", "verify"}).code, 5);
    m_service->change([](auto& state) {
      *state.runtimes.add_runtimes() = makeRuntime("20261122-1a2b3c4d");
      state.runtimes.mutable_runtimes(0)->set_current(true);
    });
    QVERIFY(lull({"runtime", "verify"}).out.startsWith("20261122-1a2b3c4d is whole: "));
    m_service->change([](auto& state) { state.workFails = "1 file is damaged: usr/bin/llama-server"; });
    const auto ran = lull({"runtime", "verify", "20261122-1a2b3c4d"});
    QCOMPARE(ran.code, 1);
    QVERIFY2(ran.err.contains("usr/bin/llama-server"), ran.err);
  }

  void removing() {
    m_service->change([](auto& state) {
      *state.runtimes.add_runtimes() = makeRuntime("20261122-1a2b3c4d");
      state.runtimes.mutable_runtimes(0)->set_in_use(true);
    });
    const auto used = lull({"runtime", "remove", "20261122-1a2b3c4d"});
    QCOMPARE(used.code, 1);
    QVERIFY(used.err.contains("cancel it first"));
    m_service->change([](auto& state) { state.runtimes.mutable_runtimes(0)->set_in_use(false); });
    QCOMPARE(lull({"runtime", "remove", "20261122-1a2b3c4d"}).out,
             QByteArray("20261122-1a2b3c4d is removed: 425 MB free again.\n"));
    QCOMPARE(lull({"runtime", "remove", "20261122-1a2b3c4d"}).code, 5);
  }
};

QTEST_GUILESS_MAIN(TestRuntimes)
#include "test_runtimes.moc"
