// SPDX-License-Identifier: Apache-2.0
// The blocking client against a service that misbehaves.
#include "cli/client.h"

#include "service/cli/fake_service.h"

#include <QtTest>

using namespace lull;
using namespace lull::cli;
using lull::test::FakeService;

namespace {
Client::Options options(const FakeService& service, Milliseconds limit = Milliseconds(20'000)) {
  return {.socket = service.socket().toStdString(), .answerLimit = limit};
}
}  // namespace

class TestClient : public QObject {
  Q_OBJECT

private slots:
  void callsAndEventsDoNotMix() {
    FakeService service;
    auto client = Client::connect(options(service), m_never);
    QVERIFY(client.ok());
    QCOMPARE(client->hello().right(), v1::RIGHT_ADMINISTER);
    QVERIFY(client->call(v1::WatchStatusRequest{}).ok());
    service.publish([](v1::Status& status) { status.set_sentence("Working."); });
    const auto status = client->call(v1::GetStatusRequest{});  // the events came before this answer
    QVERIFY(status.ok());
    QCOMPARE(status->status().sentence(), std::string("Working."));
    v1::Status streamed;
    for (int i = 0; i < 2; ++i) {
      const auto event = client->nextEvent(Milliseconds(20'000));
      QVERIFY(event.ok() && event->has_value());
      wire::apply(streamed, (*event)->status_event());
    }
    QCOMPARE(streamed.sentence(), std::string("Working."));
    const auto none = client->nextEvent(Milliseconds(1));
    QVERIFY(none.ok() && !none->has_value());
  }

  void nobodyListens() {
    const QTemporaryDir folder;
    const auto path = folder.filePath("none.sock").toStdString();
    const auto client = Client::connect({.socket = path}, m_never);
    QVERIFY(!client.ok());
    QCOMPARE(client.error().kind(), Error::Kind::Unavailable);
    QCOMPARE(client.error().text(), "lulld is not running (no one listens on " + path +
                                        "). Start it with `systemctl start lulld`, or `./dev run` in a source tree.");
  }

  void aPathTooLong() {
    const auto client = Client::connect({.socket = "/tmp/" + std::string(200, 'x')}, m_never);
    QVERIFY(!client.ok());
    QCOMPARE(client.error().kind(), Error::Kind::Invalid);
  }

  void anotherVersion() {
    FakeService service;
    service.change([](auto& state) { state.refuseVersion = true; });
    const auto client = Client::connect(options(service), m_never);
    QVERIFY(!client.ok());
    QCOMPARE(client.error().kind(), Error::Kind::Version);
    QVERIFY(client.error().text().find("update the client") != std::string::npos);
  }

  void aSilentServiceIsGivenUp() {
    FakeService service;
    service.change([](auto& state) { state.silent = true; });
    const auto client = Client::connect(options(service, Milliseconds(50)), m_never);
    QVERIFY(!client.ok());
    QCOMPARE(client.error().kind(), Error::Kind::Unavailable);
    QVERIFY(client.error().text().find("has not answered") != std::string::npos);
  }

  void somethingElseListens() {
    FakeService service;
    service.change([](auto& state) { state.nonsense = true; });
    const auto client = Client::connect(options(service), m_never);
    QVERIFY(!client.ok());
    QVERIFY2(client.error().text().find("nonsense") != std::string::npos, client.error().text().c_str());
  }

  void afterALossNothingHangs() {
    auto service = std::make_unique<FakeService>();
    auto client = Client::connect(options(*service), m_never);
    QVERIFY(client.ok());
    service.reset();
    QVERIFY(!client->call(v1::GetStatusRequest{}).ok());
    QVERIFY(client->lost());
    QCOMPARE(client->call(v1::GetStatusRequest{}).error().kind(), Error::Kind::Unavailable);
    QCOMPARE(client->nextEvent().error().kind(), Error::Kind::Unavailable);
  }

  void aRequestThatFitsNoFrameIsRefusedHere() {
    FakeService service;
    auto client = Client::connect(options(service), m_never);
    QVERIFY(client.ok());
    v1::SubmitTaskRequest request;
    request.mutable_spec()->mutable_spirv()->mutable_module()->set_inline_(std::string(2 << 20, 'x'));
    const auto reply = client->call(std::move(request));
    QVERIFY(!reply.ok());
    QCOMPARE(reply.error().kind(), Error::Kind::TooBig);
    QVERIFY(client->call(v1::GetStatusRequest{}).ok());  // and the connection is as good as before
  }

private:
  const Interrupt m_never;
};

QTEST_GUILESS_MAIN(TestClient)
#include "test_client.moc"
