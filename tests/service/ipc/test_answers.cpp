// SPDX-License-Identifier: Apache-2.0
// Answers as they come: in order, stopped when nobody wants them, bounded when nobody reads.
#include "fakes/served.h"
#include "ipc/answer_stream.h"

#include <QTest>

using namespace lull;
using test::Served;

namespace {

v1::AskRequest question() {
  v1::AskRequest request;
  request.set_task_id("t-chat");
  return request;
}

v1::AskEvent text(const std::string& words) {
  v1::AskEvent event;
  event.set_text(words);
  return event;
}

v1::AskEvent done() {
  v1::AskEvent event;
  event.set_done(true);
  event.mutable_usage()->set_completion(7);
  return event;
}

// A connection that cannot send some of what it is given.
class FakeLine final : public ipc::Line {
public:
  Outcome send(const v1::ServerFrame& frame) override {
    if (failing > 0) {
      --failing;
      return Error(Error::Kind::TooBig, "it exceeds a frame");
    }
    sent.push_back(frame);
    return {};
  }
  Outcome sendBody(std::uint64_t, std::string_view) override { return {}; }
  bool isIdle() const override { return true; }
  void proceed() override {}

  int failing = 0;
  std::vector<v1::ServerFrame> sent;
};

}  // namespace

class TestIpcAnswers : public QObject {
  Q_OBJECT

  static void tell(Served& served, const v1::AskEvent& event) {
    served.on([&] { served.requests().tell(event); });
  }
  static std::optional<v1::AskEvent> next(test::IpcClient& client) {
    const auto event = client.nextEvent();
    return event && event->has_ask_event() ? std::optional(event->ask_event()) : std::nullopt;
  }

private slots:
  void anAnswerComesInOrder() {
    Served served;
    auto client = served.client();
    const auto id = client.send(question());
    QVERIFY(client.waitFor(*id)->has_ask());
    v1::AskEvent waiting;
    waiting.set_waiting("The model is being loaded");
    tell(served, waiting);
    QCOMPARE(next(client)->waiting(), std::string("The model is being loaded"));
    v1::AskEvent thinking;
    thinking.set_thinking("hm");
    tell(served, thinking);
    QCOMPARE(next(client)->thinking(), std::string("hm"));
    for (int i = 0; i < 3; ++i) {
      tell(served, text(std::to_string(i)));
      QCOMPARE(next(client)->text(), std::to_string(i));
    }
    tell(served, done());
    const auto last = next(client);
    QVERIFY(last && last->done());
    QCOMPARE(last->usage().completion(), 7U);
    tell(served, text("late"));  // is dropped
    QVERIFY(client.waitFor(*client.send(question()))->has_ask());
    tell(served, text("of the second"));
    QCOMPARE(next(client)->text(), std::string("of the second"));
  }

  void aRefusedQuestionHasNoAnswer() {
    Served served;
    auto client = served.client();
    QVERIFY(client.waitFor(*client.send(v1::AskRequest()))->has_error());
    QVERIFY(client.waitFor(*client.send(question()))->has_ask());
  }

  void oneAtATime() {
    Served served;
    auto client = served.client();
    QVERIFY(client.waitFor(*client.send(question()))->has_ask());
    const auto refused = client.waitFor(*client.send(question()));
    QCOMPARE(refused->error().kind(), v1::Error::KIND_CONFLICT);
    v1::ClientFrame same;
    same.set_id(2);  // after Hello
    same.mutable_get_status();
    QVERIFY(client.sendFrame(same).ok());
    QCOMPARE(client.waitFor(2)->error().kind(), v1::Error::KIND_INVALID);
  }

  void unwatchStopsIt() {
    Served served;
    auto client = served.client();
    const auto id = client.send(question());
    QVERIFY(client.waitFor(*id)->has_ask());
    v1::UnwatchRequest unwatch;
    unwatch.set_id(*id);
    QVERIFY(client.call(unwatch).ok());
    QCOMPARE(served.requests().hushed.load(), 1);
    tell(served, text("nobody wants this"));
    QVERIFY(!client.call(unwatch).ok());
    QVERIFY(client.waitFor(*client.send(question()))->has_ask());
    tell(served, text("this somebody does"));
    QCOMPARE(next(client)->text(), std::string("this somebody does"));
  }

  void whatIsNotReadIsPutTogetherAndGivenUp() {
    Served served;
    auto client = served.client();
    QVERIFY(client.waitFor(*client.send(question()))->has_ask());
    std::uint64_t sent = 0;
    const std::string part(1000, 'x');
    while (served.requests().hushed == 0 && sent < 64'000'000) {
      served.on([&] {
        for (int i = 0; i < 100; ++i) served.requests().tell(text(part));
      });
      sent += 100 * part.size();
    }
    QCOMPARE(served.requests().hushed.load(), 1);
    QVERIFY(sent < 8'000'000);  // what the kernel holds, and what waits
    std::uint64_t came = 0;
    for (auto event = next(client); event; event = next(client)) {
      came += event->text().size();
      if (event->error().empty()) continue;
      QVERIFY(came < sent);
      return;
    }
    QFAIL("nobody said that it was given up");
  }

  void whatCannotBeSentEndsTheAnswer() {
    ipc::AnswerStream stream;
    FakeLine line;
    stream.add(line, 7);
    QVERIFY(stream.tell(line, 7, text("first")));
    line.failing = 1;
    QVERIFY(stream.tell(line, 7, text("second")));
    QCOMPARE(line.sent.size(), 2U);
    QCOMPARE(line.sent[0].ask_event().text(), std::string("first"));
    QCOMPARE(line.sent[1].id(), 7U);
    QVERIFY(!line.sent[1].ask_event().error().empty());
    QVERIFY(!stream.idOf(line));
    QVERIFY(stream.tell(line, 7, text("late")));  // is dropped
    stream.becameIdle(line);
    QCOMPARE(line.sent.size(), 2U);
    stream.add(line, 8);
    QVERIFY(stream.tell(line, 8, text("of the next")));
    QCOMPARE(line.sent.back().id(), 8U);
  }

  // Not even that it failed: nobody waits for ever, and the connection can be asked again.
  void notEvenTheErrorCanBeSent() {
    ipc::AnswerStream stream;
    FakeLine line;
    stream.add(line, 7);
    line.failing = 2;
    QVERIFY(stream.tell(line, 7, text("first")));
    QVERIFY(line.sent.empty());
    QVERIFY(!stream.idOf(line));
  }

  void longTextsAreCutIntoFrames() {
    Served served;
    auto client = served.client();
    QVERIFY(client.waitFor(*client.send(question()))->has_ask());
    std::string all;
    for (int i = 0; i < 200'000; ++i) all += "ä";
    tell(served, text(all));
    std::string came;
    while (came.size() < all.size()) {
      const auto event = next(client);
      QVERIFY(event);
      came += event->text();
    }
    QVERIFY(came == all);
  }

  void manyThatWaitedComeInOrder() {
    Served served;
    auto client = served.client();
    QVERIFY(client.waitFor(*client.send(question()))->has_ask());
    std::string all;
    served.on([&] {
      for (int i = 0; i < 8000; i += 2) {
        served.requests().tell(text(std::to_string(i) + ' '));
        v1::AskEvent thinking;  // after a text: an event of its own
        thinking.set_thinking(std::to_string(i + 1) + ' ');
        served.requests().tell(thinking);
        all += std::to_string(i) + ' ' + std::to_string(i + 1) + ' ';
      }
    });
    std::string came;
    while (came.size() < all.size()) {
      const auto event = next(client);
      QVERIFY(event && event->error().empty());
      came += event->thinking() + event->text();
    }
    QVERIFY(came == all);
  }

  void eventsAreCountedToo() {
    Served served;
    auto client = served.client();
    QVERIFY(client.waitFor(*client.send(question()))->has_ask());
    v1::AskEvent thinking;
    thinking.set_thinking("x");
    int told = 0;
    for (; served.requests().hushed == 0 && told < 200'000; told += 200) {
      served.on([&] {
        for (int i = 0; i < 100; ++i) {
          served.requests().tell(text("x"));
          served.requests().tell(thinking);  // after a text: an event of its own
        }
      });
    }
    QCOMPARE(served.requests().hushed.load(), 1);
  }

  void aLongErrorIsCut() {
    Served served;
    auto client = served.client();
    QVERIFY(client.waitFor(*client.send(question()))->has_ask());
    v1::AskEvent failed;
    failed.set_text(std::string(2'000'000, 'x'));
    failed.set_error(std::string(2'000'000, 'x'));
    tell(served, failed);
    std::optional<v1::AskEvent> event;
    do {
      event = next(client);
    } while (event && event->error().empty());
    QVERIFY(event);
    QCOMPARE(event->error().size(), std::size_t{4096});
  }

  void bytesThatAreNoTextDoNotEndTheStream() {
    Served served;
    auto client = served.client();
    QVERIFY(client.waitFor(*client.send(question()))->has_ask());
    tell(served, text("\xff!"));
    QCOMPARE(next(client)->text(), std::string("\xEF\xBF\xBD!"));
  }
};

QTEST_GUILESS_MAIN(TestIpcAnswers)
#include "test_answers.moc"
