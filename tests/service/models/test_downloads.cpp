// SPDX-License-Identifier: Apache-2.0
// Models come by the real lull-fetch from a web server of the test's own.
#include "base/file.h"
#include "service/models/http_server.h"
#include "service/models/shop.h"

#include <QTest>

using namespace lull;
using namespace lull::test;
using Message = v1::ModelTransfer;
using Behaviour = HttpServer::Behaviour;

class TestDownloads : public QObject {
  Q_OBJECT

private slots:
  void init() {
    m_folder = std::make_unique<QTemporaryDir>();
    m_shop = std::make_unique<Shop>(m_folder->path().toStdString() + "/models");
  }
  void cleanup() { m_shop.reset(); }

  void aDownload() {
    HttpServer server(m_bytes);
    const auto added = m_shop->add(server.url("/models/Tiny-Q4.gguf?token=secret"), sha256(m_bytes));
    QVERIFY(added.ok());
    QCOMPARE(added->transfer().name(), std::string("Tiny-Q4"));
    const auto ended = m_shop->ended(added->transfer().id());
    QVERIFY2(ended.state() == Message::STATE_DONE, ended.text().c_str());
    QCOMPARE(ended.sha256(), sha256(m_bytes));
    const auto model = m_shop->store->find("Tiny-Q4");
    QVERIFY(model->hash_given());
    QCOMPARE(model->origin(), server.url("/models/Tiny-Q4.gguf"));  // without the token
    QVERIFY(m_shop->files("incoming").empty());
    // With the hash it is known to be there, without it is looked at again.
    QVERIFY(m_shop->add(server.url("/other"), sha256(m_bytes))->has_model());
    QVERIFY(!m_shop->add(server.url("/other"))->has_model());
  }

  void withoutAHash() {
    HttpServer server(m_bytes);
    const auto ended = m_shop->ended(m_shop->add(server.url())->transfer().id());
    QVERIFY2(ended.state() == Message::STATE_DONE, ended.text().c_str());
    QVERIFY(!m_shop->store->find("tiny")->hash_given());
  }

  void refusals() {
    QCOMPARE(m_shop->add("http://example.org/x.gguf").error().kind(), Error::Kind::Invalid);
    QCOMPARE(m_shop->add("file:///etc/passwd").error().kind(), Error::Kind::Invalid);
    QCOMPARE(m_shop->add("https://example.org/x.gguf", "abc").error().kind(), Error::Kind::Invalid);
    QCOMPARE(m_shop->add("https://example.org/x.gguf", "", "-x").error().kind(), Error::Kind::Invalid);
    QVERIFY(m_shop->store->summary().transfers().empty());
  }

  void theWrongHash() {
    HttpServer server(m_bytes);
    const auto id = m_shop->add(server.url(), sha256("other"))->transfer().id();
    const auto ended = m_shop->ended(id);
    QCOMPARE(ended.state(), Message::STATE_FAILED);
    QVERIFY2(ended.text().find(sha256(m_bytes)) != std::string::npos, ended.text().c_str());
    QVERIFY(m_shop->until([&] { return m_shop->files("incoming").empty(); }));
    QVERIFY(m_shop->names().empty());
    // The same address with the right hash begins again.
    QCOMPARE(m_shop->add(server.url(), sha256(m_bytes))->transfer().id(), id);
    QCOMPARE(m_shop->ended(id).state(), Message::STATE_DONE);
  }

  void nothingThere() {
    HttpServer server(m_bytes);
    server.usual({.status = 404});
    const auto ended = m_shop->ended(m_shop->add(server.url())->transfer().id());
    QCOMPARE(ended.state(), Message::STATE_FAILED);
    QVERIFY2(ended.text().find("nothing at this address") != std::string::npos, ended.text().c_str());
  }

  void brokenConnections() {
    HttpServer server(m_bytes);
    server.next({{.cutAfter = 100'000}, {.status = 503}, {.cutAfter = 50'000}});
    const auto ended = m_shop->ended(m_shop->add(server.url(), sha256(m_bytes))->transfer().id());
    QVERIFY2(ended.state() == Message::STATE_DONE, ended.text().c_str());
  }

  void aRestartInTheMiddle() {
    HttpServer server(m_bytes);
    server.next({{.pieceBytes = 10'000, .pieceMs = 20}});
    const auto id = m_shop->add(server.url())->transfer().id();
    QVERIFY(m_shop->until([&] { return m_shop->transfer(id).done_bytes() > 20'000; }));
    QVERIFY(m_shop->transfer(id).total_bytes() == m_bytes.size());
    m_shop->reopen();
    QVERIFY(m_shop->transfer(id).done_bytes() > 20'000);
    QCOMPARE(m_shop->ended(id).state(), Message::STATE_DONE);
    QVERIFY(server.requests().back().find("Range: bytes=") != std::string::npos);
    QCOMPARE(*sha256OfFile(m_shop->store->use(sha256(m_bytes))->file), sha256(m_bytes));
  }

  void pausing() {
    HttpServer server(m_bytes);
    server.next({{.pieceBytes = 10'000, .pieceMs = 20}});
    const auto id = m_shop->add(server.url())->transfer().id();
    QVERIFY(m_shop->until([&] { return m_shop->transfer(id).done_bytes() > 20'000; }));
    m_shop->store->setPaused("the network is metered");
    QCOMPARE(m_shop->transfer(id).state(), Message::STATE_PAUSED);
    QCOMPARE(m_shop->transfer(id).text(), std::string("the network is metered"));
    // Another one waits too.
    const auto other = m_shop->add(server.url("/other.gguf"))->transfer();
    QCOMPARE(other.state(), Message::STATE_PAUSED);
    const auto sent = server.sent();
    m_shop->store->setPaused("");
    QCOMPARE(m_shop->ended(id).state(), Message::STATE_DONE);
    QVERIFY(server.sent() >= sent);
    QCOMPARE(m_shop->ended(other.id()).state(), Message::STATE_DONE);
  }

  void givingUp() {
    HttpServer server(m_bytes);
    server.usual({.pieceBytes = 10'000, .pieceMs = 20});
    const auto id = m_shop->add(server.url())->transfer().id();
    QVERIFY(m_shop->until([&] { return m_shop->transfer(id).done_bytes() > 20'000; }));
    QVERIFY(m_shop->remove(id)->has_transfer());
    QVERIFY(m_shop->store->summary().transfers().empty());
    QVERIFY(m_shop->files("incoming").empty());
  }

  void twoAtOnce() {
    HttpServer server(m_bytes);
    server.usual({.silent = true});
    std::vector<std::string> ids;
    for (const auto* path : {"/a", "/b", "/c"}) ids.push_back(m_shop->add(server.url(path))->transfer().id());
    int running = 0;
    for (const auto& id : ids) running += m_shop->transfer(id).state() == Message::STATE_RUNNING ? 1 : 0;
    QCOMPARE(running, 2);
    QCOMPARE(m_shop->transfer(ids[2]).text(), std::string("waits for its turn"));
    QVERIFY(m_shop->until([&] { return server.requests().size() == 2; }));
    QVERIFY(m_shop->remove(ids[0]).ok());
    QVERIFY(m_shop->reaches(ids[2], Message::STATE_RUNNING));
  }

  void noRoom() {
    HttpServer server(m_bytes);
    m_shop->allow(m_bytes.size() + 1000);
    QVERIFY(m_shop->sendAll(smallModel("old", 10'000), "old").state() == Message::STATE_DONE);
    m_shop->inUse = {sha256(smallModel("old", 10'000))};
    const auto id = m_shop->add(server.url())->transfer().id();
    auto ended = m_shop->ended(id);
    QCOMPARE(ended.state(), Message::STATE_FAILED);
    QVERIFY2(ended.text().find("models.max_storage") != std::string::npos, ended.text().c_str());
    // When nothing needs the old one any more it makes way.
    m_shop->inUse.clear();
    QVERIFY(m_shop->add(server.url()).ok());
    QCOMPARE(m_shop->ended(id).state(), Message::STATE_DONE);
    QCOMPARE(m_shop->names(), (std::set<std::string>{"tiny"}));
  }

  void linesThatAreNone() {
    for (const auto* line : {"", "at", "at x", "at -1", "total 99999999999999999999", "done", "failed", "failed what",
                             "etag v1", "hello", "\x1b[31m"}) {
      QVERIFY2(!models::toldBy(line).has_value(), line);
    }
    QCOMPARE(models::toldBy("again 500 cut off")->text, std::string("cut off"));
    QCOMPARE(models::toldBy("failed too_big no room")->error.kind(), Error::Kind::TooBig);
  }

  void aFetchThatIsNotThere() {
    m_shop->store.reset();
    auto store = models::Store::create(m_shop->loop, m_shop->clock,
                                       {.root = m_shop->root(), .fetchProgram = "/nonexistent/lull-fetch"},
                                       {.changed = [] {}, .inUse = [] { return std::set<std::string>(); }});
    QVERIFY(store.ok());
    m_shop->store = std::move(*store);
    m_shop->allow(kRoomy);
    const auto ended = m_shop->ended(m_shop->add("https://127.0.0.1/x.gguf")->transfer().id());
    QVERIFY2(ended.text().find("lull-fetch") != std::string::npos, ended.text().c_str());
  }

private:
  const std::string m_bytes = smallModel("downloaded", 1'000'000);
  std::unique_ptr<QTemporaryDir> m_folder;
  std::unique_ptr<Shop> m_shop;
};

QTEST_GUILESS_MAIN(TestDownloads)
#include "test_downloads.moc"
