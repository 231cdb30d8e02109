// SPDX-License-Identifier: Apache-2.0
// Questions of conversations: when they are asked, what those who wait are told, how they end.
#include "app/chats.h"
#include "model/processor.h"
#include "wire/chat_words.h"

#include <QtTest>

using namespace lull;

namespace {

constexpr std::uint64_t kOurs = 1;
constexpr std::uint64_t kOthers = 2;

// A conversation "t-1" of kOurs, a roster with its task, and all that is said.
struct Talk {
  std::vector<std::string> workers;  // what they were told
  std::vector<v1::AskEvent> told;
  model::Verdicts verdicts;
  model::Roster roster;
  app::Chats chats{{.ask = [this](const auto& task, const auto& q) { workers.push_back("ask " + task + q.body); },
                    .hush = [this](const auto& task, auto) { workers.push_back("hush " + task); }}};

  explicit Talk(v1::TaskState state = v1::TASK_STATE_RUNNING) {
    verdicts.device.own.limit = v1::LIMIT_RUN;
    roster.push_back({.id = "t-1", .state = state, .own = true});
    chats.begin("t-1", kOurs);
  }
  [[nodiscard]] Outcome ask(const std::string& body = "?", std::uint64_t connection = kOurs) {
    v1::AskRequest request;
    request.set_task_id("t-1");
    request.set_body(body);
    return chats.ask(connection, request, [this](const v1::AskEvent& event) { told.push_back(event); });
  }
  void pass(v1::TaskState state) {
    roster.front().state = state;
    chats.attend(roster, verdicts, 1000);
  }
  void say(std::uint64_t question, const std::string& text, bool done = false) {
    chats.said({.task = "t-1", .question = question, .text = text, .done = done});
  }
  void hold(const char* text) {
    verdicts.device.own.limit = v1::LIMIT_PARK;
    verdicts.device.own.reasons.resize(1);
    verdicts.device.own.reasons.front().set_text(text);
  }
  [[nodiscard]] QString waiting() const { return told.empty() ? QString() : told.back().waiting().c_str(); }
};

}  // namespace

class TestChats : public QObject {
  Q_OBJECT
private slots:
  void aQuestionIsAskedOnceAndAnswered() {
    Talk talk;
    QVERIFY(talk.ask().ok());
    talk.pass(v1::TASK_STATE_RUNNING);
    talk.pass(v1::TASK_STATE_RUNNING);
    QCOMPARE(talk.workers, std::vector<std::string>{"ask t-1?"});
    talk.say(1, "");
    QCOMPARE(talk.waiting(), "The model reads the question");
    talk.say(1, "Hel");
    talk.pass(v1::TASK_STATE_RUNNING);
    talk.say(1, "lo", true);
    QCOMPARE(talk.told.size(), std::size_t{4});
    QCOMPARE(talk.told[2].text(), std::string("Hel"));
    QVERIFY(talk.told[3].done());
    talk.say(1, "more");
    QCOMPARE(talk.told.size(), std::size_t{4});
    QVERIFY(talk.ask("!").ok());
    talk.pass(v1::TASK_STATE_RUNNING);
    QCOMPARE(talk.workers.back(), std::string("ask t-1!"));
    talk.say(1, "to the first");  // late
    talk.say(2, "to the second");
    QCOMPARE(talk.told.back().text(), std::string("to the second"));
  }

  void theReasonForWaitingIsToldOnce() {
    Talk talk(v1::TASK_STATE_QUEUED);
    talk.hold("The GPU is at 90 °C");
    QVERIFY(talk.ask().ok());
    for (int i = 0; i < 3; ++i) talk.pass(v1::TASK_STATE_QUEUED);
    QCOMPARE(talk.waiting(), "The GPU is at 90 °C");
    QCOMPARE(talk.told.size(), std::size_t{1});
    talk.verdicts.device.own = {};
    talk.roster.push_back({.id = "t-2", .state = v1::TASK_STATE_EVICTING});
    talk.pass(v1::TASK_STATE_QUEUED);
    QCOMPARE(talk.waiting(), "Another task is leaving the GPU");
    talk.roster.back() = {.id = "t-2", .state = v1::TASK_STATE_RUNNING, .own = true};
    talk.pass(v1::TASK_STATE_QUEUED);
    QCOMPARE(talk.waiting(), "Another task of your own has the GPU");
    talk.roster.pop_back();
    talk.pass(v1::TASK_STATE_QUEUED);
    QCOMPARE(talk.waiting(), "The model's program is about to start");
    talk.roster.front().notBefore = 2000;
    talk.pass(v1::TASK_STATE_QUEUED);
    QVERIFY(talk.waiting().contains("failed"));
    talk.roster.front().notBefore = 0;
    talk.pass(v1::TASK_STATE_STARTING);
    QCOMPARE(talk.waiting(), "The model is being loaded");
    QVERIFY(talk.workers.empty());
    talk.pass(v1::TASK_STATE_PARKED);
    QCOMPARE(talk.workers.size(), std::size_t{1});
  }

  // On the processor a closed gate means that nothing is heard.
  void whatStandsStillIsNotAsked() {
    Talk talk;
    talk.roster.front().gpu = model::kProcessorId;
    QVERIFY(talk.ask("?").ok());
    talk.pass(v1::TASK_STATE_PARKED);
    talk.chats.hush(kOurs);
    QVERIFY(talk.ask("!").ok());
    talk.pass(v1::TASK_STATE_PARKED);
    QVERIFY(talk.workers.empty());
    talk.pass(v1::TASK_STATE_RUNNING);
    talk.pass(v1::TASK_STATE_PARKED);
    talk.pass(v1::TASK_STATE_RUNNING);
    QCOMPARE(talk.workers, std::vector<std::string>{"ask t-1!"});
  }

  void heatInTheMiddleOfAnAnswerIsTold() {
    Talk talk;
    QVERIFY(talk.ask().ok());
    talk.pass(v1::TASK_STATE_RUNNING);
    talk.say(1, "Hel");
    talk.hold("The GPU is at 90 °C");
    talk.pass(v1::TASK_STATE_PARKED);
    QCOMPARE(talk.waiting(), "The GPU is at 90 °C");
    talk.verdicts.device.own = {};
    talk.pass(v1::TASK_STATE_RUNNING);
    talk.say(1, "lo", true);
    QVERIFY(talk.told.back().done());
    QCOMPARE(talk.workers.size(), std::size_t{1});
  }

  void aLostWorkerIsAskedAgainUnlessItHadBegun_data() {
    QTest::addColumn<bool>("begun");
    QTest::newRow("nothing said") << false;
    QTest::newRow("begun") << true;
  }
  void aLostWorkerIsAskedAgainUnlessItHadBegun() {
    QFETCH(bool, begun);
    Talk talk;
    QVERIFY(talk.ask().ok());
    talk.pass(v1::TASK_STATE_RUNNING);
    talk.say(1, begun ? "Hel" : "");
    talk.pass(v1::TASK_STATE_EVICTING);
    QCOMPARE(talk.told.back().error().starts_with(wire::kAnswerInterrupted), begun);
    talk.pass(v1::TASK_STATE_QUEUED);
    talk.pass(v1::TASK_STATE_RUNNING);
    QCOMPARE(talk.workers.size(), std::size_t(begun ? 1 : 2));
    QCOMPARE(talk.ask().ok(), begun);
  }

  void hushing() {
    Talk talk;
    QVERIFY(talk.ask().ok());
    talk.chats.hush(kOthers);
    talk.chats.hush(kOurs);
    QVERIFY(talk.workers.empty());  // it was not asked yet
    talk.pass(v1::TASK_STATE_RUNNING);
    QVERIFY(talk.workers.empty());
    QVERIFY(talk.ask().ok());
    talk.pass(v1::TASK_STATE_RUNNING);
    talk.chats.hush(kOurs);
    QCOMPARE(talk.workers.back(), std::string("hush t-1"));
    talk.say(2, "late", true);
    QVERIFY(talk.told.empty() || talk.told.back().text().empty());
    QVERIFY(talk.ask().ok());
  }

  void onlyItsConnectionMayAskAndOneAtATime() {
    Talk talk;
    QCOMPARE(talk.ask("?", kOthers).error().kind(), Error::Kind::NotFound);
    QVERIFY(talk.ask().ok());
    QCOMPARE(talk.ask().error().kind(), Error::Kind::Conflict);
    QVERIFY(talk.chats.connectionClosed(kOthers).empty());
    QCOMPARE(talk.chats.connectionClosed(kOurs), std::vector<std::string>{"t-1"});
    QCOMPARE(talk.ask().error().kind(), Error::Kind::NotFound);
  }

  void whatNobodyAsksIsIdle() {
    constexpr Seconds kLimit(600);
    Instant now = instantFromNs(5'000'000'000);
    Talk talk;
    const auto idle = [&](Seconds later) { return talk.chats.idle(kLimit, now += later); };
    QVERIFY(!talk.chats.idleAt(kLimit));
    QVERIFY(idle(Seconds(0)).empty());  // counts from here
    QCOMPARE(talk.chats.idleAt(kLimit), std::optional(now + kLimit));
    QVERIFY(idle(Seconds(599)).empty());
    QVERIFY(talk.ask().ok());
    QVERIFY(idle(Seconds(3600)).empty());
    QVERIFY(!talk.chats.idleAt(kLimit));  // however long the answer takes
    talk.pass(v1::TASK_STATE_RUNNING);
    talk.say(1, "Hello", true);
    QVERIFY(idle(Seconds(3600)).empty());  // and again from its end
    QVERIFY(idle(Seconds(599)).empty());
    QVERIFY(talk.chats.idle(Seconds(0), now + Seconds(1'000'000)).empty());
    QVERIFY(!talk.chats.idleAt(Seconds(0)));
    QCOMPARE(idle(Seconds(1)), std::vector<std::string>{"t-1"});
    QVERIFY(talk.chats.has("t-1"));
    talk.chats.close("t-1");
    QVERIFY(talk.chats.idle(kLimit, now).empty() && !talk.chats.idleAt(kLimit));
    QCOMPARE(talk.ask().error().kind(), Error::Kind::NotFound);  // begin another
  }

  void closingEndsTheAnswer() {
    Talk talk;
    QVERIFY(talk.ask().ok());
    talk.chats.close("t-1");
    QCOMPARE(talk.told.back().error(), std::string("The conversation is over"));
    QVERIFY(talk.chats.connectionClosed(kOurs).empty());
  }

  void withoutAGpuThereIsNothingToWaitFor() {
    Talk talk(v1::TASK_STATE_QUEUED);
    talk.hold("Card cannot be used");
    talk.verdicts.device.own.reasons.front().set_rule("no_gpu");
    talk.verdicts.device.own.reasons.front().set_remedy("“lull doctor” says how to mend this");
    QVERIFY(talk.ask().ok());
    talk.pass(v1::TASK_STATE_QUEUED);
    QCOMPARE(talk.told.back().error(), std::string("Card cannot be used. “lull doctor” says how to mend this"));
    QVERIFY(talk.ask().ok());
  }

  void theEndOfTheTaskEndsTheAnswer() {
    Talk talk;
    QVERIFY(talk.ask().ok());
    talk.chats.ended("t-1", "Failed: the model does not fit");
    QCOMPARE(talk.told.back().error(), std::string("Failed: the model does not fit"));
    QVERIFY(!talk.chats.has("t-1"));
    talk.chats.ended("t-1", "again");
    QCOMPARE(talk.told.size(), std::size_t{1});
  }
};

QTEST_GUILESS_MAIN(TestChats)
#include "test_chats.moc"
