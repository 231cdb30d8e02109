// SPDX-License-Identifier: Apache-2.0
#include "fakes/scenes.h"
#include "models/reasons.h"
#include "models/sentence.h"

#include <QAbstractItemModelTester>
#include <QDateTime>
#include <QLocale>
#include <QTemporaryDir>
#include <QtTest>

using namespace lull;
using namespace lull::models;

namespace {

constexpr UnixMs kNow = 1'795'000'000'000;

QString plain(QString text) { return text.replace(QChar(QChar::Nbsp), QChar(' ')); }

v1::Status device(v1::Activity activity) {
  v1::Status status;
  status.set_activity(activity);
  status.set_sharing(true);
  auto* gpu = status.add_gpus();
  gpu->set_name("GPU A");
  gpu->set_usable(true);
  status.mutable_presence()->set_state(v1::Presence::STATE_AWAY);
  status.mutable_presence()->set_last_activity_unix_ms(kNow - 1000);
  return status;
}

v1::Reason& hold(v1::Status& status, const std::string& rule, v1::Limit limit = v1::LIMIT_EVICT, int gpu = 0) {
  auto* reason = status.mutable_gpus(gpu)->mutable_verdict()->add_reasons();
  reason->set_rule(rule);
  reason->set_limit(limit);
  return *reason;
}

v1::Status resting(const std::string& rule, const std::function<void(v1::Status&, v1::Reason&)>& more = {}) {
  auto status = device(v1::ACTIVITY_RESTING);
  auto& reason = hold(status, rule);
  if (more) more(status, reason);
  return status;
}

void numbers(v1::Reason& reason, const char* unit, double value, double threshold) {
  reason.set_unit(unit);
  reason.set_value_number(value);
  reason.set_threshold_number(threshold);
}

}  // namespace

Q_DECLARE_METATYPE(lull::v1::Status)

class TestSentence : public QObject {
  Q_OBJECT

private slots:
  void initTestCase() { QLocale::setDefault(QLocale(QLocale::English, QLocale::UnitedStates)); }

  void activities_data() {
    QTest::addColumn<v1::Status>("status");
    QTest::addColumn<QString>("sentence");
    auto working = device(v1::ACTIVITY_WORKING);
    QTest::newRow("working, idle unknown") << working << "Working: nobody is using this computer";
    working.set_idle_since_unix_ms(kNow - 12 * 60'000 - 5'000);
    QTest::newRow("working") << working << "Working: nobody has touched this computer for 12 minutes";
    working.set_idle_since_unix_ms(kNow - 59'000);
    QTest::newRow("working, just begun") << working << "Working: nobody is using this computer";
    working.mutable_presence()->set_state(v1::Presence::STATE_UNATTENDED);
    QTest::newRow("unattended") << working << "Working: this computer has no keyboard, mouse or remote control";
    auto part = device(v1::ACTIVITY_WORKING);
    part.mutable_gpus(0)->set_task_id("t-1");
    part.mutable_gpus(0)->mutable_verdict()->set_duty(0.58);
    auto& why = *part.mutable_gpus(0)->mutable_verdict()->mutable_duty_reason();
    why.set_rule("warm");
    numbers(why, "celsius", 76, 72);
    auto ofProcessor = part;
    ofProcessor.add_temperatures()->set_is_gpu(true);
    ofProcessor.mutable_gpus(0)->set_type("processor");
    ofProcessor.mutable_gpus(0)->mutable_verdict()->mutable_duty_reason()->set_text("The processor is at 76 °C");
    QTest::newRow("a warm processor beside a GPU")
        << ofProcessor << "Working: for 58 % of the time, because the processor is at 76 °C";
    auto inVain = device(v1::ACTIVITY_READY);
    inVain.set_queued(1);
    QTest::newRow("a task waits") << inVain << "Ready: about to start";
    inVain.set_sentence("Ready, but what waits needs a GPU");
    QTest::newRow("a task waits for a GPU") << inVain << "Ready: what waits needs a GPU";
    QTest::newRow("warm") << part << "Working: for 58 % of the time, because the processor is at 76 °C";
    part.add_temperatures()->set_is_gpu(true);
    QTest::newRow("a warm GPU") << part << "Working: for 58 % of the time, because the GPU is at 76 °C";
    why.set_rule("max_duty");
    numbers(why, "percent", 58, 100);
    QTest::newRow("a part of it") << part << "Working: for 58 % of the time, because no more is to be lent";
    why.set_rule("of a newer service");
    why.set_text("the moon is full");
    QTest::newRow("a newer service's reason") << part << "Working: for 58 % of the time, because the moon is full";
    QTest::newRow("ready") << device(v1::ACTIVITY_READY) << "Ready: nothing to do";
    QTest::newRow("off") << device(v1::ACTIVITY_OFF) << "Off: this computer keeps its GPU to itself";
    QTest::newRow("stopping") << device(v1::ACTIVITY_STOPPING) << "Stopping: the service is ending";
    auto unknown = device(v1::ACTIVITY_UNSPECIFIED);
    unknown.set_sentence("Dreaming: of the next version");
    QTest::newRow("an activity of a newer service") << unknown << "Dreaming: of the next version";
  }
  void activities() {
    QFETCH(v1::Status, status);
    QTEST(plain(sentence(status, kNow).whole()), "sentence");
  }

  void reasons_data() {
    QTest::addColumn<v1::Status>("status");
    QTest::addColumn<QString>("because");
    QTest::newRow("sharing off") << resting("sharing_off") << "sharing is switched off";
    QTest::newRow("paused") << resting("paused", [](auto& s, auto&) { s.set_paused_until_unix_ms(-1); })
                            << "paused until you resume";
    const auto until = QDateTime::fromMSecsSinceEpoch(kNow).date().endOfDay().toMSecsSinceEpoch();
    QTest::newRow("paused until") << resting("paused", [until](auto& s, auto&) { s.set_paused_until_unix_ms(until); })
                                  << "paused until 23:59";
    const auto owner = [](std::int64_t left) {
      return resting("owner_present", [left](auto& s, auto& reason) {
        s.mutable_presence()->set_state(v1::Presence::STATE_PRESENT);
        numbers(reason, "seconds", 0, 120);
        reason.set_until_unix_ms(kNow + left);
      });
    };
    QTest::newRow("owner") << owner(120'000)
                           << "somebody is using this computer; goes on after 2 minutes without input";
    QTest::newRow("owner, moments ago") << owner(111'000)
                                        << "somebody is using this computer; goes on after 2 minutes without input";
    QTest::newRow("owner left") << owner(55'000)
                                << "somebody was just here; goes on in 60 seconds unless they come back";
    QTest::newRow("just started") << resting("owner_present", [](auto& s, auto& reason) {
      s.mutable_presence()->set_state(v1::Presence::STATE_PRESENT);
      s.mutable_presence()->set_last_activity_unix_ms(0);
      reason.set_until_unix_ms(kNow + 20'000);
    }) << "making sure that nobody is here; goes on in 20 seconds";
    QTest::newRow("presence unknown") << resting("owner_present", [](auto& s, auto&) {
      s.mutable_presence()->set_state(v1::Presence::STATE_UNSPECIFIED);
      s.mutable_presence()->set_trouble("may not read /dev/input");
    }) << "cannot tell whether somebody is using this computer (may not read /dev/input)";
    QTest::newRow("hot") << resting("too_hot", [](auto& s, auto& reason) {
      s.add_temperatures()->set_is_gpu(true);
      numbers(reason, "celsius", 84, 75);
    }) << "the GPU is at 84 °C, will go on below 75 °C";
    QTest::newRow("hot processor") << resting("too_hot", [](auto&, auto& reason) {
      numbers(reason, "celsius", 91, 75);
    }) << "the processor is at 91 °C, will go on below 75 °C";
    QTest::newRow("battery") << resting("on_battery", [](auto& s, auto&) { s.mutable_power()->set_known(true); })
                             << "running on the battery; goes on with mains power";
    QTest::newRow("battery unknown") << resting("on_battery")
                                     << "cannot tell whether this computer runs on its battery";
    QTest::newRow("battery low") << resting("on_battery", [](auto&, auto& reason) {
      numbers(reason, "percent", 41, 50);
    }) << "the battery is at 41 %, will go on at 50 %";
    QTest::newRow("memory") << resting("memory_pressure", [](auto&, auto& reason) {
      numbers(reason, "bytes", 612.0 * (1U << 20U), 1024.0 * (1U << 20U));
    }) << "only 612 MiB of memory are free, will go on above 1 GiB";
    QTest::newRow("memory pressure") << resting("memory_pressure") << "other programs need the memory";
    QTest::newRow("no gpu usable") << resting("no_gpu", [](auto& s, auto&) {
      s.mutable_gpus(0)->set_usable(false);
      s.mutable_gpus(0)->set_why_not("software device");
    }) << "no GPU can be used (software device)";
    QTest::newRow("starting") << resting("starting") << "getting to know this computer first";
    QTest::newRow("a rule of a newer service")
        << resting("full_moon", [](auto&, auto& reason) { reason.set_text("the moon is full"); }) << "the moon is full";
    auto none = device(v1::ACTIVITY_RESTING);
    none.clear_gpus();
    QTest::newRow("no gpu at all") << none << "no GPU was found";
    auto told = device(v1::ACTIVITY_RESTING);
    told.set_sentence("Resting: for a reason untold");
    QTest::newRow("no reason told") << told << "for a reason untold";
  }
  void reasons() {
    QFETCH(v1::Status, status);
    const auto said = sentence(status, kNow);
    QCOMPARE(said.state, "Resting");
    QTEST(plain(said.because), "because");
  }

  void changesWhenItSays() {
    auto status = device(v1::ACTIVITY_WORKING);
    status.set_idle_since_unix_ms(kNow - 12 * 60'000 - 5'000);
    const auto said = sentence(status, kNow);
    QCOMPARE(said.changesAt.value(), kNow + 55'000);
    QVERIFY(sentence(status, kNow + 55'000).because != said.because);
    QVERIFY(!sentence(device(v1::ACTIVITY_READY), kNow).changesAt);
  }

  void strictestFirstAndOnceForAllGpus() {
    auto status = device(v1::ACTIVITY_RESTING);
    status.add_gpus()->set_usable(true);
    status.mutable_gpus(1)->set_name("GPU B");
    hold(status, "too_hot", v1::LIMIT_PARK, 0);
    hold(status, "on_battery", v1::LIMIT_EVICT, 0);
    hold(status, "on_battery", v1::LIMIT_EVICT, 1);
    const auto all = allReasons(status);
    QCOMPARE(all.size(), std::size_t(2));
    QCOMPARE(all[0].reason->rule(), std::string("on_battery"));
    QVERIFY(all[0].gpu.isEmpty());
    QCOMPARE(all[1].reason->rule(), std::string("too_hot"));
    QCOMPARE(all[1].gpu, "GPU A");
  }

  void anUnusableSecondGpuIsNoReason() {
    auto status = device(v1::ACTIVITY_RESTING);
    hold(status, "too_hot", v1::LIMIT_PARK);
    status.add_gpus()->set_usable(false);
    hold(status, "no_gpu", v1::LIMIT_EVICT, 1);
    const auto all = allReasons(status);
    QCOMPARE(all.size(), std::size_t(1));
    QCOMPARE(all[0].reason->rule(), std::string("too_hot"));
    QVERIFY(all[0].gpu.isEmpty());
  }

  void reasonListTellsValueThresholdSettingAndRemedy() {
    QTemporaryDir folder;
    fakes::FakeService service(folder.filePath("s"));
    QVERIFY(fakes::play(service, "many-reasons"));
    ReasonList list;
    const QAbstractItemModelTester tester(&list);
    list.show(service.status(), QDateTime::currentMSecsSinceEpoch());
    QCOMPARE(list.count(), 5);
    const auto hot = list.index(4);  // it only parks: the mildest
    QCOMPARE(plain(list.data(hot, ReasonList::Title).toString()), "The GPU is at 84 °C, will go on below 70 °C");
    QCOMPARE(plain(list.data(hot, ReasonList::Measured).toString()), "Seen: 84 °C. Held against: 70 °C.");
    QCOMPARE(list.data(hot, ReasonList::Setting).toString(), "thermal.resume");
    QVERIFY(!list.data(hot, ReasonList::Remedy).toString().isEmpty());

    QSignalSpy reset(&list, &QAbstractItemModel::modelReset);
    QSignalSpy changed(&list, &QAbstractItemModel::dataChanged);
    auto warmer = service.status();
    for (auto& reason : *warmer.mutable_gpus(0)->mutable_verdict()->mutable_reasons()) {
      if (reason.rule() == "too_hot") reason.set_value_number(86);
    }
    list.show(warmer, QDateTime::currentMSecsSinceEpoch());
    QCOMPARE(reset.count(), 0);
    QCOMPARE(changed.count(), 1);  // only the row that reads differently
  }
};

QTEST_GUILESS_MAIN(TestSentence)
#include "test_sentence.moc"
