// SPDX-License-Identifier: Apache-2.0
#include "bridge/back_off.h"
#include "bridge/connection.h"
#include "fakes/scenes.h"

#include <QTemporaryDir>
#include <QtTest>

using namespace lull;
using namespace std::chrono_literals;
using bridge::Connection;
using v1::ClientFrame;
using State = Connection::State;

namespace {

const bridge::Pace kQuick{.firstRetry = 10ms, .longestRetry = 40ms, .helloLimit = 200ms};

struct Pair {
  QTemporaryDir folder;
  fakes::FakeService service{folder.filePath("lulld.sock")};
  Connection connection{kQuick};

  bool connected() {
    if (!service.start()) return false;
    fakes::play(service, "working");
    connection.open(service.socketPath());
    return QTest::qWaitFor([this] { return connection.status().activity() == v1::ACTIVITY_WORKING; }, 10'000);
  }
};

}  // namespace

class TestConnection : public QObject {
  Q_OBJECT

private slots:
  void backOffDoublesUpToALimit() {
    bridge::BackOff backOff(250ms, 5s);
    QList<int> waits;
    for (int i = 0; i < 7; ++i) waits.append(static_cast<int>(backOff.next().count()));
    QCOMPARE(waits, (QList<int>{250, 500, 1000, 2000, 4000, 5000, 5000}));
    backOff.reset();
    QCOMPARE(backOff.next(), 250ms);
  }

  void greetsAndFollows() {
    Pair p;
    QVERIFY(p.connected());
    QCOMPARE(p.connection.state(), State::Connected);
    QCOMPARE(p.connection.right(), v1::RIGHT_ADMINISTER);
    QCOMPARE(p.service.received().front().request_case(), ClientFrame::kHello);
    QVERIFY(p.service.received().front().hello().client().starts_with("lull-dashboard "));
    QCOMPARE(p.connection.status().SerializeAsString(), p.service.status().SerializeAsString());
  }

  void appliesDifferencesOnly() {
    Pair p;
    QVERIFY(p.connected());
    QSignalSpy changes(&p.connection, &Connection::statusChanged);
    p.service.change([](v1::Status& status) {
      status.set_queued(0);
      status.clear_running();
      status.mutable_today()->set_tasks_done(99);
    });
    QTRY_COMPARE(changes.count(), 1);
    QCOMPARE(p.connection.status().SerializeAsString(), p.service.status().SerializeAsString());
    QCOMPARE(p.connection.status().running_size(), 0);
    QCOMPARE(p.connection.status().temperatures_size(), 2);  // what was not told again stands
  }

  void findsAServiceThatComesLater() {
    Pair p;
    p.connection.open(p.service.socketPath());
    QTRY_COMPARE(p.connection.state(), State::Lost);
    QVERIFY(p.connection.trouble().contains(p.service.socketPath()));
    QVERIFY(p.service.start());
    QTRY_COMPARE(p.connection.state(), State::Connected);
    QVERIFY(p.connection.trouble().isEmpty());
  }

  void comesBackAfterALoss() {
    Pair p;
    QVERIFY(p.connected());
    p.service.stop();
    QTRY_COMPARE(p.connection.state(), State::Lost);
    p.service.change([](v1::Status& status) { status.set_activity(v1::ACTIVITY_OFF); });
    QVERIFY(p.service.start());
    QTRY_COMPARE(p.connection.status().activity(), v1::ACTIVITY_OFF);
    QCOMPARE(p.connection.state(), State::Connected);
  }

  void triesSlowerAndSlower() {
    QTemporaryDir folder;
    fakes::FakeService service(folder.filePath("s"));
    service.answerWithGarbage(QByteArray("\xff\xff\xff\xff\xff", 5));
    QVERIFY(service.start());
    Connection connection({.firstRetry = 50ms, .longestRetry = 400ms, .helloLimit = 5s});
    QElapsedTimer clock;
    clock.start();
    connection.open(service.socketPath());
    // 50 + 100 + 200 + 400 ms of waiting lie between the five: one that does not slow down is there after 200.
    QTRY_VERIFY(service.everConnected() >= 5);
    QVERIFY2(clock.elapsed() >= 700, qPrintable(QString::number(clock.elapsed())));
  }

  void unansweredQuestionsEndWithTheConnection() {
    Pair p;
    QVERIFY(p.connected());
    p.service.setSilent(true);
    int answers = 0;
    auto kind = Error::Kind::Internal;
    p.connection.ask<v1::ResumeRequest>({}, [&](const Result<v1::ResumeReply>& reply) {
      ++answers;
      if (!reply.ok()) kind = reply.error().kind();
    });
    QTRY_COMPARE(p.service.count(ClientFrame::kResume), 1);
    QCOMPARE(answers, 0);
    p.service.stop();
    QTRY_COMPARE(answers, 1);
    QCOMPARE(kind, Error::Kind::Unavailable);
  }

  void askingWithoutAConnectionFailsAtOnce() {
    Connection connection(kQuick);
    auto kind = Error::Kind::Internal;
    connection.ask<v1::ResumeRequest>({}, [&kind](const Result<v1::ResumeReply>& reply) {
      if (!reply.ok()) kind = reply.error().kind();
    });
    QCOMPARE(kind, Error::Kind::Unavailable);
  }

  void anotherVersionIsRefused() {
    Pair p;
    p.service.setProtocol(9);
    QVERIFY(p.service.start());
    p.connection.open(p.service.socketPath());
    QTRY_COMPARE(p.connection.state(), State::Refused);
    QVERIFY(p.connection.trouble().contains("update the client"));
    p.service.setProtocol(wire::kMaxVersion);  // it was updated meanwhile
    QTRY_COMPARE(p.connection.state(), State::Connected);
  }

  void aVersionNobodyOfferedIsRefused() {
    Pair p;
    v1::ServerFrame frame;
    frame.set_id(1);
    frame.mutable_hello()->set_version(7);
    std::string bytes;
    QVERIFY(wire::appendFrame(bytes, frame).ok());
    p.service.answerWithGarbage(QByteArray::fromStdString(bytes));
    QVERIFY(p.service.start());
    p.connection.open(p.service.socketPath());
    QTRY_COMPARE(p.connection.state(), State::Refused);
  }

  void garbage_data() {
    QTest::addColumn<QByteArray>("bytes");
    QTest::newRow("an oversize length") << QByteArray("\xff\xff\xff\x7f", 4);
    QTest::newRow("an endless length") << QByteArray("\xff\xff\xff\xff\xff\xff", 6);
    QTest::newRow("not a message") << QByteArray("\x03\xff\xff\xff", 4);
  }
  void garbage() {
    QFETCH(QByteArray, bytes);
    Pair p;
    QVERIFY(p.connected());
    p.service.sendRaw(bytes);
    QTRY_COMPARE(p.connection.state(), State::Lost);
    QVERIFY(p.connection.trouble().contains("does not speak"));
    QTRY_COMPARE(p.connection.state(), State::Connected);  // and it is given another chance
    QTRY_COMPARE(p.service.watchers(), 1);
  }

  void framesInPieces() {
    Pair p;
    QVERIFY(p.connected());
    v1::ServerFrame frame;
    frame.set_id(p.service.last(ClientFrame::kWatchStatus).id());
    frame.mutable_status_event()->mutable_status()->set_version("in pieces");
    frame.mutable_status_event()->add_changed(1);
    std::string bytes;
    QVERIFY(wire::appendFrame(bytes, frame).ok());
    for (const char byte : bytes) {
      p.service.sendRaw(QByteArray(1, byte));
      QCoreApplication::processEvents();
    }
    QTRY_COMPARE(p.connection.status().version(), std::string("in pieces"));
  }

  void answersToNobodyAreIgnored() {
    Pair p;
    QVERIFY(p.connected());
    v1::ServerFrame frame;
    frame.set_id(4711);
    frame.mutable_status_event()->mutable_status()->set_version("of another stream");
    std::string bytes;
    QVERIFY(wire::appendFrame(bytes, frame).ok());
    frame.mutable_resume();
    QVERIFY(wire::appendFrame(bytes, frame).ok());
    p.service.sendRaw(QByteArray::fromStdString(bytes));
    p.service.change([](v1::Status& status) { status.set_version("after it"); });
    QTRY_COMPARE(p.connection.status().version(), std::string("after it"));
    QCOMPARE(p.connection.state(), State::Connected);
  }

  void aServiceThatDoesNotAnswerCountsAsLost() {
    Pair p;
    p.service.setSilent(true);
    QVERIFY(p.service.start());
    p.connection.open(p.service.socketPath());
    QTRY_COMPARE(p.connection.state(), State::Lost);
    QVERIFY(p.connection.trouble().contains("does not answer"));
  }

  void doesNotWatchWhileNobodyLooks() {
    Pair p;
    QVERIFY(p.connected());
    QCOMPARE(p.service.watchers(), 1);
    p.connection.setWatching(false);
    QTRY_COMPARE(p.service.watchers(), 0);
    QSignalSpy changes(&p.connection, &Connection::statusChanged);
    p.service.change([](v1::Status& status) { status.set_queued(77); });
    p.connection.setWatching(true);
    QTRY_COMPARE(p.connection.status().queued(), std::uint64_t(77));
    QCOMPARE(changes.count(), 1);
  }

  void doesNotEvenTryWhileNobodyLooks() {
    Pair p;
    QVERIFY(p.connected());
    p.connection.setWatching(false);
    QTRY_COMPARE(p.service.watchers(), 0);
    p.service.stop();
    QTRY_COMPARE(p.connection.state(), State::Lost);
    QVERIFY(p.service.start());
    const int before = p.service.everConnected();
    QVERIFY(!QTest::qWaitFor([&] { return p.service.everConnected() > before; }, 400));
    p.connection.setWatching(true);
    QTRY_COMPARE(p.connection.state(), State::Connected);
  }
};

QTEST_GUILESS_MAIN(TestConnection)
#include "test_connection.moc"
