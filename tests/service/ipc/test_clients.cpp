// SPDX-License-Identifier: Apache-2.0
// Slow, silent, half and many clients: none delays another.
#include "fakes/served.h"

#include <QTest>

#include <thread>

using namespace lull;
using test::IpcClient;
using test::Served;

class TestClients : public QObject {
  Q_OBJECT

private slots:
  void aSilentClientIsDropped() {
    Served served({.limits = {.hello = Milliseconds(50)}});
    auto silent = connected(served);
    const auto frame = silent.nextFrame();
    QVERIFY(frame.ok() && frame->has_error());
    QCOMPARE(frame->error().message(), std::string("no Hello came in time"));
    QVERIFY(silent.closedWithin());
  }

  void halfAHelloIsNoHello() {
    Served served({.limits = {.hello = Milliseconds(50)}});
    auto half = connected(served);
    QVERIFY(half.sendBytes(std::string("\x20\x08", 2)).ok());
    QVERIFY(half.closedWithin());
  }

  void afterHelloAClientMayBeSilentForever() {
    Served served({.limits = {.hello = Milliseconds(50), .halfFrame = Milliseconds(50)}});
    auto quiet = served.client();
    auto silent = connected(served);
    QVERIFY(silent.closedWithin());  // both limits have passed
    QVERIFY(quiet.call(v1::GetStatusRequest()).ok());
  }

  void aHalfFrameIsDropped() {
    Served served({.limits = {.halfFrame = Milliseconds(50)}});
    auto half = served.client();
    QVERIFY(half.sendBytes(std::string("\x20\x08\x01", 3)).ok());
    const auto frame = half.nextFrame();
    QVERIFY(frame.ok() && frame->has_error());
    QCOMPARE(frame->error().message(), std::string("a frame was left half-sent for too long"));
    QVERIFY(half.closedWithin());
    QVERIFY(test::eventually([&] { return served.requests().closed == 1; }));
  }

  // The limit is for one frame: many frames, each in pieces, may take as long as they like.
  void framesInPiecesAreWelcome() {
    Served served;
    auto client = served.client();
    v1::PutBlobRequest chunk;
    chunk.set_sha256("aa");
    chunk.set_size(8 * 100'000);
    chunk.mutable_data()->assign(100'000, 'x');
    for (int i = 0; i < 8; ++i) {
      v1::ClientFrame frame;
      frame.set_id(100 + static_cast<std::uint64_t>(i));
      chunk.set_offset(static_cast<std::uint64_t>(i) * 100'000);
      *frame.mutable_put_blob() = chunk;
      std::string bytes;
      QVERIFY(wire::appendFrame(bytes, frame).ok());
      for (std::size_t at = 0; at < bytes.size(); at += 7001) QVERIFY(client.sendBytes(bytes.substr(at, 7001)).ok());
      const auto reply = client.waitFor(frame.id());
      QVERIFY(reply.ok() && reply->has_put_blob());
      QCOMPARE(reply->put_blob().complete(), i == 7);
    }
  }

  void badClientsDelayNobody() {
    Served served;
    std::vector<IpcClient> bad;
    for (int i = 0; i < 10; ++i) bad.push_back(connected(served));  // silent
    for (int i = 0; i < 10; ++i) {                                  // half a frame
      bad.push_back(served.client());
      QVERIFY(bad.back().sendBytes(std::string("\xff\xff\x3f\x08", 4)).ok());
    }
    for (int i = 0; i < 10; ++i) {  // ask and never read
      bad.push_back(served.client());
      std::string flood;
      for (std::uint64_t id = 1; id < 5000; ++id) {
        v1::ClientFrame frame;
        frame.set_id(id);
        frame.mutable_read_result();
        QVERIFY(wire::appendFrame(flood, frame).ok());
      }
      QVERIFY(bad.back().sendSome(flood) > 0);
    }
    auto good = served.client();
    for (int i = 0; i < 200; ++i) QVERIFY(good.call(v1::GetStatusRequest()).ok());
    const auto result = good.call(v1::ReadResultRequest());
    QVERIFY(result.ok());
    QCOMPARE(result->data().size(), wire::kMaxChunk);
  }

  void sixtyFourClientsAtOnce() {
    Served served;
    std::vector<std::thread> threads;
    std::atomic<int> good{0};
    for (int t = 0; t < 64; ++t) {
      threads.emplace_back([&] {
        auto client = IpcClient::open(served.socket());
        bool fine = client.ok() && client->call(v1::WatchStatusRequest()).ok();
        for (int i = 0; fine && i < 50; ++i) {
          v1::SubmitTaskRequest submit;
          submit.mutable_spec()->set_name("n");
          const auto submitted = client->call(submit);
          v1::GetTaskRequest get;
          if (submitted) get.set_id(submitted->id());
          const auto task = client->call(get);
          fine = submitted.ok() && task.ok() && task->task().name() == "n" && client->call(v1::GetStatusRequest()).ok();
        }
        if (fine) ++good;
      });
    }
    for (auto& thread : threads) thread.join();
    QCOMPARE(good.load(), 64);
    QCOMPARE(served.client().call(v1::GetStatusRequest())->status().queued(), 64U * 50U);
    QVERIFY(test::eventually([&] { return served.requests().closed >= 64; }));
    QVERIFY(test::eventually([&] { return served.requests().watchers == 0; }));
  }

  void beyondTheLimitAClientIsToldSo() {
    Served served({.maxClients = 3});
    std::vector<IpcClient> clients;
    for (int i = 0; i < 3; ++i) clients.push_back(served.client());
    auto fourth = connected(served);
    const auto frame = fourth.nextFrame();
    QVERIFY(frame.ok() && frame->has_error());
    QCOMPARE(frame->error().kind(), v1::Error::KIND_UNAVAILABLE);
    QVERIFY(fourth.closedWithin());
    clients.pop_back();
    QVERIFY(test::eventually([&] { return IpcClient::open(served.socket()).ok(); }));
  }

  void clientsThatVanishAreForgotten() {
    Served served;
    for (int i = 0; i < 300; ++i) {
      auto client = served.client();
      if (i % 3 == 0) QVERIFY(client.call(v1::WatchStatusRequest()).ok());
      if (i % 3 == 1) QVERIFY(client.send(v1::ReadResultRequest()).ok());
    }
    QVERIFY(test::eventually([&] { return served.requests().closed == 300; }));
  }

private:
  static IpcClient connected(Served& served) {
    auto client = IpcClient::connect(served.socket());
    if (!client) qFatal("%s", client.error().text().c_str());
    return std::move(*client);
  }
};

QTEST_GUILESS_MAIN(TestClients)
#include "test_clients.moc"
