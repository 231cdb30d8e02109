// SPDX-License-Identifier: Apache-2.0
// The status stream: by itself, where time and reading are in the test's hand, and over a socket.
#include "fakes/served.h"
#include "ipc/status_stream.h"

#include <QElapsedTimer>
#include <QTest>

using namespace lull;
using namespace lull::ipc;
using test::Served;

namespace {

// A client whose socket takes what it gets, or does not.
class FakeLine final : public Line {
public:
  Outcome send(const v1::ServerFrame& frame) override {
    events.push_back(frame.status_event());
    wire::apply(shown, frame.status_event());
    return {};
  }
  Outcome sendBody(std::uint64_t, std::string_view) override { return {}; }
  bool isIdle() const override { return idle; }
  void proceed() override {}

  bool idle = true;
  std::vector<v1::StatusEvent> events;
  v1::Status shown;
};

v1::Status statusOf(std::uint64_t queued, std::uint64_t done = 0) {
  v1::Status status;
  status.set_version("1");
  status.set_queued(queued);
  status.set_done(done);
  return status;
}

}  // namespace

class TestStatus : public QObject {
  Q_OBJECT

private slots:
  void init() { m_counts.clear(); }

  void theSnapshotComesOnceThereIsOne() {
    const auto stream = made(Milliseconds(0));
    FakeLine line;
    stream->add(line, 7);
    QVERIFY(line.events.empty());
    QVERIFY(stream->answer().empty());
    stream->publish(statusOf(1));
    QCOMPARE(line.events.size(), 1U);
    QVERIFY(line.events[0].changed().empty());
    QCOMPARE(line.events[0].status().queued(), 1U);
    QVERIFY(!stream->answer().empty());
  }

  void nothingWhileNothingChanges() {
    const auto stream = made(Milliseconds(0));
    FakeLine line;
    stream->publish(statusOf(1));
    stream->add(line, 7);
    for (int i = 0; i < 100; ++i) stream->publish(statusOf(1));
    QCOMPARE(line.events.size(), 1U);
    stream->publish(statusOf(2));
    QCOMPARE(line.events.size(), 2U);
    QCOMPARE(line.events[1].changed_size(), 1);
    QCOMPARE(line.events[1].changed(0), int(v1::Status::kQueuedFieldNumber));
    QVERIFY(line.events[1].status().version().empty());
    QCOMPARE(m_loop.poll(), 0U);  // no timer, no work left
  }

  void changesWithinTheIntervalAreOneEvent() {
    const auto stream = made(Milliseconds(20));
    FakeLine line;
    stream->publish(statusOf(0));
    stream->add(line, 7);
    for (std::uint64_t i = 1; i <= 1000 && line.events.size() == 1; ++i) stream->publish(statusOf(i, i / 2));
    const auto before = line.events.size();
    stream->publish(statusOf(5000, 6000));
    m_loop.run_for(std::chrono::seconds(20));  // ends as soon as the timer has
    m_loop.restart();
    QVERIFY(line.events.size() <= before + 1);
    QCOMPARE(line.shown.SerializeAsString(), statusOf(5000, 6000).SerializeAsString());
  }

  void neverMoreThanOnePerInterval() {
    constexpr Milliseconds kInterval{20};
    const auto stream = made(kInterval);
    FakeLine line;
    stream->publish(statusOf(0));
    stream->add(line, 7);
    QElapsedTimer timer;
    timer.start();
    std::uint64_t step = 0;
    while (timer.elapsed() < 200) {
      stream->publish(statusOf(++step));
      m_loop.restart();
      m_loop.poll();
    }
    const auto allowed = static_cast<std::size_t>(timer.elapsed() / kInterval.count()) + 2;
    QVERIFY2(line.events.size() <= allowed, QByteArray::number(static_cast<int>(line.events.size())));
    m_loop.restart();
    m_loop.run_for(std::chrono::seconds(20));
    QCOMPARE(line.shown.queued(), step);
    QCOMPARE(Limits().statusInterval, Milliseconds(250));  // at most 4 a second
  }

  void thereAndBackAgainIsNoEvent() {
    const auto stream = made(Milliseconds(5));
    FakeLine line;
    line.idle = false;
    stream->publish(statusOf(1));
    stream->add(line, 7);
    stream->publish(statusOf(2));
    stream->publish(statusOf(1));
    line.idle = true;
    stream->becameIdle(line);
    m_loop.run_for(std::chrono::seconds(20));
    QCOMPARE(line.events.size(), 1U);
  }

  void aSlowWatcherGetsTheMergedDifference() {
    const auto stream = made(Milliseconds(0));
    FakeLine slow;
    FakeLine quick;
    stream->publish(statusOf(0));
    stream->add(slow, 7);
    stream->add(quick, 8);
    slow.idle = false;
    for (std::uint64_t i = 1; i <= 50; ++i) stream->publish(statusOf(i, i == 20 ? 9 : 3));
    QCOMPARE(slow.events.size(), 1U);
    QCOMPARE(quick.events.size(), 51U);
    slow.idle = true;
    stream->becameIdle(slow);
    QCOMPARE(slow.events.size(), 2U);
    QCOMPARE(slow.shown.SerializeAsString(), statusOf(50, 3).SerializeAsString());
    stream->becameIdle(slow);
    QCOMPARE(slow.events.size(), 2U);
  }

  void aTimerThatIsDueFindsAWatcherThatHasGone() {
    auto stream = made(Milliseconds(5));
    {
      FakeLine line;
      stream->publish(statusOf(0));
      stream->add(line, 7);
      stream->publish(statusOf(1));
      stream->remove(line);
    }
    stream->publish(statusOf(2));
    m_loop.run_for(std::chrono::seconds(20));
    m_loop.restart();
    FakeLine line;
    stream->add(line, 7);
    stream->publish(statusOf(3));
    stream.reset();  // with a timer armed
    m_loop.run_for(std::chrono::seconds(20));
    QCOMPARE(line.events.size(), 1U);
  }

  void watchersAreCounted() {
    const auto stream = made(Milliseconds(0));
    FakeLine a;
    FakeLine b;
    stream->add(a, 1);
    stream->add(b, 2);
    QCOMPARE(stream->idOf(b), std::optional<std::uint64_t>(2));
    stream->remove(a);
    stream->remove(a);
    stream->remove(b);
    QCOMPARE(m_counts, (std::vector<std::size_t>{1, 2, 1, 0}));
    QVERIFY(!stream->idOf(b).has_value());
  }

  void namesOfAnyBytesDoNotBreakTheStream() {
    const auto stream = made(Milliseconds(0));
    FakeLine line;
    stream->add(line, 1);
    auto status = statusOf(1);
    status.add_gpus()->set_name("G\xFC");
    stream->publish(status);
    QCOMPARE(line.shown.gpus(0).name(), std::string("G\xEF\xBF\xBD"));
    stream->publish(status);
    QCOMPARE(line.events.size(), 1U);
  }

  // Over the socket.

  void watchingAndLeaving() {
    Served served({.limits = {.statusInterval = Milliseconds(0)}});
    auto client = served.client();
    const auto id = client.send(v1::WatchStatusRequest());
    QVERIFY(client.waitFor(*id)->has_watch_status());
    auto event = client.nextEvent();
    QVERIFY(event.ok());
    QCOMPARE(event->id(), *id);
    QVERIFY(event->status_event().changed().empty());
    QCOMPARE(served.requests().watchers.load(), 1U);
    served.publish(statusOf(3));
    event = client.nextEvent();
    QVERIFY(event.ok());
    QCOMPARE(event->status_event().status().queued(), 3U);
    QCOMPARE(client.call(v1::WatchStatusRequest()).error().kind(), Error::Kind::Conflict);
    v1::UnwatchRequest unwatch;
    unwatch.set_id(*id + 1000);
    QCOMPARE(client.call(unwatch).error().kind(), Error::Kind::NotFound);
    unwatch.set_id(*id);
    QVERIFY(client.call(unwatch).ok());
    QCOMPARE(served.requests().watchers.load(), 0U);
    served.publish(statusOf(4));
    const auto asked = client.send(v1::GetStatusRequest());
    const auto next = client.nextFrame();
    QCOMPARE(next->id(), *asked);  // and no event before it
    QCOMPARE(next->get_status().status().queued(), 4U);
    QVERIFY(client.call(v1::WatchStatusRequest()).ok());
  }

  void theIdOfAStreamCannotBeUsedAgain() {
    Served served;
    auto client = served.client();
    const auto id = client.send(v1::WatchStatusRequest());
    QVERIFY(client.waitFor(*id)->has_watch_status());
    v1::ClientFrame frame;
    frame.set_id(*id);
    frame.mutable_get_status();
    QVERIFY(client.sendFrame(frame).ok());
    QCOMPARE(client.waitFor(*id)->error().kind(), v1::Error::KIND_INVALID);
  }

  // What a request changes is told to those who watch, also when the watcher itself asked, in one go with others.
  void aWishIsSeenByAll() {
    Served served({.limits = {.statusInterval = Milliseconds(0)}});
    auto watcher = served.client();
    QVERIFY(watcher.call(v1::WatchStatusRequest()).ok());
    QVERIFY(watcher.nextEvent().ok());
    v1::Status shown;
    shown.set_version("fake");
    for (int i = 0; i < 40; ++i) {
      v1::SetSharingRequest request;
      request.set_on(i % 2 == 0);
      QVERIFY(watcher.send(request).ok());
    }
    v1::PauseRequest pause;
    pause.set_until_unix_ms(-1);
    QVERIFY(watcher.send(pause).ok());
    while (shown.paused_until_unix_ms() != -1) {
      const auto event = watcher.nextEvent();
      QVERIFY(event.ok());
      wire::apply(shown, event->status_event());
    }
    QVERIFY(!shown.sharing());
  }

  void afterAnIntervalTheRestComes() {
    Served served({.limits = {.statusInterval = Milliseconds(30)}});
    auto client = served.client();
    QVERIFY(client.call(v1::WatchStatusRequest()).ok());
    QVERIFY(client.nextEvent().ok());
    served.on([&] {
      for (std::uint64_t i = 1; i <= 500; ++i) served.requests().publish(statusOf(i));
    });
    v1::Status shown;
    while (shown.queued() != 500) {
      const auto event = client.nextEvent();
      QVERIFY(event.ok());
      wire::apply(shown, event->status_event());
    }
  }

private:
  std::shared_ptr<StatusStream> made(Milliseconds interval) {
    m_loop.restart();
    return std::make_shared<StatusStream>(m_loop, interval, [this](std::size_t n) { m_counts.push_back(n); });
  }

  asio::io_context m_loop;
  std::vector<std::size_t> m_counts;
};

QTEST_GUILESS_MAIN(TestStatus)
#include "test_status.moc"
