// SPDX-License-Identifier: Apache-2.0
// The table of rights: all requests × all rights, at the table itself and at the conversation that must heed it.
#include "fakes/fake_requests.h"
#include "ipc/conversation.h"
#include "ipc/rights.h"
#include "wire/frame.h"

#include <QTemporaryDir>
#include <QTest>

#include <map>
#include <memory>
#include <vector>

using namespace lull;
using namespace lull::ipc;

namespace {

constexpr gid_t kGroup = 4242;

// What is queued for the client.
class Paper final : public Line {
public:
  Outcome send(const v1::ServerFrame& frame) override {
    frames.push_back(frame);
    return {};
  }
  Outcome sendBody(std::uint64_t id, std::string_view body) override {
    v1::ServerFrame frame;
    if (!frame.ParseFromArray(body.data(), static_cast<int>(body.size()))) qFatal("a body that cannot be read");
    frame.set_id(id);
    return send(frame);
  }
  bool isIdle() const override { return true; }
  void proceed() override {}

  std::vector<v1::ServerFrame> frames;
};

// The requests, by what they need. Written anew here: the table must not test itself.
const std::map<std::string, v1::Right> kNeeded{
    {"hello", v1::RIGHT_OBSERVE},           {"get_status", v1::RIGHT_OBSERVE},
    {"watch_status", v1::RIGHT_OBSERVE},    {"unwatch", v1::RIGHT_OBSERVE},
    {"list_tasks", v1::RIGHT_OBSERVE},      {"get_task", v1::RIGHT_OBSERVE},
    {"get_history", v1::RIGHT_OBSERVE},     {"list_ledger", v1::RIGHT_OBSERVE},
    {"get_settings", v1::RIGHT_OBSERVE},    {"tail_log", v1::RIGHT_CONTROL},
    {"read_result", v1::RIGHT_CONTROL},     {"put_blob", v1::RIGHT_CONTROL},
    {"submit_task", v1::RIGHT_CONTROL},     {"cancel_task", v1::RIGHT_CONTROL},
    {"pause", v1::RIGHT_CONTROL},           {"resume", v1::RIGHT_CONTROL},
    {"set_sharing", v1::RIGHT_CONTROL},     {"set_setting", v1::RIGHT_CONTROL},
    {"reset_setting", v1::RIGHT_CONTROL},   {"list_models", v1::RIGHT_OBSERVE},
    {"get_model", v1::RIGHT_OBSERVE},       {"add_model", v1::RIGHT_CONTROL},
    {"put_model", v1::RIGHT_CONTROL},       {"remove_model", v1::RIGHT_CONTROL},
    {"verify_model", v1::RIGHT_CONTROL},    {"ask", v1::RIGHT_CONTROL},
    {"close_chat", v1::RIGHT_CONTROL},      {"list_runtimes", v1::RIGHT_OBSERVE},
    {"install_runtime", v1::RIGHT_CONTROL}, {"verify_runtime", v1::RIGHT_CONTROL},
    {"remove_runtime", v1::RIGHT_CONTROL}};

constexpr std::array kRights{v1::RIGHT_UNSPECIFIED, v1::RIGHT_OBSERVE, v1::RIGHT_CONTROL, v1::RIGHT_ADMINISTER};

v1::ClientFrame requestOf(const google::protobuf::FieldDescriptor* field, std::uint64_t id) {
  v1::ClientFrame frame;
  frame.set_id(id);
  frame.GetReflection()->MutableMessage(&frame, field);
  if (frame.has_hello()) frame.mutable_hello()->set_max_version(wire::kMaxVersion);
  if (frame.has_hello()) frame.mutable_hello()->set_min_version(wire::kMinVersion);
  return frame;
}

}  // namespace

class TestRights : public QObject {
  Q_OBJECT

private slots:
  void peers_data() {
    QTest::addColumn<quint32>("uid");
    QTest::addColumn<quint32>("gid");
    QTest::addColumn<QVector<quint32>>("groups");
    QTest::addColumn<int>("system");
    QTest::addColumn<int>("user");
    const int all = v1::RIGHT_ADMINISTER;
    const int control = v1::RIGHT_CONTROL;
    const int observe = v1::RIGHT_OBSERVE;
    const int none = v1::RIGHT_UNSPECIFIED;
    QTest::newRow("root") << 0U << 0U << QVector<quint32>{} << all << all;
    QTest::newRow("the service's own user") << 900U << 900U << QVector<quint32>{} << all << all;
    QTest::newRow("group lull first") << 1000U << kGroup << QVector<quint32>{} << control << control;
    QTest::newRow("group lull among others") << 1000U << 1000U << QVector<quint32>{4, kGroup, 7} << control << control;
    QTest::newRow("somebody") << 1001U << 1001U << QVector<quint32>{4, 7} << observe << none;
    QTest::newRow("root's group only") << 1001U << 0U << QVector<quint32>{0} << observe << none;
    QTest::newRow("nobody") << 65534U << 65534U << QVector<quint32>{} << observe << none;
  }
  void peers() {
    QFETCH(quint32, uid);
    QFETCH(quint32, gid);
    QFETCH(QVector<quint32>, groups);
    QFETCH(int, system);
    QFETCH(int, user);
    const Peer peer{.uid = uid, .gid = gid, .groups = {groups.begin(), groups.end()}};
    QCOMPARE(int(rightOf(peer, {.uid = 900, .controllers = kGroup, .mode = Mode::System})), system);
    QCOMPARE(int(rightOf(peer, {.uid = 900, .controllers = kGroup, .mode = Mode::User})), user);
  }

  void withoutTheGroupNobodyControls() {
    const Peer peer{.uid = 1000, .gid = kGroup, .groups = {kGroup, 0}};
    QCOMPARE(rightOf(peer, {.uid = 900, .controllers = {}, .mode = Mode::System}), v1::RIGHT_OBSERVE);
    QCOMPARE(rightOf(peer, {.uid = 900, .controllers = {}, .mode = Mode::User}), v1::RIGHT_UNSPECIFIED);
  }

  void everyRequestHasItsRight() {
    const auto* requests = v1::ClientFrame::descriptor()->oneof_decl(0);
    QCOMPARE(static_cast<int>(kNeeded.size()), requests->field_count());
    for (int i = 0; i < requests->field_count(); ++i) {
      const auto* field = requests->field(i);
      const auto needed = neededFor(field->number());
      QVERIFY2(needed.has_value(), (field->name() + " stands in no row of rights.cpp").c_str());
      QCOMPARE(*needed, kNeeded.at(field->name()));
      for (const auto right : kRights) QCOMPARE(isAllowed(field->number(), right), right >= *needed);
    }
  }

  void whatIsNotNamedIsDenied() {
    for (const int unknown : {0, -1, 9, 29, 50, 10'000}) {
      QVERIFY(!neededFor(unknown).has_value());
      for (const auto right : kRights) QVERIFY(!isAllowed(unknown, right));
    }
  }

  void theConversationHeedsTheTable_data() {
    QTest::addColumn<int>("number");
    QTest::addColumn<int>("right");
    const auto* requests = v1::ClientFrame::descriptor()->oneof_decl(0);
    for (int i = 0; i < requests->field_count(); ++i) {
      for (const auto right : {v1::RIGHT_OBSERVE, v1::RIGHT_CONTROL, v1::RIGHT_ADMINISTER}) {
        QTest::addRow("%s as %s", requests->field(i)->name().c_str(), v1::Right_Name(right).c_str())
            << requests->field(i)->number() << int(right);
      }
    }
  }
  void theConversationHeedsTheTable() {
    QFETCH(int, number);
    QFETCH(int, right);
    const auto* field = v1::ClientFrame::descriptor()->FindFieldByNumber(number);
    Talk talk(static_cast<v1::Right>(right));
    QVERIFY(talk.ask(requestOf(v1::ClientFrame::descriptor()->FindFieldByName("hello"), 1)).has_hello());
    const int before = talk.requests.handled;
    const auto answer = talk.ask(requestOf(field, 2));
    QCOMPARE(answer.id(), 2U);
    const bool denied = answer.has_error() && answer.error().kind() == v1::Error::KIND_DENIED;
    QCOMPARE(denied, right < kNeeded.at(field->name()));
    if (denied) QCOMPARE(talk.requests.handled.load(), before);
    if (denied) QVERIFY(answer.error().message().starts_with(field->name() + " needs the right to control"));
  }

  void withoutAnyRightNotEvenHello() {
    Talk talk(v1::RIGHT_UNSPECIFIED);
    const auto answer = talk.ask(requestOf(v1::ClientFrame::descriptor()->FindFieldByName("hello"), 1));
    QCOMPARE(answer.error().kind(), v1::Error::KIND_DENIED);
    QVERIFY(talk.conversation->hasEnded());
  }

  void anUnknownRequestReachesNobody() {
    Talk talk(v1::RIGHT_ADMINISTER);
    QVERIFY(talk.ask(requestOf(v1::ClientFrame::descriptor()->FindFieldByName("hello"), 1)).has_hello());
    v1::ClientFrame frame;
    frame.set_id(3);
    frame.GetReflection()->MutableUnknownFields(&frame)->AddLengthDelimited(77, "from the future");
    const auto answer = talk.ask(frame);
    QCOMPARE(answer.id(), 3U);
    QCOMPARE(answer.error().kind(), v1::Error::KIND_INVALID);
    QCOMPARE(answer.error().message(), std::string("this service does not know that request: update the service"));
    QVERIFY(!talk.conversation->hasEnded());
    QCOMPARE(talk.requests.handled.load(), 0);
  }

  // The door lets control through; what a setting itself needs is asked by the store.
  void settingsAskForTheirOwnRight() {
    Talk talk(v1::RIGHT_CONTROL);
    QVERIFY(talk.ask(requestOf(v1::ClientFrame::descriptor()->FindFieldByName("hello"), 1)).has_hello());
    v1::ClientFrame frame;
    frame.set_id(2);
    frame.mutable_set_setting()->set_key("gpu.piece_ms");
    frame.mutable_set_setting()->set_value("8");
    QCOMPARE(talk.ask(frame).error().kind(), v1::Error::KIND_DENIED);
    frame.set_id(3);
    frame.mutable_set_setting()->set_key("thermal.stop");
    frame.mutable_set_setting()->set_value("75");
    QVERIFY(talk.ask(frame).has_set_setting());
  }

private:
  // A conversation without a socket.
  struct Talk {
    explicit Talk(v1::Right right)
        : requests(std::filesystem::path(folder.path().toStdString()) / "settings.json"),
          room{.loop = loop, .limits = {}, .requests = requests, .status = {}, .log = {}, .left = {}} {
      room.status = std::make_shared<StatusStream>(loop, Milliseconds(0), [](std::size_t) {});
      room.log = std::make_shared<LogTail>(loop);
      room.status->publish(requests.status);
      conversation = std::make_shared<Conversation>(room, Caller{.right = right, .uid = 5, .connection = 1}, paper);
    }
    ~Talk() { conversation->leave(); }

    v1::ServerFrame ask(const v1::ClientFrame& frame) {
      const auto at = paper.frames.size();
      conversation->receive(frame.SerializeAsString());
      return at < paper.frames.size() ? paper.frames[at] : v1::ServerFrame();
    }

    QTemporaryDir folder;
    asio::io_context loop;
    test::FakeRequests requests;
    Room room;
    Paper paper;
    std::shared_ptr<Conversation> conversation;
  };
};

QTEST_GUILESS_MAIN(TestRights)
#include "test_rights.moc"
