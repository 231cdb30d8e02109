// SPDX-License-Identifier: Apache-2.0
// The log's tail, and following it.
#include "base/log.h"
#include "fakes/served.h"
#include "ipc/log_tail.h"

#include <QTest>

#include <thread>

using namespace lull;
using test::Served;

class TestIpcLog : public QObject {
  Q_OBJECT

private slots:
  void init() { log::setLevel(log::Level::Info); }

  void theNewestLines_data() {
    QTest::addColumn<quint32>("asked");
    QTest::addColumn<int>("got");
    QTest::newRow("as many as by default") << 0U << 100;
    QTest::newRow("three") << 3U << 3;
    QTest::newRow("more than there are") << 100'000U << 1000;
  }
  void theNewestLines() {
    QFETCH(quint32, asked);
    QFETCH(int, got);
    Served served;
    for (int i = 0; i < 1500; ++i) log::info("line {}", i);
    log::debug("not at this level");
    auto client = served.client();
    v1::TailLogRequest request;
    request.set_lines(asked);
    const auto reply = client.call(request);
    QVERIFY(reply.ok());
    QCOMPARE(reply->lines_size(), got);
    QCOMPARE(reply->lines(got - 1).text(), std::string("line 1499"));
    QCOMPARE(reply->lines(0).text(), "line " + std::to_string(1500 - got));
    QCOMPARE(reply->lines(0).level(), std::string("info"));
    QVERIFY(reply->lines(0).unix_ms() > 1'600'000'000'000);
  }

  void linesOfAnyLengthAndBytes() {
    Served served;
    for (int i = 0; i < 1000; ++i) log::warning("{}", std::string(10'000, 'y'));
    log::error("bytes \xff\xfe");
    auto client = served.client();
    v1::TailLogRequest request;
    request.set_lines(1000);
    const auto reply = client.call(request);  // fits into a frame whatever was logged
    QVERIFY(reply.ok());
    QVERIFY(reply->lines_size() > 100);
    QCOMPARE(reply->lines().rbegin()->text(), std::string("bytes \xEF\xBF\xBD\xEF\xBF\xBD"));
    QCOMPARE(reply->lines(0).text().size(), 1024U);
  }

  void followersGetEachLineOnce() {
    Served served;
    log::info("before");
    auto client = served.client();
    v1::TailLogRequest request;
    request.set_follow(true);
    const auto id = client.send(request);
    const auto first = client.waitFor(*id);
    QVERIFY(first.ok());
    QCOMPARE(first->tail_log().lines().rbegin()->text(), std::string("before"));
    std::vector<std::thread> threads;
    for (int t = 0; t < 4; ++t) {
      threads.emplace_back([t] {
        for (int i = 0; i < 50; ++i) log::info("{}/{}", t, i);
      });
    }
    for (auto& thread : threads) thread.join();
    std::vector<int> next(4, 0);
    int seen = 0;
    while (seen < 200) {
      const auto event = client.nextEvent();
      QVERIFY(event.ok());
      QCOMPARE(event->id(), *id);
      QCOMPARE(event->log_event().lost(), 0U);
      for (const auto& line : event->log_event().lines()) {
        const auto t = static_cast<std::size_t>(line.text()[0] - '0');
        QCOMPARE(line.text(), std::to_string(t) + "/" + std::to_string(next[t]++));
        ++seen;
      }
    }
    QCOMPARE(client.call(request).error().kind(), Error::Kind::Conflict);  // one at a time
    v1::UnwatchRequest unwatch;
    unwatch.set_id(*id);
    QVERIFY(client.call(unwatch).ok());
    log::info("after");
    const auto asked = client.send(v1::GetStatusRequest());
    QCOMPARE(client.nextFrame()->id(), *asked);
  }

  void withoutFollowersALineWakesNobody() {
    asio::io_context loop;
    const auto tail = std::make_shared<ipc::LogTail>(loop);
    for (int i = 0; i < 5; ++i) tail->add(1, log::Level::Info, "x");
    QCOMPARE(loop.poll(), 0U);
    QCOMPARE(tail->newest(0).lines_size(), 5);
  }

  void aServerThatHasGoneHearsNothing() {
    { const Served served; }
    log::info("to nobody");  // and nothing breaks
  }
};

QTEST_GUILESS_MAIN(TestIpcLog)
#include "test_log.moc"
