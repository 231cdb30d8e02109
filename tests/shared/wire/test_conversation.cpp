// SPDX-License-Identifier: Apache-2.0
#include "wire/conversation.h"
#include "wire/frame.h"

#include <google/protobuf/util/message_differencer.h>

#include <QTest>

#include <limits>
#include <random>
#include <set>
#include <string>
#include <vector>

using namespace lull;
using namespace lull::wire;
using google::protobuf::FieldDescriptor;
using google::protobuf::Message;
using google::protobuf::util::MessageDifferencer;

Q_DECLARE_METATYPE(lull::Error::Kind)

namespace {

v1::Status busyStatus() {
  v1::Status status;
  status.set_version("0.1.0");
  status.set_activity(v1::ACTIVITY_WORKING);
  status.set_sentence("Working");
  status.set_sharing(true);
  auto* gpu = status.add_gpus();
  gpu->set_name("llvmpipe");
  gpu->mutable_verdict()->add_reasons()->set_rule("too_hot");
  status.add_gpus()->set_name("second");
  status.add_temperatures()->set_celsius(71.5);
  status.mutable_power()->set_known(true);
  status.add_running()->set_id("t-abc");
  status.set_queued(3);
  status.add_troubles("one");
  status.add_troubles("");
  return status;
}

// Fills, changes or clears top-level fields at random.
void shake(v1::Status& status, std::mt19937& random) {
  const auto* reflection = v1::Status::GetReflection();
  for (int i = 0; i < v1::Status::descriptor()->field_count(); ++i) {
    const auto* field = v1::Status::descriptor()->field(i);
    const auto choice = random() % 4;
    if (choice > 1) continue;
    reflection->ClearField(&status, field);
    if (choice == 0) continue;
    v1::Status rich = busyStatus();
    rich.set_done(random() % 5);
    rich.set_sentence(std::string(random() % 3, 's'));
    rich.mutable_gpus(0)->set_gpu_share(static_cast<double>(random() % 100));
    rich.set_paused_until_unix_ms(-static_cast<std::int64_t>(random() % 3));
    reflection->SwapFields(&status, &rich, {field});
  }
}

std::string handOver(v1::Status& shown, const v1::Status& after) {
  const auto event = difference(shown, after);
  if (event.changed().empty()) return shown.SerializeAsString();
  v1::StatusEvent received;
  received.ParseFromString(event.SerializeAsString());
  apply(shown, received);
  return shown.SerializeAsString();
}

std::vector<int> changedIn(const v1::Status& before, const v1::Status& after) {
  const auto event = difference(before, after);
  return {event.changed().begin(), event.changed().end()};
}

template <typename T>
concept IsCall = requires(v1::ClientFrame frame, v1::ServerFrame answer, T request) {
  Call<T>::put(frame, request);
};

}  // namespace

class TestConversation : public QObject {
  Q_OBJECT

private slots:
  // Every member of the requests' oneof, its reply of the same number, and a Call that puts one and takes the other.
  void everyRequestHasAReplyOfTheSameNumber() {
    const auto* requests = v1::ClientFrame::descriptor()->oneof_decl(0);
    QVERIFY(requests->field_count() >= 19);
    for (int i = 0; i < requests->field_count(); ++i) {
      const auto* request = requests->field(i);
      const auto* reply = v1::ServerFrame::descriptor()->FindFieldByNumber(request->number());
      QVERIFY2(reply != nullptr, request->name().c_str());
      QCOMPARE(reply->name(), request->name());
      QVERIFY2(m_called.count(request->number()) == 1,
               (request->name() + " has no LULL_CALL in conversation.h").c_str());
    }
  }

  void initTestCase() {
    tryCall<v1::HelloRequest>();
    tryCall<v1::GetStatusRequest>();
    tryCall<v1::WatchStatusRequest>();
    tryCall<v1::PutBlobRequest>();
    tryCall<v1::SubmitTaskRequest>();
    tryCall<v1::ListTasksRequest>();
    tryCall<v1::GetTaskRequest>();
    tryCall<v1::CancelTaskRequest>();
    tryCall<v1::ReadResultRequest>();
    tryCall<v1::PauseRequest>();
    tryCall<v1::ResumeRequest>();
    tryCall<v1::SetSharingRequest>();
    tryCall<v1::GetSettingsRequest>();
    tryCall<v1::SetSettingRequest>();
    tryCall<v1::ResetSettingRequest>();
    tryCall<v1::GetHistoryRequest>();
    tryCall<v1::ListLedgerRequest>();
    tryCall<v1::TailLogRequest>();
    tryCall<v1::UnwatchRequest>();
    tryCall<v1::AddModelRequest>();
    tryCall<v1::PutModelRequest>();
    tryCall<v1::ListModelsRequest>();
    tryCall<v1::GetModelRequest>();
    tryCall<v1::RemoveModelRequest>();
    tryCall<v1::VerifyModelRequest>();
    tryCall<v1::ListRuntimesRequest>();
    tryCall<v1::InstallRuntimeRequest>();
    tryCall<v1::VerifyRuntimeRequest>();
    tryCall<v1::RemoveRuntimeRequest>();
    tryCall<v1::AskRequest>();
    tryCall<v1::CloseChatRequest>();
  }

  void takeReplyTellsErrorsAndMismatches() {
    v1::ServerFrame frame;
    Call<v1::SubmitTaskRequest>::put(frame, [] {
      v1::SubmitTaskReply reply;
      reply.set_id("t-1");
      return reply;
    }());
    auto reply = takeReply<v1::SubmitTaskRequest>(frame);
    QVERIFY(reply.ok());
    QCOMPARE(reply->id(), std::string("t-1"));
    auto other = takeReply<v1::PauseRequest>(frame);
    QVERIFY(!other.ok());
    QCOMPARE(other.error().kind(), Error::Kind::Internal);
    *frame.mutable_error() = toWire(Error(Error::Kind::Denied, "no"));
    auto denied = takeReply<v1::SubmitTaskRequest>(frame);
    QVERIFY(!denied.ok());
    QCOMPARE(denied.error().kind(), Error::Kind::Denied);
    QCOMPARE(denied.error().text(), std::string("no"));
  }

  void errorsCrossTheWire_data() {
    QTest::addColumn<Error::Kind>("kind");
    QTest::addColumn<Error::Kind>("arrives");
    using K = Error::Kind;
    for (const auto kind :
         {K::Invalid, K::NotFound, K::Denied, K::Conflict, K::Unavailable, K::Version, K::TooBig, K::Internal}) {
      QTest::addRow("%d", static_cast<int>(kind)) << kind << kind;
    }
    QTest::newRow("Io") << K::Io << K::Internal;
  }
  void errorsCrossTheWire() {
    QFETCH(Error::Kind, kind);
    QFETCH(Error::Kind, arrives);
    const auto back = fromWire(toWire(Error(kind, "text")));
    QCOMPARE(back.kind(), arrives);
    QCOMPARE(back.text(), std::string("text"));
  }

  void anErrorTextOfAnyBytesCanBeSent() {
    v1::ServerFrame frame;
    *frame.mutable_error() = toWire(Error(Error::Kind::Io, "open /tmp/Gr\xFC\xDF: no"));
    v1::ServerFrame back;
    QVERIFY(back.ParseFromString(frame.SerializeAsString()));
  }

  void textsOfAnyBytesBecomeSendable() {
    auto status = busyStatus();
    status.mutable_gpus(1)->set_name("Gr\xFC\xDF");
    status.mutable_gpus(0)->mutable_verdict()->mutable_reasons(0)->set_text("\xFF");
    status.add_troubles("\x80 lost");
    status.set_sentence("\xC0");
    v1::Status back;
    QVERIFY(!back.ParseFromString(status.SerializeAsString()));
    makeSendable(status);
    QVERIFY(back.ParseFromString(status.SerializeAsString()));
    QCOMPARE(back.troubles(2), std::string("\xEF\xBF\xBD lost"));
    QCOMPARE(back.gpus(0).name(), std::string("llvmpipe"));
  }

  void commonVersion_data() {
    QTest::addColumn<quint32>("low");
    QTest::addColumn<quint32>("high");
    QTest::addColumn<quint32>("chosen");
    QTest::addColumn<QString>("older");
    QTest::newRow("the same") << kMinVersion << kMaxVersion << kMaxVersion << "";
    QTest::newRow("newer client that still speaks ours") << kMinVersion << kMaxVersion + 5 << kMaxVersion << "";
    QTest::newRow("older client") << 0U << kMinVersion - 1 << 0U << "client";
    QTest::newRow("newer client only") << kMaxVersion + 1 << kMaxVersion + 2 << 0U << "service";
    QTest::newRow("a range upside down") << kMaxVersion + 1 << kMaxVersion << 0U << "service";
    QTest::newRow("nothing said") << 0U << 0U << 0U << "client";
  }
  void commonVersion() {
    QFETCH(quint32, low);
    QFETCH(quint32, high);
    QFETCH(quint32, chosen);
    QFETCH(QString, older);
    v1::HelloRequest hello;
    hello.set_min_version(low);
    hello.set_max_version(high);
    const auto version = lull::wire::commonVersion(hello);
    QCOMPARE(version.ok(), older.isEmpty());
    if (version) {
      QCOMPARE(*version, chosen);
    } else {
      QCOMPARE(version.error().kind(), Error::Kind::Version);
      QVERIFY(QString::fromStdString(version.error().text()).endsWith("update the " + older));
    }
  }

  void equalStatusesDifferInNothing() {
    QVERIFY(changedIn(busyStatus(), busyStatus()).empty());
    QVERIFY(changedIn({}, {}).empty());
  }

  void onlyWhatChangedIsNamed() {
    auto after = busyStatus();
    after.set_queued(4);
    after.mutable_gpus(0)->set_gpu_share(0.5);
    const auto event = difference(busyStatus(), after);
    QCOMPARE(changedIn(busyStatus(), after),
             (std::vector<int>{v1::Status::kGpusFieldNumber, v1::Status::kQueuedFieldNumber}));
    QCOMPARE(event.status().gpus_size(), 2);
    QCOMPARE(event.status().queued(), 4U);
    QVERIFY(!event.status().has_power());
    QVERIFY(event.status().sentence().empty());
  }

  // Scalars, messages and lists that become empty are named and absent; applying empties them.
  void emptiedFields() {
    auto after = busyStatus();
    after.set_queued(0);
    after.clear_power();
    after.clear_running();
    after.clear_troubles();
    auto shown = busyStatus();
    const auto event = difference(shown, after);
    QCOMPARE(event.changed_size(), 4);
    QCOMPARE(event.status().ByteSizeLong(), 0U);
    apply(shown, event);
    QVERIFY(MessageDifferencer::Equals(shown, after));
    QVERIFY(!shown.has_power());
  }

  void aValueThatIsNotANumberIsNoEndlessChange() {
    auto status = busyStatus();
    status.mutable_temperatures(0)->set_celsius(std::numeric_limits<double>::quiet_NaN());
    QVERIFY(changedIn(status, status).empty());
  }

  void theFirstEventReplacesEverything() {
    v1::StatusEvent first;
    first.mutable_status()->set_queued(8);
    auto shown = busyStatus();
    apply(shown, first);
    QVERIFY(MessageDifferencer::Equals(shown, first.status()));
  }

  void unknownAndRepeatedNumbersAreHarmless() {
    auto shown = busyStatus();
    v1::StatusEvent event;
    event.add_changed(9999);
    event.add_changed(v1::Status::kQueuedFieldNumber);
    event.add_changed(v1::Status::kQueuedFieldNumber);
    event.mutable_status()->set_queued(11);
    event.mutable_status()->set_done(5);  // not named: not taken
    apply(shown, event);
    auto expected = busyStatus();
    expected.set_queued(11);
    QVERIFY(MessageDifferencer::Equals(shown, expected));
  }

  void manyRandomStepsArriveUnchanged() {
    std::mt19937 random(20240607);
    v1::Status status = busyStatus();
    v1::Status shown = status;
    for (int step = 0; step < 2000; ++step) {
      shake(status, random);
      QCOMPARE(handOver(shown, status), status.SerializeAsString());
    }
  }

  void difference_isQuick() {
    auto before = busyStatus();
    for (int i = 0; i < 30; ++i) *before.add_temperatures() = before.temperatures(0);
    auto after = before;
    after.mutable_gpus(0)->set_gpu_share(0.25);
    const auto a = before.SerializeAsString();
    const auto b = after.SerializeAsString();
    int changed = 0;
    QBENCHMARK { changed += difference(a, b).changed_size(); }
    QVERIFY(changed > 0);
  }

private:
  template <typename Request>
  void tryCall() {
    static_assert(IsCall<Request>);
    v1::ClientFrame frame;
    Call<Request>::put(frame, Request());
    v1::ServerFrame answer;
    Call<Request>::put(answer, typename Call<Request>::Reply());
    QVERIFY(Call<Request>::has(answer));
    QVERIFY(takeReply<Request>(answer).ok());
    QCOMPARE(static_cast<int>(frame.request_case()), static_cast<int>(answer.body_case()));
    m_called.insert(static_cast<int>(frame.request_case()));
  }

  std::set<int> m_called;
};

QTEST_GUILESS_MAIN(TestConversation)
#include "test_conversation.moc"
