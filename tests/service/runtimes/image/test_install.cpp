// SPDX-License-Identifier: Apache-2.0
// Images are installed by a pretended maker, upgraded and found; what fails leaves nothing but what is useful.
#include "service/runtimes/image/images_test.h"

#include <QTest>

#include <csignal>

using namespace lull;
using namespace lull::image;
namespace fs = std::filesystem;
using Work = v1::RuntimeWork;

class TestInstall : public lull::test::ImagesTest {
  Q_OBJECT

private slots:
  void nothingIsThere() {
    const auto programs = m_images->programs("llama");
    QCOMPARE(programs.error().kind(), Error::Kind::NotFound);
    QVERIFY(programs.error().text().find("lull runtime install llama") != std::string::npos);
    QCOMPARE(m_images->programs("other").error().kind(), Error::Kind::NotFound);
    QCOMPARE(m_images->list().runtimes_size(), 0);
    QCOMPARE(m_images->verify("llama").error().kind(), Error::Kind::NotFound);
    QCOMPARE(remove("llama").error().kind(), Error::Kind::NotFound);
    QCOMPARE(remove("install").error().kind(), Error::Kind::NotFound);
    QCOMPARE(remove("..").error().kind(), Error::Kind::NotFound);
  }

  void anInstall() {
    const auto begun = install();
    QVERIFY(begun.ok());
    QCOMPARE(begun->work().state(), Work::STATE_RUNNING);
    QCOMPARE(m_images->programs("llama").error().kind(), Error::Kind::Unavailable);
    QCOMPARE(install().error().kind(), Error::Kind::Conflict);
    const auto work = ended();
    QVERIFY2(work.state() == Work::STATE_DONE, work.text().c_str());
    QCOMPARE(work.text(), std::string("llama.cpp 0.7.0 is installed"));
    const auto programs = m_images->programs("llama");
    QVERIFY(programs.ok());
    QCOMPARE(programs->version, "llama.cpp 0.7.0, image " + work.version());
    QCOMPARE(programs->root, place("runtimes/llama") / work.version() / "root");
    QVERIFY(fs::exists(programs->root / "usr/bin/llama-server"));
    QCOMPARE(fs::status(programs->root / "usr/bin").permissions() & fs::perms(0222), fs::perms::none);
    const auto list = m_images->list();
    QCOMPARE(list.runtimes_size(), 1);
    const auto& runtime = list.runtimes(0);
    QVERIFY(runtime.current() && runtime.in_use() && runtime.bytes() > 0);
    QCOMPARE(runtime.packages_size(), 2);
    QCOMPARE(runtime.installed_unix_ms(), m_clock.now().unixMs);
    QCOMPARE(m_images->summary().runtimes(0).packages_size(), 0);
    QVERIFY(untilOnly({work.version()}));
    QVERIFY(m_changes > 1);
    reopen();
    QCOMPARE(m_images->programs("llama")->version, programs->version);
  }

  void whatEndedIsForgotten() {
    reopen({.endedShown = Milliseconds(1)});
    QVERIFY(install().ok());
    QVERIFY(until([&] { return m_images->list().runtimes_size() == 1 && !m_images->list().has_work(); }));
  }

  void nothingNewer() {
    const auto version = installed();
    m_clock.advance(Milliseconds(86'400'000));
    QVERIFY(install().ok());
    const auto work = ended();
    QCOMPARE(work.text(), std::string("there is nothing newer"));
    QCOMPARE(work.version(), version);
    QVERIFY(untilOnly({version}));
  }

  void anUpgradeWaitsForWhatRuns() {
    const auto first = installed();
    auto held = m_images->programs("llama")->held;
    const auto again = m_images->programs("llama")->held;
    upgrade("1:0.8.0-1");
    const auto second = installed();
    QVERIFY(second != first);
    QVERIFY(m_images->programs("llama")->root.native().find(second) != std::string::npos);
    auto list = m_images->list();
    QCOMPARE(list.runtimes_size(), 2);
    QVERIFY(list.runtimes(0).version() == second && list.runtimes(0).current());
    QVERIFY(list.runtimes(1).version() == first && list.runtimes(1).in_use() && !list.runtimes(1).current());
    QCOMPARE(remove(first).error().kind(), Error::Kind::Conflict);
    QVERIFY(untilOnly({first, second}));
    held.reset();
    QCOMPARE(m_images->list().runtimes_size(), 2);
    const_cast<std::shared_ptr<const void>&>(again).reset();
    QVERIFY(until([&] { return m_images->list().runtimes_size() == 1; }));
    QVERIFY(untilOnly({second}));
  }

  void anOldOneGoesAtTheNextStart() {
    installed();
    const auto held = m_images->programs("llama")->held;
    upgrade("1:0.8.0-1");
    const auto second = installed();
    reopen();
    QVERIFY(untilOnly({second}));
  }

  void failures_data() {
    QTest::addColumn<QString>("said");
    QTest::addColumn<QString>("told");
    QTest::newRow("in words") << "failed too_big the disk is full"
                              << "the disk is full";
    QTest::newRow("in none") << ""
                             << "the program that makes images ended with code 1";
    QTest::newRow("in strange ones") << "failed strange x"
                                     << "the program that makes images ended with code 1";
  }
  void failures() {
    QFETCH(QString, said);
    QFETCH(QString, told);
    write("fail", said.toStdString() + "\n");
    QVERIFY(install().ok());
    const auto work = ended();
    QCOMPARE(work.state(), Work::STATE_FAILED);
    QCOMPARE(QString::fromStdString(work.text()), told);
    QVERIFY(untilOnly({"cache"}));
    fs::remove(place("fail"));
    installed();
    QVERIFY2(calls().find("resumed") != std::string::npos, calls().c_str());
  }

  void whatCameIsNotEnough() {
    write("bare", "");
    QVERIFY(install().ok());
    QVERIFY(ended().text().find("llama-server") != std::string::npos);
    QVERIFY(untilOnly({"cache"}));
  }

  void brokenOff() {
    write("hang", "");
    QVERIFY(install().ok());
    const auto pid = makersPid();
    QVERIFY(remove("install").ok());
    QCOMPARE(m_images->list().work().state(), Work::STATE_FAILED);
    QVERIFY(m_images->list().work().text().find("broken off") != std::string::npos);
    QVERIFY(until([&] { return ::kill(pid, 0) != 0; }));
    QVERIFY(untilOnly({"cache"}));
    QCOMPARE(remove("install").error().kind(), Error::Kind::NotFound);
    fs::remove(place("hang"));
    installed();
  }

  void theServiceEndsInTheMiddle() {
    write("hang", "");
    QVERIFY(install().ok());
    const auto pid = makersPid();
    reopen();
    QVERIFY(until([&] { return ::kill(pid, 0) != 0; }));
    QVERIFY(untilOnly({"cache"}));
    QVERIFY(!m_images->list().has_work());
    fs::last_write_time(place("runtimes/llama/cache"), fs::file_time_type::clock::now() - std::chrono::hours(8 * 24));
    reopen();
    QVERIFY(untilOnly({}));
  }

  void whatIsAsked() {
    v1::InstallRuntimeRequest request;
    request.set_name("other");
    QCOMPARE(m_images->install(request).error().kind(), Error::Kind::NotFound);
    request.set_name("llama");
    for (const char* no : {"file:/srv", "copy:/srv", "deb [trusted=yes] https://x y main", "https://x y", "https://x]",
                           "/srv/debian", "https://"}) {
      request.set_mirror(no);
      QVERIFY2(m_images->install(request).error().kind() == Error::Kind::Invalid, no);
    }
    request.set_mirror("https://example.org/debian");
    request.set_allow_expired(true);
    QVERIFY(m_images->install(request).ok());
    ended();
    QVERIFY2(calls().find("--mirror https://example.org/debian --allow-expired") != std::string::npos, calls().c_str());
  }

  void noRoomAndNoMaker() {
    reopen({.roomBytes = ~0ULL});
    QCOMPARE(install().error().kind(), Error::Kind::TooBig);
    reopen({.maker = place("nothing")});
    QVERIFY(!install().ok());
    QVERIFY(!m_images->list().has_work());
  }

  void theSystemGoesFirst() {
    const auto version = installed();
    for (const char* name : {"llama-server", "llama-finetune"}) {
      write(std::string("system/usr/bin/") + name, "");
      fs::permissions(place("system/usr/bin") / name, fs::perms(0755));
    }
    QVERIFY(!m_images->programs("llama")->root.empty());
    write("system/usr/lib/libggml-vulkan.so", "");
    write("system/var/lib/dpkg/status", "Package: llama.cpp\nStatus: install ok installed\nVersion: 1:0.9.1-1\n");
    const auto programs = m_images->programs("llama");
    QVERIFY(programs->root.empty());
    QCOMPARE(programs->version, std::string("llama.cpp 0.9.1, this computer's own"));
    QCOMPARE(install().error().kind(), Error::Kind::Conflict);
    const auto list = m_images->list();
    QCOMPARE(list.runtimes_size(), 2);
    QVERIFY(list.runtimes(0).current() && list.runtimes(0).source() == v1::Runtime::SOURCE_SYSTEM);
    QCOMPARE(list.runtimes(0).version(), std::string("1:0.9.1-1"));
    QVERIFY(!list.runtimes(1).current());
    m_needed = true;
    QVERIFY(remove(version).ok());
    QCOMPARE(remove("llama").error().kind(), Error::Kind::Conflict);
    QCOMPARE(m_images->verify("llama").error().kind(), Error::Kind::Conflict);
    fs::remove(place("system/usr/bin/llama-server"));
    QCOMPARE(m_images->programs("llama").error().kind(), Error::Kind::NotFound);
  }

  void aGivenRootGoesOverAll() {
    installed();
    reopen({.givenRoot = place("given")});
    QCOMPARE(m_images->programs("llama")->root, place("given"));
    QCOMPARE(install().error().kind(), Error::Kind::Conflict);
    QVERIFY(m_images->list().runtimes(0).current());
    QCOMPARE(m_images->list().runtimes(0).place(), place("given").native());
  }
};

QTEST_GUILESS_MAIN(TestInstall)
#include "test_install.moc"
