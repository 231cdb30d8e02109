// SPDX-License-Identifier: Apache-2.0
// The service's side of presence: what it believes, and what it does when lull-presence fails.
#include "service/senses/input_folder.h"
#include "service/senses/loop.h"

#include "senses/owner_presence.h"

#include <QFile>
#include <QTest>

#include <csignal>

using namespace lull;
using namespace lull::test;
using Source = model::Presence::Source;

namespace {

std::filesystem::path program(const char* name) {
  return std::filesystem::path(qEnvironmentVariable("LULL_BUILD_DIR").toStdString()) / "bin" / name;
}

// The sense over a folder of FIFOs and a sysfs that may know devices the folder does not show.
struct Bench {
  InputFolder input;
  QTemporaryDir sys;
  asio::io_context loop;
  SystemClock clock;
  int changes = 0;
  std::optional<senses::OwnerPresence> sense;

  senses::Doors doors() const {
    senses::Doors doors;
    doors.input = input.path();
    doors.sys = sys.path().toStdString();
    doors.presenceProgram = program("lull-presence");
    return doors;
  }
  void start(const senses::Doors& with) {
    sense.emplace(loop, clock, with, [this] { ++changes; });
    sense->start();
  }
  void start() { start(doors()); }
  const model::Presence& now() const { return sense->presence(); }
  template <typename Condition>
  bool until(Condition condition) {
    return runUntil(loop, [&] { return condition(now()); });
  }
  bool untilSource(Source source) {
    return until([source](const auto& p) { return p.source == source; });
  }
  // A program in place of lull-presence.
  senses::Doors scripted(const char* script) const {
    auto with = doors();
    with.presenceProgram = input.path("program");
    QFile file(QString::fromStdString(with.presenceProgram.native()));
    if (file.open(QIODevice::WriteOnly)) file.write(QByteArray("#!/bin/sh\n") + script);
    file.setPermissions(QFileDevice::ReadOwner | QFileDevice::ExeOwner);
    return with;
  }
};

bool contains(const std::string& text, const char* part) { return text.find(part) != std::string::npos; }

}  // namespace

class TestPresence : public QObject {
  Q_OBJECT

private slots:
  void nothingIsKnownAtFirst() {
    Bench b;
    b.start();
    QCOMPARE(b.now().source, Source::Unknown);
    QCOMPARE(b.changes, 0);
  }

  void watchesAndHears() {
    Bench b;
    QVERIFY(b.input.plug("event0"));
    const Instant before = b.clock.now().instant;
    b.start();
    QVERIFY(b.untilSource(Source::Watching));
    QCOMPARE(b.now().devices, 1U);
    QVERIFY(b.now().trouble.empty());
    QVERIFY(!b.now().lastActivity);
    QVERIFY(b.now().since >= before);
    const int changes = b.changes;
    const Instant when = b.clock.now().instant;
    QVERIFY(b.input.press("event0", when));
    QVERIFY(b.until([](const auto& p) { return p.lastActivity.has_value(); }));
    QVERIFY(b.changes > changes);
    QCOMPARE(toNs(*b.now().lastActivity) / 1000, toNs(when) / 1000);
  }

  void noDeviceAtAllIsAFact() {
    Bench b;
    b.start();
    QVERIFY(b.untilSource(Source::Unattended));
    QVERIFY(b.now().trouble.empty());
    QVERIFY(b.input.plug("event0"));
    QVERIFY(b.untilSource(Source::Watching));
    const Instant since = b.now().since;
    QVERIFY(b.input.plug("event1"));
    QVERIFY(b.until([](const auto& p) { return p.devices == 2; }));
    QCOMPARE(toNs(b.now().since), toNs(since));  // a second device is no new beginning
    QVERIFY(b.input.unplug("event0") && b.input.unplug("event1"));
    QVERIFY(b.untilSource(Source::Unattended));
  }

  void aFolderThatIsNotThereIsAFactToo() {
    Bench b;
    auto with = b.doors();
    with.input = b.input.path("none");
    b.start(with);
    QVERIFY(b.untilSource(Source::Unattended));
  }

  void devicesThatAreHiddenAreDoubt() {
    Bench b;
    QVERIFY(QDir(b.sys.path()).mkpath("class/input/event0"));
    b.start();
    QVERIFY(b.until([](const auto& p) { return !p.trouble.empty(); }));
    QCOMPARE(b.now().source, Source::Unknown);
    QVERIFY(contains(b.now().trouble, b.input.path().c_str()));
  }

  void unreadableDevicesAreDoubt() {
    Bench b;
    QVERIFY(b.input.plugUnreadable("event0"));
    b.start();
    QVERIFY(b.until([](const auto& p) { return !p.trouble.empty(); }));
    QCOMPARE(b.now().source, Source::Unknown);
    QVERIFY(contains(b.now().trouble, "no input device can be read"));
  }

  void missingRightsSayWhatToDo() {
    Bench b;
    // A record as lull-presence writes it on a machine where the service is not in the group: two devices, EACCES.
    b.start(
        b.scripted("printf 'PRES\\001\\000\\000\\000\\000\\000\\000\\000\\000\\000\\000\\000\\000\\000\\000\\000"
                   "\\002\\000\\000\\000\\000\\000\\000\\000\\015\\000\\000\\000' >&3; exec sleep 1000\n"));
    QVERIFY(b.until([](const auto& p) { return !p.trouble.empty(); }));
    QCOMPARE(b.now().source, Source::Unknown);
    QVERIFY2(contains(b.now().trouble, "group “input”"), b.now().trouble.c_str());
  }

  void someUnreadableDevicesAreTold() {
    Bench b;
    QVERIFY(b.input.plugUnreadable("event0") && b.input.plug("event1") && b.input.plug("event2"));
    b.start();
    QVERIFY(b.untilSource(Source::Watching));
    QVERIFY(contains(b.now().trouble, "1 of 3 input devices cannot be read"));
  }

  void whenItDiesNothingIsKnownUntilItIsBack() {
    Bench b;
    QVERIFY(b.input.plug("event0"));
    b.start();
    QVERIFY(b.untilSource(Source::Watching));
    QVERIFY(b.input.press("event0"));
    QVERIFY(b.until([](const auto& p) { return p.lastActivity.has_value(); }));
    const Instant touched = *b.now().lastActivity;
    const Instant since = b.now().since;
    const pid_t first = b.sense->helper();
    QCOMPARE(::kill(first, SIGKILL), 0);
    QVERIFY(b.untilSource(Source::Unknown));
    QVERIFY2(contains(b.now().trouble, "signal 9"), b.now().trouble.c_str());
    QVERIFY(b.untilSource(Source::Watching));
    QVERIFY(b.sense->helper() != 0 && b.sense->helper() != first);
    QVERIFY(b.now().since > since);
    QVERIFY(b.now().trouble.empty());
    QCOMPARE(toNs(b.now().lastActivity.value()), toNs(touched));
    QVERIFY(b.input.press("event0"));
    QVERIFY(b.until([&](const auto& p) { return p.lastActivity > touched; }));
  }

  void aMissingProgramIsTold() {
    Bench b;
    auto with = b.doors();
    with.presenceProgram = "/nonexistent/lull-presence";
    b.start(with);
    QCOMPARE(b.now().source, Source::Unknown);
    QVERIFY(contains(b.now().trouble, "/nonexistent/lull-presence"));
  }

  void aProgramOfAnotherVersionIsNotBelieved() {
    Bench b;
    b.start(b.scripted("head -c 3200 /dev/zero >&3; exec sleep 1000\n"));
    QVERIFY(b.until([](const auto& p) { return !p.trouble.empty(); }));
    QCOMPARE(b.now().source, Source::Unknown);
    QVERIFY(contains(b.now().trouble, "another version"));
  }

  void aProgramThatFallsSilentIsEnded() {
    Bench b;
    b.start(b.scripted("exec 3>&-; exec sleep 1000\n"));
    QVERIFY(b.until([](const auto& p) { return !p.trouble.empty(); }));
    QVERIFY(contains(b.now().trouble, "signal 9"));
  }

  void mayEndAtAnyMoment() {
    for (int rounds = 0; rounds < 5; ++rounds) {
      Bench b;
      QVERIFY(b.input.plug("event0"));
      b.start();
      for (int steps = 0; steps < rounds; ++steps) b.loop.run_one_for(std::chrono::milliseconds(20));
      b.input.press("event0");  // refused while it is not open yet
      const pid_t helper = b.sense->helper();
      QVERIFY(helper > 0);
      b.sense.reset();
      QVERIFY(runUntil(b.loop, [helper] { return ::kill(helper, 0) != 0; }));
    }
  }
};

QTEST_GUILESS_MAIN(TestPresence)
#include "test_presence.moc"
