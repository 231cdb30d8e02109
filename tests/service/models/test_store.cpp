// SPDX-License-Identifier: Apache-2.0
// Models come by upload, are kept, checked, evicted and removed.
#include "base/file.h"
#include "service/models/shop.h"

#include <QTest>

#include <fstream>

using namespace lull;
using namespace lull::test;
namespace fs = std::filesystem;
using Message = v1::ModelTransfer;

namespace {

// A model of about that many bytes.
std::string modelOf(const std::string& name, std::size_t bytes = 1000) { return smallModel(name, bytes); }

void write(const fs::path& file, const std::string& bytes) { std::ofstream(file, std::ios::binary) << bytes; }

}  // namespace

class TestStore : public QObject {
  Q_OBJECT

private slots:
  void init() {
    m_folder = std::make_unique<QTemporaryDir>();
    m_shop = std::make_unique<Shop>(m_folder->path().toStdString() + "/models");
  }
  void cleanup() { m_shop.reset(); }

  void anUpload() {
    const auto bytes = modelOf("first", 700'000);
    const auto ended = m_shop->sendAll(bytes, "first");
    QVERIFY2(ended.state() == Message::STATE_DONE, ended.text().c_str());
    QCOMPARE(ended.sha256(), sha256(bytes));
    const auto model = m_shop->store->find("first");
    QVERIFY(model.ok());
    QCOMPARE(model->bytes(), bytes.size());
    QCOMPARE(model->origin(), std::string("first.gguf"));
    QCOMPARE(model->header().architecture(), std::string("qwen2"));
    QCOMPARE(model->header().layers(), std::uint64_t{2});
    QVERIFY(model->hash_given());
    QCOMPARE(*sha256OfFile(m_shop->root() / (sha256(bytes) + ".gguf")), sha256(bytes));
    QVERIFY(m_shop->files("incoming").empty());
    QVERIFY(m_shop->changes > 0);
    // The same again is there already.
    const auto again = m_shop->send(bytes, "other");
    QVERIFY(again.ok() && again->has_model());
    QCOMPARE(again->model().name(), std::string("first"));
    // And after a restart.
    m_shop->reopen();
    QCOMPARE(m_shop->names(), (std::set<std::string>{"first"}));
    QCOMPARE(m_shop->store->find("")->header().title(), std::string("first"));
  }

  void aLongOriginIsCutBetweenCharacters() {
    const auto bytes = modelOf("first");
    auto request = Shop::requestFor(bytes, "");
    request.set_origin(std::string(511, 'x') + "\u00e9.gguf");
    QVERIFY(m_shop->put(request).ok());
    request.set_data(bytes);
    QCOMPARE(m_shop->ended(m_shop->put(request)->transfer().id()).state(), Message::STATE_DONE);
    m_shop->reopen();
    QCOMPARE(m_shop->store->find("")->origin(), std::string(511, 'x'));
    QCOMPARE(m_shop->store->find("")->name(), std::string(120, 'x'));
  }

  void anUploadGoesOnAfterARestart() {
    const auto bytes = modelOf("first", 500'000);
    auto request = Shop::requestFor(bytes, "first");
    QCOMPARE(m_shop->put(request)->next_offset(), std::uint64_t{0});
    request.set_data(bytes.substr(0, 200'000));
    QCOMPARE(m_shop->put(request)->next_offset(), std::uint64_t{200'000});
    // A chunk from elsewhere is not taken; where to go on is told.
    request.set_offset(100'000);
    QCOMPARE(m_shop->put(request)->next_offset(), std::uint64_t{200'000});
    const auto id = m_shop->put(request)->transfer().id();
    m_shop->store->connectionClosed(1);
    QCOMPARE(m_shop->transfer(id).state(), Message::STATE_WAITING);
    m_shop->reopen();
    QCOMPARE(m_shop->transfer(id).state(), Message::STATE_WAITING);
    QCOMPARE(m_shop->transfer(id).done_bytes(), std::uint64_t{200'000});
    QCOMPARE(m_shop->put(Shop::requestFor(bytes, "first"), 2)->next_offset(), std::uint64_t{200'000});
    QCOMPARE(m_shop->sendAll(bytes, "first").state(), Message::STATE_DONE);
    QCOMPARE(m_shop->names(), (std::set<std::string>{"first"}));
  }

  void whatWasWholeIsCheckedAfterARestart() {
    const auto bytes = modelOf("first");
    const auto id = m_shop->put(Shop::requestFor(bytes, "first"))->transfer().id();
    m_shop->store.reset();  // it ended between the last byte and the check
    write(m_shop->root() / "incoming" / (id + ".part"), bytes);
    m_shop->open();
    QCOMPARE(m_shop->sendAll(bytes, "first").state(), Message::STATE_DONE);
  }

  void badUploads_data() {
    QTest::addColumn<QByteArray>("bytes");
    QTest::addColumn<QByteArray>("claimed");
    QTest::addColumn<QString>("why");
    const auto good = QByteArray::fromStdString(modelOf("x"));
    QTest::newRow("other bytes") << good.left(good.size() - 1) + '!' << good << "and not";
    QTest::newRow("no model") << QByteArray("hello, I am text") << QByteArray() << "not a usable GGUF";
    QTest::newRow("cut off") << good.left(200) << QByteArray() << "not a usable GGUF";
  }
  void badUploads() {
    QFETCH(QByteArray, bytes);
    QFETCH(QByteArray, claimed);
    QFETCH(QString, why);
    auto request = Shop::requestFor(bytes.toStdString(), "bad");
    if (!claimed.isEmpty()) request.set_sha256(sha256(claimed.toStdString()));
    QVERIFY(m_shop->put(request).ok());
    request.set_data(bytes.toStdString());
    const auto sent = m_shop->put(request);
    QVERIFY(sent.ok());
    const auto ended = m_shop->ended(sent->transfer().id());
    QCOMPARE(ended.state(), Message::STATE_FAILED);
    QVERIFY2(QString::fromStdString(ended.text()).contains(why), ended.text().c_str());
    QVERIFY(m_shop->names().empty());
    m_shop->reopen();
    QVERIFY(m_shop->files().empty());
    QVERIFY(m_shop->files("incoming").empty());
  }

  void requestsThatMakeNoSense() {
    const auto good = Shop::requestFor(modelOf("x"), "x");
    const auto kindOf = [&](const std::function<void(v1::PutModelRequest&)>& how) {
      auto request = good;
      how(request);
      const auto reply = m_shop->put(request);
      return reply ? Error::Kind::Internal : reply.error().kind();
    };
    QCOMPARE(kindOf([](auto& r) { r.set_sha256("../../etc"); }), Error::Kind::Invalid);
    QCOMPARE(kindOf([](auto& r) { r.set_size(0); }), Error::Kind::Invalid);
    QCOMPARE(kindOf([](auto& r) { r.set_size(UINT64_MAX); }), Error::Kind::TooBig);
    QCOMPARE(kindOf([](auto& r) { r.set_name("--help"); }), Error::Kind::Invalid);
    QCOMPARE(kindOf([](auto& r) { r.set_name("a\x1b[31m"); }), Error::Kind::Invalid);
    QCOMPARE(kindOf([](auto& r) { r.set_data(std::string(600'000, 'x')); }), Error::Kind::TooBig);
    QVERIFY(m_shop->put(good).ok());
    QCOMPARE(kindOf([](auto& r) { r.set_data(std::string(r.size() + 1, 'x')); }), Error::Kind::Invalid);
  }

  void theLeastRecentlyUsedGoes() {
    m_shop->allow(3'500'000);
    for (const auto* name : {"a", "b", "c"}) {
      QCOMPARE(m_shop->sendAll(modelOf(name, 1'000'000), name).state(), Message::STATE_DONE);
      m_shop->clock.advance(std::chrono::seconds(1));
    }
    QVERIFY(m_shop->store->use(m_shop->store->find("a")->sha256()).ok());  // not held: used
    QCOMPARE(m_shop->sendAll(modelOf("d", 1'000'000), "d").state(), Message::STATE_DONE);
    QCOMPARE(m_shop->names(), (std::set<std::string>{"a", "c", "d"}));
    QVERIFY(m_shop->until([&] { return m_shop->files().size() == 6; }));
    // When two must go, the two oldest do.
    QCOMPARE(m_shop->sendAll(modelOf("e", 2'000'000), "e").state(), Message::STATE_DONE);
    QCOMPARE(m_shop->names(), (std::set<std::string>{"d", "e"}));
  }

  void whatIsNeededStays() {
    m_shop->allow(3'500'000, "b");
    for (const auto* name : {"a", "b", "c"}) {
      QCOMPARE(m_shop->sendAll(modelOf(name, 1'000'000), name).state(), Message::STATE_DONE);
    }
    m_shop->inUse = {m_shop->store->find("a")->sha256()};  // a task names it; b is the default; c is about to be named
    auto use = m_shop->store->use(m_shop->store->find("c")->sha256());
    QVERIFY(use.ok());
    const auto refused = m_shop->sendAll(modelOf("d", 1'000'000), "d");
    QVERIFY2(refused.text().find("raise models.max_storage") != std::string::npos, refused.text().c_str());
    QCOMPARE(m_shop->names(), (std::set<std::string>{"a", "b", "c"}));
    QCOMPARE(m_shop->remove("a").error().kind(), Error::Kind::Conflict);
    QCOMPARE(m_shop->remove("c").error().kind(), Error::Kind::Conflict);
    use->held.reset();
    QCOMPARE(m_shop->sendAll(modelOf("d", 1'000'000), "d").state(), Message::STATE_DONE);
    QCOMPARE(m_shop->names(), (std::set<std::string>{"a", "b", "d"}));
    QVERIFY(m_shop->store->find("a")->in_use());
    QVERIFY(m_shop->store->find("")->is_default());
  }

  void whatIsComingTakesRoom() {
    m_shop->allow(1'500'000);
    QVERIFY(m_shop->put(Shop::requestFor(modelOf("a", 1'000'000), "a")).ok());
    QCOMPARE(m_shop->put(Shop::requestFor(modelOf("b", 1'000'000), "b")).error().kind(), Error::Kind::TooBig);
    QVERIFY(m_shop->remove("a")->has_transfer());
    QVERIFY(m_shop->put(Shop::requestFor(modelOf("b", 1'000'000), "b")).ok());
    QCOMPARE(m_shop->files("incoming").size(), std::size_t{2});
  }

  void aFullDisk() {
    const auto bytes = modelOf("a", 100'000);
    fs::create_symlink("/dev/full", m_shop->root() / "incoming" / ("u-" + sha256(bytes).substr(0, 24) + ".part"));
    const auto sent = m_shop->send(bytes, "a");
    QVERIFY(!sent.ok());
    QCOMPARE(sent.error().kind(), Error::Kind::TooBig);
    QVERIFY(m_shop->names().empty());
  }

  void removing() {
    QVERIFY(m_shop->sendAll(modelOf("a"), "a").state() == Message::STATE_DONE);
    QCOMPARE(m_shop->remove("").error().kind(), Error::Kind::Invalid);
    QCOMPARE(m_shop->remove("b").error().kind(), Error::Kind::NotFound);
    QCOMPARE(m_shop->remove("a")->model().name(), std::string("a"));
    QVERIFY(m_shop->files().empty());
    QCOMPARE(m_shop->store->find("a").error().kind(), Error::Kind::NotFound);
    QCOMPARE(m_shop->store->use(sha256(modelOf("a"))).error().kind(), Error::Kind::NotFound);
  }

  void verifying() {
    const auto bytes = modelOf("a", 100'000);
    QVERIFY(m_shop->sendAll(bytes, "a").state() == Message::STATE_DONE);
    const auto file = m_shop->root() / (sha256(bytes) + ".gguf");
    const auto verify = [&] { return m_shop->ended(m_shop->store->verify("a")->transfer().id()); };
    QCOMPARE(verify().state(), Message::STATE_DONE);
    auto damaged = bytes;
    damaged.back() = '!';
    fs::permissions(file, fs::perms::owner_read | fs::perms::owner_write);
    write(file, damaged);
    QCOMPARE(verify().state(), Message::STATE_FAILED);
    QCOMPARE(m_shop->store->use(sha256(bytes)).error().kind(), Error::Kind::Conflict);
    m_shop->reopen();
    QVERIFY(!m_shop->store->find("a")->trouble().empty());
    write(file, bytes);
    QCOMPARE(verify().state(), Message::STATE_DONE);
    QVERIFY(m_shop->store->use(sha256(bytes)).ok());
    QCOMPARE(m_shop->store->verify("b").error().kind(), Error::Kind::NotFound);
  }

  void whatACrashLeft() {
    const auto kept = modelOf("kept");
    const auto undescribed = modelOf("undescribed");
    const auto shorter = modelOf("shorter");
    for (const auto& [bytes, name] : {std::pair{kept, "kept"}, {undescribed, "u"}, {shorter, "shorter"}}) {
      QVERIFY(m_shop->sendAll(bytes, name).state() == Message::STATE_DONE);
    }
    m_shop->store.reset();
    const auto& root = m_shop->root();
    write(root / "something.txt", "x");
    write(root / (sha256("gone") + ".json"), "{}");
    write(root / (sha256(kept) + ".json.new.123"), "{");
    write(root / "incoming/u-1.part", "no note");
    write(root / "incoming/d-2.json", "no JSON");
    write(root / "incoming/d-3.json", R"({"id": "d-other"})");
    write(root / "incoming/u-4.json", R"({"id": "u-4", "upload": true})");
    write(root / "incoming/u-4.part", "of long ago");
    fs::last_write_time(root / "incoming/u-4.part", fs::file_time_type::clock::now() - std::chrono::hours(24 * 8));
    fs::remove(root / (sha256(undescribed) + ".json"));
    fs::permissions(root / (sha256(shorter) + ".gguf"), fs::perms::owner_all);
    fs::resize_file(root / (sha256(shorter) + ".gguf"), 100);
    m_shop->open();
    QCOMPARE(m_shop->names(), (std::set<std::string>{"kept", "undescribed", "shorter"}));
    QCOMPARE(m_shop->files().size(), std::size_t{6});
    QVERIFY(m_shop->files("incoming").empty());
    QVERIFY(!m_shop->store->find("shorter")->trouble().empty());
    QVERIFY(m_shop->store->find("kept")->trouble().empty());
  }

  void onlySoManyAtOnce() {
    for (int i = 0; i < 16; ++i) {
      QVERIFY(m_shop->put(Shop::requestFor(modelOf(std::to_string(i)), "m")).ok());
    }
    QCOMPARE(m_shop->put(Shop::requestFor(modelOf("one more"), "m")).error().kind(), Error::Kind::Unavailable);
  }

  void failuresMakeWay() {
    auto request = Shop::requestFor("this is no model", "bad");
    QVERIFY(m_shop->put(request).ok());
    request.set_data("this is no model");
    QVERIFY(m_shop->put(request).ok());
    QVERIFY(m_shop->reaches("u-" + request.sha256().substr(0, 24), Message::STATE_FAILED));
    for (int i = 0; i < 16; ++i) {
      QVERIFY(m_shop->put(Shop::requestFor(modelOf(std::to_string(i)), "m")).ok());
    }
    QCOMPARE(m_shop->store->summary().transfers_size(), 16);
  }

  void whatNobodyGoesOnWithIsForgotten() {
    const auto id = m_shop->put(Shop::requestFor(modelOf("a"), "a"))->transfer().id();
    m_shop->store->connectionClosed(1);
    m_shop->clock.advance(std::chrono::hours(24 * 6));
    QVERIFY(m_shop->put(Shop::requestFor(modelOf("b"), "b"), 2).ok());
    QCOMPARE(m_shop->transfer(id).state(), Message::STATE_WAITING);
    m_shop->clock.advance(std::chrono::hours(24 * 2));
    QVERIFY(m_shop->put(Shop::requestFor(modelOf("c"), "c"), 2).ok());
    QCOMPARE(m_shop->transfer(id).id(), std::string());
    QVERIFY(m_shop->until([&] { return !m_shop->files("incoming").contains(id + ".part"); }));
    QCOMPARE(m_shop->store->summary().transfers_size(), 2);  // b is being sent
  }

  void theSummaryIsSmall() {
    QVERIFY(m_shop->sendAll(modelOf("a"), "a").state() == Message::STATE_DONE);
    m_shop->allow(kRoomy, "a");
    const auto summary = m_shop->store->summary();
    QCOMPARE(summary.models(), 1U);
    QCOMPARE(summary.bytes(), std::uint64_t{modelOf("a").size()});
    QCOMPARE(summary.max_bytes(), kRoomy);
    QCOMPARE(summary.default_sha256(), sha256(modelOf("a")));
    QVERIFY(summary.ByteSizeLong() < 400);
  }

private:
  std::unique_ptr<QTemporaryDir> m_folder;
  std::unique_ptr<Shop> m_shop;
};

QTEST_GUILESS_MAIN(TestStore)
#include "test_store.moc"
