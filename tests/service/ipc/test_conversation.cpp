// SPDX-License-Identifier: Apache-2.0
// The beginning of a conversation, its order and its end, over real sockets.
#include "fakes/served.h"

#include <QTest>

using namespace lull;
using test::IpcClient;
using test::Served;

namespace {

v1::ClientFrame hello(std::uint32_t low, std::uint32_t high) {
  v1::ClientFrame frame;
  frame.set_id(5);
  frame.mutable_hello()->set_min_version(low);
  frame.mutable_hello()->set_max_version(high);
  frame.mutable_hello()->set_client("old\nclient");
  return frame;
}

std::string framed(const v1::ClientFrame& frame) {
  std::string bytes;
  if (!wire::appendFrame(bytes, frame)) qFatal("frame");
  return bytes;
}

}  // namespace

class TestIpcConversation : public QObject {
  Q_OBJECT

private slots:
  void init() { m_served = std::make_unique<Served>(); }
  void cleanup() { m_served.reset(); }

  void helloTellsVersionAndRight() {
    auto client = connected();
    QVERIFY(client.sendFrame(hello(wire::kMinVersion, wire::kMaxVersion)).ok());
    const auto frame = client.waitFor(5);
    QVERIFY(frame.ok() && frame->has_hello());
    QCOMPARE(frame->hello().version(), wire::kMaxVersion);
    QCOMPARE(frame->hello().right(), v1::RIGHT_ADMINISTER);
    QVERIFY(frame->hello().service().starts_with("lulld "));
  }

  void versionsThatDoNotOverlapAreRefused_data() {
    QTest::addColumn<quint32>("low");
    QTest::addColumn<quint32>("high");
    QTest::addColumn<QString>("older");
    QTest::newRow("older client") << 0U << 0U << "update the client";
    QTest::newRow("newer client") << wire::kMaxVersion + 1 << wire::kMaxVersion + 3 << "update the service";
  }
  void versionsThatDoNotOverlapAreRefused() {
    QFETCH(quint32, low);
    QFETCH(quint32, high);
    QFETCH(QString, older);
    auto client = connected();
    QVERIFY(client.sendFrame(hello(low, high)).ok());
    const auto frame = client.waitFor(5);
    QVERIFY(frame.ok() && frame->has_error());
    QCOMPARE(frame->id(), 5U);
    QCOMPARE(frame->error().kind(), v1::Error::KIND_VERSION);
    QVERIFY(QString::fromStdString(frame->error().message()).contains(older));
    QVERIFY(client.closedWithin());
  }

  void whatIsNotOurProtocolIsRefused_data() {
    QTest::addColumn<QByteArray>("bytes");
    QTest::addColumn<QString>("said");
    v1::ClientFrame status;
    status.set_id(1);
    status.mutable_get_status();
    auto withoutId = hello(1, 1);
    withoutId.clear_id();
    QTest::newRow("no Hello first") << QByteArray::fromStdString(framed(status)) << "the first request must be Hello";
    QTest::newRow("empty frame") << QByteArray(1, '\0') << "a request has the id 0";
    QTest::newRow("no id") << QByteArray::fromStdString(framed(withoutId)) << "a request has the id 0";
    QTest::newRow("HTTP") << QByteArray(
                                 "GET / HTTP/1.1\r\nHost: localhost\r\nUser-Agent: x/1.0\r\n"
                                 "Accept: text/html,application/xhtml+xml\r\n\r\n")
                          << "cannot be read";
    QTest::newRow("garbage length") << QByteArray(16, '\xff') << "malformed frame length";
    QTest::newRow("oversize") << QByteArray("\x81\x80\x40", 3) << "exceeds the limit of 1 MiB";
    QTest::newRow("noise in a frame") << QByteArray("\x04\xff\xff\xff\xff", 5) << "cannot be read";
  }
  void whatIsNotOurProtocolIsRefused() {
    QFETCH(QByteArray, bytes);
    QFETCH(QString, said);
    auto client = connected();
    QVERIFY(client.sendBytes(bytes.toStdString()).ok());
    const auto frame = client.nextFrame();
    QVERIFY(frame.ok() && frame->has_error());
    QCOMPARE(frame->error().kind(), v1::Error::KIND_INVALID);
    QVERIFY2(QString::fromStdString(frame->error().message()).contains(said), frame->error().message().c_str());
    QVERIFY(client.closedWithin());
    QVERIFY(m_served->client().call(v1::GetStatusRequest()).ok());  // nobody else is disturbed
  }

  void garbageAfterHelloEndsItToo() {
    auto client = m_served->client();
    QVERIFY(client.sendBytes(std::string("\x03\xff\xff\xff", 4)).ok());
    const auto frame = client.nextFrame();
    QVERIFY(frame.ok() && frame->has_error());
    QVERIFY(client.closedWithin());
  }

  void aSecondHelloIsRefusedButHarmless() {
    auto client = m_served->client();
    QVERIFY(client.sendFrame(hello(1, 1)).ok());
    const auto frame = client.waitFor(5);
    QVERIFY(frame.ok() && frame->has_error());
    QVERIFY(client.call(v1::GetStatusRequest()).ok());
  }

  void requestsOfOneConnectionAreAnsweredInOrder() {
    auto client = m_served->client();
    std::vector<std::uint64_t> asked;
    for (int i = 0; i < 200; ++i) {
      asked.push_back(*(i % 3 == 0   ? client.send(v1::GetStatusRequest())
                        : i % 3 == 1 ? client.send(v1::ListTasksRequest())
                                     : client.send(v1::ResumeRequest())));
    }
    for (const auto id : asked) {
      const auto frame = client.nextFrame();
      QVERIFY(frame.ok());
      QCOMPARE(frame->id(), id);
      QVERIFY(!frame->has_error());
    }
  }

  void oneRequestAtATime() {
    auto client = m_served->client();
    m_served->on([&] { m_served->requests().hold(); });
    const auto first = client.send(v1::SubmitTaskRequest());
    const auto second = client.send(v1::SubmitTaskRequest());
    QVERIFY(first.ok() && second.ok());
    QVERIFY(test::eventually([&] { return m_served->requests().handled == 1; }));
    auto other = m_served->client();
    QVERIFY(other.call(v1::GetStatusRequest()).ok());  // others go on meanwhile,
    QCOMPARE(m_served->requests().handled.load(), 1);  // the second request waits for the first
    m_served->on([&] { m_served->requests().release(); });
    QCOMPARE(client.waitFor(*first)->submit_task().id(), std::string("t-1"));
    QCOMPARE(client.waitFor(*second)->submit_task().id(), std::string("t-2"));
  }

  void aReplyToAClientThatHasGoneIsDropped() {
    m_served->on([&] { m_served->requests().hold(); });
    {
      auto client = m_served->client();
      QVERIFY(client.send(v1::SubmitTaskRequest()).ok());
      QVERIFY(test::eventually([&] { return m_served->requests().handled == 1; }));
    }
    m_served->on([&] { m_served->requests().release(); });
    QVERIFY(test::eventually([&] { return m_served->requests().closed == 1; }));
    QVERIFY(m_served->client().call(v1::GetStatusRequest()).ok());
  }

  void repliesAfterTheServerHasGoneAreDropped() {
    auto client = m_served->client();
    m_served->on([&] { m_served->requests().hold(); });
    QVERIFY(client.send(v1::SubmitTaskRequest()).ok());
    QVERIFY(test::eventually([&] { return m_served->requests().handled == 1; }));
    m_served.reset();
    QVERIFY(client.closedWithin());
  }

  void errorsOfTheServiceArrive() {
    auto client = m_served->client();
    v1::GetTaskRequest request;
    request.set_id("t-9");
    const auto reply = client.call(request);
    QVERIFY(!reply.ok());
    QCOMPARE(reply.error().kind(), Error::Kind::NotFound);
    QCOMPARE(reply.error().text(), std::string("there is no task t-9"));
  }

  void anAnswerAboveTheFrameLimitIsAnError() {
    auto client = m_served->client();
    v1::GetHistoryRequest request;
    request.set_points(500'000);
    const auto reply = client.call(request);
    QVERIFY(!reply.ok());
    QCOMPARE(reply.error().kind(), Error::Kind::TooBig);
    QVERIFY(client.call(v1::GetStatusRequest()).ok());
  }

  void statusBeforeAnyIsKnown() {
    QCOMPARE(m_served->client().call(v1::GetStatusRequest())->status().version(), std::string("fake"));
  }

  void uploadsBelongToTheirConnection() {
    v1::PutBlobRequest chunk;
    chunk.set_sha256("aa");
    chunk.set_size(8);
    chunk.set_data("1234");
    {
      auto client = m_served->client();
      QCOMPARE(client.call(chunk)->next_offset(), 4U);
    }
    QVERIFY(test::eventually([&] { return m_served->requests().closed == 1; }));
    auto client = m_served->client();
    QCOMPARE(client.call(chunk)->next_offset(), 4U);  // from the beginning
    chunk.set_offset(4);
    QVERIFY(client.call(chunk)->complete());
  }

private:
  IpcClient connected() {
    auto client = IpcClient::connect(m_served->socket());
    if (!client) qFatal("%s", client.error().text().c_str());
    return std::move(*client);
  }

  std::unique_ptr<Served> m_served;
};

QTEST_GUILESS_MAIN(TestIpcConversation)
#include "test_conversation.moc"
