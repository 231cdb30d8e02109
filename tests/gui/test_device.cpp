// SPDX-License-Identifier: Apache-2.0
#include "fakes/scenes.h"
#include "models/device.h"

#include <QLocale>
#include <QTemporaryDir>
#include <QtTest>

using namespace lull;
using namespace lull::models;
using namespace std::chrono_literals;
using v1::ClientFrame;

namespace {

const bridge::Pace kQuick{.firstRetry = 10ms, .longestRetry = 40ms, .helloLimit = 5s};

struct Pair {
  QTemporaryDir folder;
  fakes::FakeService service{folder.filePath("lulld.sock")};
  UnixMs now = QDateTime::currentMSecsSinceEpoch();
  Device device{kQuick, [this] { return now; }};

  bool settled(const char* scene) {
    if (!service.start() || !fakes::play(service, scene)) return false;
    device.setSocketPath(service.socketPath());
    return QTest::qWaitFor([this] { return device.settled(); }, 10'000);
  }
};

}  // namespace

class TestDevice : public QObject {
  Q_OBJECT

private slots:
  void initTestCase() { QLocale::setDefault(QLocale(QLocale::English, QLocale::UnitedStates)); }

  void everySceneSettles_data() {
    QTest::addColumn<QByteArray>("scene");
    for (const auto name : fakes::sceneNames()) QTest::newRow(name.data()) << QByteArray(name.data());
  }
  void everySceneSettles() {
    QFETCH(QByteArray, scene);
    Pair p;
    QVERIFY(p.settled(scene.constData()));
    QVERIFY(p.device.live());
    QVERIFY(p.device.activity() != Device::Activity::Unknown);
    QVERIFY(!p.device.headline().sentence.isEmpty());
    QVERIFY(p.device.history().heights.contains(1.0));
    QCOMPARE(p.device.heat().known, scene != "no-temperature");
    if (p.device.heat().known) QVERIFY(p.device.heat().stopPosition > p.device.heat().resumePosition);
  }

  void tasksWithALanguageModelAreAskedAbout() {
    Pair p;
    QVERIFY(p.settled("learning"));
    QCOMPARE(p.device.study().model, "qwen2.5-0.5b-instruct-q4_k_m");
    QCOMPARE(p.device.study().losses.size(), qsizetype{kLossBars});
    QCOMPARE(p.service.count(ClientFrame::kGetTask), 1);
    // Again when it has got further, but not at every step.
    const auto step = [&p](double progress) {
      p.service.change([progress](v1::Status& status) { status.mutable_running(0)->set_progress(progress); });
      QTRY_COMPARE(p.device.connection()->status().running(0).progress(), progress);
    };
    step(0.5);
    QCOMPARE(p.service.count(ClientFrame::kGetTask), 1);
    p.now += 10'000;
    step(0.6);
    QTRY_COMPARE(p.service.count(ClientFrame::kGetTask), 2);
    QTRY_VERIFY(p.device.settled());
    QCOMPARE(p.service.count(ClientFrame::kGetModel), 1);
    p.service.change([](v1::Status& status) { status.clear_running(); });
    QTRY_VERIFY(p.device.study() == Study());
  }

  void onlyWhatChangedIsTold() {
    Pair p;
    QVERIFY(p.settled("working"));
    QSignalSpy heat(&p.device, &Device::heatChanged);
    QSignalSpy work(&p.device, &Device::workChanged);
    QSignalSpy headline(&p.device, &Device::headlineChanged);
    p.service.change([](v1::Status& status) { status.mutable_temperatures(0)->set_celsius(71); });
    QTRY_COMPARE(heat.count(), 1);
    QCOMPARE(p.device.heat().level, 1);
    p.service.change([](v1::Status& status) { status.mutable_temperatures(0)->set_celsius(71.2); });
    p.service.change([](v1::Status& status) { status.set_queued(9); });
    QTRY_COMPARE(work.count(), 1);
    QCOMPARE(headline.count(), 0);
  }

  // The sentence grows older by itself, while shown, without a word from the service.
  void agesByItself() {
    Pair p;
    QVERIFY(p.settled("working"));
    QCOMPARE(p.device.headline().because, "Nobody has touched this computer for 12 minutes");
    const auto idleSince = p.service.status().idle_since_unix_ms();
    p.now = idleSince + 13 * 60'000 - 60;  // 60 ms before it is 13 minutes
    p.service.change([](v1::Status& status) { status.set_queued(1); });
    QTRY_COMPARE(p.device.work().queue, "1 more task waits");
    QCOMPARE(p.device.headline().because, "Nobody has touched this computer for 12 minutes");
    p.now = idleSince + 13 * 60'000;
    QTRY_COMPARE(p.device.headline().because, "Nobody has touched this computer for 13 minutes");
  }

  void sleepsWhileHidden() {
    Pair p;
    QVERIFY(p.settled("working"));
    p.device.setShown(false);
    QTRY_COMPARE(p.service.watchers(), 0);
    QSignalSpy headline(&p.device, &Device::headlineChanged);
    p.now += 60'000;
    p.service.change([](v1::Status& status) { status.set_activity(v1::ACTIVITY_READY); });
    p.device.setShown(true);
    QTRY_COMPARE(p.device.activity(), Device::Activity::Ready);
    QVERIFY(headline.count() >= 1);
    QTRY_COMPARE(p.service.watchers(), 1);
  }

  void sharingIsAWish() {
    Pair p;
    QVERIFY(p.settled("off"));
    QVERIFY(!p.device.sharing());
    p.device.setSharing(true);
    QVERIFY(p.device.sharing());  // at once, as wished
    QTRY_VERIFY(p.service.status().sharing());
    QCOMPARE(p.service.last(ClientFrame::kSetSharing).set_sharing().on(), true);
    QTRY_VERIFY(p.device.connection()->status().sharing());
    QVERIFY(p.device.sharing());
    p.service.change([](v1::Status& status) { status.set_sharing(false); });  // somebody else switches it off
    QTRY_VERIFY(!p.device.sharing());
  }

  void aRefusedWishFallsBackAndIsTold() {
    Pair p;
    QVERIFY(p.settled("off"));
    p.service.refuseWishes(Error(Error::Kind::Denied, "join the group “lull” to control it"));
    p.device.setSharing(true);
    QVERIFY(p.device.sharing());
    QTRY_VERIFY(!p.device.sharing());
    QCOMPARE(p.device.notice(), "You may look, but not change this: join the group “lull” to control it");
    p.service.refuseWishes({});
    p.device.setSharing(true);
    QVERIFY(p.device.notice().isEmpty());
    QTRY_VERIFY(p.service.status().sharing());
  }

  void aWishWithoutAServiceIsTold() {
    Pair p;
    QVERIFY(p.settled("off"));
    p.service.stop();
    QTRY_VERIFY(!p.device.live());
    p.device.setSharing(true);
    QVERIFY(!p.device.sharing());
    QVERIFY(p.device.notice().startsWith("That did not work"));
    p.device.dismissNotice();
    QVERIFY(p.device.notice().isEmpty());
  }

  void pausesResumesCancels() {
    Pair p;
    QVERIFY(p.settled("working"));
    p.device.pause(PauseChoices::AnHour);
    QTRY_VERIFY(p.device.paused());
    QCOMPARE(p.service.last(ClientFrame::kPause).pause().until_unix_ms(), p.now + 60 * 60'000);
    p.device.resume();
    QTRY_VERIFY(!p.device.paused());
    p.device.pause(99);
    p.device.cancelTask(p.device.work().id);
    QTRY_VERIFY(p.device.work().id.isEmpty());
    QCOMPARE(p.service.last(ClientFrame::kCancelTask).cancel_task().id(), std::string("t-abcdefghjkmn"));
    QCOMPARE(p.service.count(ClientFrame::kPause), 1);
  }

  void thresholdsAreAskedAnewWhenHeatMatters() {
    Pair p;
    QVERIFY(p.settled("working"));
    const auto limits = p.device.heat().limits;
    v1::Setting stop;
    stop.set_key("thermal.stop");
    stop.set_value("90");
    v1::Setting resume;
    resume.set_key("thermal.resume");
    resume.set_value("75");
    p.service.setSettings({stop, resume});
    p.service.change(
        [](v1::Status& status) { status.mutable_gpus(0)->mutable_verdict()->add_reasons()->set_rule("too_hot"); });
    QTRY_VERIFY(p.device.heat().limits != limits);
    QVERIFY(p.device.heat().limits.contains("90"));
  }

  void historyIsAskedAnewWhenWorkEnds() {
    Pair p;
    QVERIFY(p.settled("working"));
    const int asked = p.service.count(ClientFrame::kGetHistory);
    p.service.setHistory({});
    p.now += 60'000;
    p.service.change([](v1::Status& status) { status.set_queued(2); });
    QTRY_COMPARE(p.device.work().queue, "2 more tasks wait");
    QCOMPARE(p.service.count(ClientFrame::kGetHistory), asked);  // not at every change
    p.service.change([](v1::Status& status) { status.set_activity(v1::ACTIVITY_READY); });
    QTRY_VERIFY(!p.device.history().heights.contains(1.0));
    QCOMPARE(p.service.count(ClientFrame::kGetHistory), asked + 1);
  }

  void saysWhatToDoWhenTheServiceIsLost() {
    Pair p;
    QVERIFY(p.settled("working"));
    p.service.stop();
    QTRY_VERIFY(!p.device.live());
    QTRY_COMPARE(p.device.connection()->state(), bridge::Connection::State::Lost);
    QVERIFY(p.device.lostTitle().contains("not running"));
    QVERIFY(p.device.lostText().contains("systemctl start lulld"));
    QVERIFY(p.device.lostText().contains("./dev run"));
    QVERIFY(p.service.start());
    QTRY_VERIFY(p.device.live());
  }
};

QTEST_GUILESS_MAIN(TestDevice)
#include "test_device.moc"
