// SPDX-License-Identifier: Apache-2.0
// lull chat: what it asks, shows and ends with, for a script and for a person.
#include "service/cli/command_test.h"
#include "service/cli/fake_models.h"
#include "service/cli/on_terminal.h"
#include "wire/chat_words.h"

#include <QJsonArray>
#include <QtTest>

using namespace lull;
using namespace lull::test;

namespace {

constexpr const char* kPrompt = "› ";

v1::AskEvent text(const std::string& words) {
  v1::AskEvent event;
  event.set_text(words);
  return event;
}
v1::AskEvent thinking(const std::string& words) {
  v1::AskEvent event;
  event.set_thinking(words);
  return event;
}
v1::AskEvent waiting(const std::string& why) {
  v1::AskEvent event;
  event.set_waiting(why);
  return event;
}
v1::AskEvent done() {
  v1::AskEvent event;
  event.set_done(true);
  event.mutable_usage()->set_prompt(9);
  event.mutable_usage()->set_completion(2);
  return event;
}
v1::AskEvent failed(std::string_view why) {
  v1::AskEvent event;
  event.set_error(std::string(why));
  return event;
}

using Answers = std::vector<std::vector<v1::AskEvent>>;

}  // namespace

class TestChat : public CommandTest {
  Q_OBJECT

private slots:
  void init() {
    CommandTest::init();
    m_service->change([](auto& state) {
      state.models.push_back(makeModel("tiny", std::string(64, 'a')));
      state.models.back().set_is_default(true);
    });
    answer({{waiting("The model is being loaded"), thinking("hm"), text("Hel"), text("lo"), done()}});
  }
  void cleanup() { CommandTest::cleanup(); }

  void oneAnswerForAScript() {
    const auto ran =
        lull({"chat", "--system", "Be brief", "--temperature", "0", "--max-tokens", "5", "--seed", "7", "Hi", "there"});
    QVERIFY2(ran.code == 0, ran.err);
    QCOMPARE(ran.out, QByteArray("Hello\n"));
    m_service->change([](auto& state) {
      QCOMPARE(state.chats.size(), std::size_t{1});
      QVERIFY(state.chats[0].own());
      QCOMPARE(state.chats[0].llama_chat().model(), std::string(64, 'a'));
      QCOMPARE(state.chats[0].limits().attempts(), 1U);
      QCOMPARE(state.chatsClosed, 1);
    });
    const auto body = question(0);
    QCOMPARE(body["messages"].toArray().size(), 2);
    QCOMPARE(body["messages"].toArray()[0].toObject()["content"].toString(), QString("Be brief"));
    QCOMPARE(body["messages"].toArray()[1].toObject()["content"].toString(), QString("Hi there"));
    QCOMPARE(body["temperature"].toDouble(1), 0.0);
    QCOMPARE(body["max_tokens"].toInt(), 5);
    QCOMPARE(body["seed"].toInt(), 7);
  }

  void standardInputIsTheQuestion() {
    QCOMPARE(run(m_service->socket(), {"chat"}, "from a pipe\n").out, QByteArray("Hello\n"));
    QCOMPARE(question(0)["messages"].toArray()[0].toObject()["content"].toString(), QString("from a pipe"));
    answer({{done()}, {text("Hello"), done()}});
    QCOMPARE(run(m_service->socket(), {"chat", "Summarise", "-"}, "a letter\n").code, 0);
    QCOMPARE(question(1)["messages"].toArray()[0].toObject()["content"].toString(), QString("Summarise\n\na letter"));
    const auto empty = run(m_service->socket(), {"chat"});
    QVERIFY(empty.code != 0);
    QVERIFY2(empty.err.contains("empty"), empty.err);
  }

  void forPrograms() {
    const auto ran = lull({"chat", "--json", "Hi"});
    QVERIFY2(ran.code == 0, ran.err);
    QCOMPARE(ran.json()["text"].toString(), QString("Hello"));
    QCOMPARE(ran.json()["thinking"].toString(), QString("hm"));
    QCOMPARE(ran.json()["usage"].toObject()["completion"].toString(), QString("2"));
    QVERIFY(ran.json()["done"].toBool());
  }

  void anInterruptedAnswerBeginsAnew() {
    const auto interrupted = std::string(wire::kAnswerInterrupted) + ": the GPU is too hot";
    answer({{text("Hel"), failed(interrupted)}, {text("Hello"), done()}});
    const auto ran = lull({"chat", "Hi"});
    QVERIFY2(ran.code == 0, ran.err);
    QCOMPARE(ran.out, QByteArray("Hello\n"));
    QVERIFY2(ran.err.contains("begins anew"), ran.err);
    QCOMPARE(question(0), question(1));
  }

  void whatGoesWrongIsSaid_data() {
    QTest::addColumn<QString>("how");
    QTest::addColumn<int>("code");
    QTest::addColumn<QByteArray>("said");
    QTest::newRow("no model") << "none" << 5 << QByteArray("lull model add");
    QTest::newRow("unknown model") << "unknown" << 5 << QByteArray("there is no model");
    QTest::newRow("no GPU") << "gpu" << 1 << QByteArray("lull doctor");
    QTest::newRow("too long") << "long" << 1 << QByteArray("longer than this model can read");
    QTest::newRow("it failed") << "failed" << 1 << QByteArray("lull runtime install");
    QTest::newRow("only looking") << "right" << 4 << QByteArray("may only look");
  }
  void whatGoesWrongIsSaid() {
    QFETCH(QString, how);
    QFETCH(int, code);
    QFETCH(QByteArray, said);
    m_service->change([&](auto& state) {
      if (how == "none") state.models.clear();
      if (how == "right") state.right = v1::RIGHT_OBSERVE;
    });
    if (how == "gpu") answer({{failed("Card cannot be used. “lull doctor” says how to mend this")}});
    if (how == "long") answer({{failed(wire::kConversationTooLong)}});
    if (how == "failed") answer({{failed("Failed: no llama.cpp here: lull runtime install llama")}});
    const auto ran = lull(how == "unknown" ? QStringList{"chat", "-m", "huge", "Hi"} : QStringList{"chat", "Hi"});
    QCOMPARE(ran.code, code);
    QVERIFY2(ran.err.contains(said), ran.err);
    QCOMPARE(ran.out, QByteArray());
  }

  void aConversation() {
    answer(
        {{waiting("The model is being loaded"), thinking("hm"), text("Hello\x1b[2J"), done()}, {text("Two"), done()}});
    OnTerminal person(*m_service, {"chat"});
    QVERIFY(person.waitFor(kPrompt));
    person.forget();
    person.type("Hi\n");
    QVERIFY(person.waitFor("Hello [2J"));
    QVERIFY2(person.all().contains("\x1b[2mhm\x1b[0m"), person.all());
    QVERIFY(person.all().contains("The model is being loaded…"));
    QVERIFY(person.waitFor(kPrompt));
    person.type("What is 1 \\\n+ 1?\n");
    QVERIFY(person.waitFor("Two"));
    const auto messages = question(1)["messages"].toArray();
    QCOMPARE(messages.size(), 3);
    QCOMPARE(messages[1].toObject()["content"].toString(), QString("Hello\x1b[2J"));
    QCOMPARE(messages[2].toObject()["content"].toString(), QString("What is 1 \n+ 1?"));
    person.type("\x04");
    person.readToEnd();
    QCOMPARE(person.code(), 0);
    m_service->change([](auto& state) {
      QCOMPARE(state.chats.size(), std::size_t{1});
      QCOMPARE(state.chatsClosed, 1);
    });
  }

  void thinkingIsHidden() {
    OnTerminal person(*m_service, {"chat", "--no-thinking", "Hi"});
    const auto all = person.readToEnd();
    QVERIFY(all.contains("Hello"));
    QVERIFY(!all.contains("hm"));
  }

  void ctrlCStopsAnAnswerAndThenLeaves() {
    answer({{text("on and on")}, {text("Two"), done()}});
    OnTerminal person(*m_service, {"chat"});
    QVERIFY(person.waitFor(kPrompt));
    person.forget();
    person.type("Hi\n");
    QVERIFY(person.waitFor("on and on"));
    person.type("\x03");
    QVERIFY(person.waitFor(kPrompt));
    m_service->change([](auto& state) { QCOMPARE(state.unwatched, 1); });
    person.forget();
    person.type("And?\n");
    QVERIFY(person.waitFor("Two"));
    QCOMPARE(question(1)["messages"].toArray()[1].toObject()["content"].toString(), QString("on and on"));
    QVERIFY(person.waitFor(kPrompt));
    person.type("\x03");
    person.readToEnd();
    QCOMPARE(person.code(), 0);
    m_service->change([](auto& state) { QCOMPARE(state.chatsClosed, 1); });
  }

  // What comes then is there already, so nothing is left to stop.
  void ctrlCWithTheEndOfAnAnswerDoesNotLeave() {
    const std::string tall(45'000, '\n');  // more than a terminal takes before somebody reads it
    answer({{text(tall + "between"), text(tall), done()}, {text("Two"), done()}});
    OnTerminal person(*m_service, {"chat"});
    QVERIFY(person.waitFor(kPrompt));
    person.type("Hi\n");
    QVERIFY(m_service->waitForQuestions(1));  // the answer is sent as a whole
    QVERIFY(person.waitFor("between"));
    QVERIFY(person.waitForMore());  // so the end of the answer was read
    person.forget();
    person.interrupt();
    QVERIFY(person.waitFor(kPrompt));
    person.type("And?\n");
    QVERIFY(person.waitFor("Two"));
    m_service->change([](auto& state) { QCOMPARE(state.unwatched, 0); });
  }

  void aFileHasTheAnswersAlone() {
    QFile file(m_service->folder() + "/out");
    QVERIFY(file.open(QIODevice::ReadWrite));
    OnTerminal person(*m_service, {"chat"}, {}, file.handle());
    QVERIFY(person.waitFor("Ask something"));
    person.type("Hi\n");
    QVERIFY(m_service->waitForQuestions(1));
    person.type("/help\n");
    QVERIFY(person.waitFor("/save FILE"));
    person.type("\x04");
    person.readToEnd();
    QCOMPARE(person.code(), 0);
    QVERIFY(file.seek(0));
    QCOMPARE(file.readAll(), QByteArray("Hello\n"));
  }

  void aLineThatTheTerminalCutsIsSaid() {
    OnTerminal person(*m_service, {"chat"});
    QVERIFY(person.waitFor(kPrompt));
    person.forget();
    person.type(QByteArray(5000, 'x') + "\n");
    QVERIFY(person.waitFor("Hello"));
    QVERIFY2(person.all().contains("4,095 bytes"), person.all());
    QCOMPARE(question(0)["messages"].toArray()[0].toObject()["content"].toString(), QString(4095, 'x'));
  }

  void aLostServiceIsToldOnce() {
    OnTerminal person(*m_service, {"chat"});
    QVERIFY(person.waitFor(kPrompt));
    m_service.reset();
    person.type("Hi\n");
    const auto all = person.readToEnd();
    QVERIFY2(all.count("lull: ") == 1 && all.contains("has gone away"), all);
    QVERIFY(person.code() > 0);
  }

  void aQuestionThatIsTooLongIsAllThatIsForgotten() {
    answer({{text("One"), done()},
            {failed(wire::kConversationTooLong)},
            {failed(wire::kConversationTooLong)},
            {text("Three"), done()}});
    OnTerminal person(*m_service, {"chat"});
    person.type("first\n");
    QVERIFY(person.waitFor("One"));
    person.type("endless\n");
    QVERIFY(person.waitFor("ask it in parts"));
    person.type("third\n");
    QVERIFY(person.waitFor("Three"));
    QCOMPARE(question(3)["messages"].toArray().size(), 3);
    QCOMPARE(question(3)["messages"].toArray()[0].toObject()["content"].toString(), QString("first"));
  }

  void commands() {
    m_service->change([](auto& state) { state.models.push_back(makeModel("other", std::string(64, 'b'))); });
    answer({{text("Hello"), done()}, {text("Two"), done()}});
    OnTerminal person(*m_service, {"chat", "-m", "tiny"});
    const auto file = m_service->folder() + "/talk.md";
    person.type("/help\n");
    QVERIFY(person.waitFor("/save FILE"));
    person.type("Hi\n");
    QVERIFY(person.waitFor("Hello"));
    person.type(("/save " + file + "\n").toUtf8());
    QVERIFY(person.waitFor("Saved as"));
    QFile saved(file);
    QVERIFY(saved.open(QIODevice::ReadOnly));
    QCOMPARE(saved.readAll(), QByteArray("## Hi\n\nHello\n\n"));
    person.type(("/save " + file + "\n").toUtf8());
    QVERIFY(person.waitFor("is there already"));
    person.type("/model other\n");
    QVERIFY(person.waitFor("other from here on"));
    person.type("/clear\n");
    QVERIFY(person.waitFor("Forgotten"));
    person.type("/nonsense\n");
    QVERIFY(person.waitFor("no command /nonsense"));
    person.type("Again\n");
    QVERIFY(person.waitFor("Two"));
    QCOMPARE(question(1)["messages"].toArray().size(), 1);
    m_service->change([](auto& state) {
      QCOMPARE(state.chats.size(), std::size_t{2});
      QCOMPARE(state.chats[1].llama_chat().model(), std::string(64, 'b'));
      QCOMPARE(state.chatsClosed, 1);
    });
    person.type("/quit\n");
    person.readToEnd();
    QCOMPARE(person.code(), 0);
  }

  void whatIsTooLongIsLeftOut() {
    answer(
        {{text("One"), done()}, {failed(wire::kConversationTooLong)}, {text("Two"), done()}, {text("Three"), done()}});
    OnTerminal person(*m_service, {"chat"});
    person.type("first\n");
    QVERIFY(person.waitFor("One"));
    person.type("second\n");
    QVERIFY(person.waitFor("Two"));
    QVERIFY(person.all().contains("left out"));
    QCOMPARE(question(2)["messages"].toArray().size(), 1);
    person.type("third\n");
    QVERIFY(person.waitFor("Three"));
    QCOMPARE(question(3)["messages"].toArray().size(), 3);
  }

  void aLostConversationBeginsAgain() {
    answer({{text("One"), done()}, {text("Two"), done()}});
    OnTerminal person(*m_service, {"chat"});
    person.type("first\n");
    QVERIFY(person.waitFor("One"));
    m_service->change([](auto& state) { state.chats.emplace_back(); });  // the one it had is over
    person.type("second\n");
    QVERIFY(person.waitFor("Two"));
    m_service->change([](auto& state) { QCOMPARE(state.chats.size(), std::size_t{3}); });
    QCOMPARE(question(1)["messages"].toArray().size(), 3);
  }

  void aFailedQuestionIsForgotten() {
    answer({{failed("The model's program crashed")}, {text("Two"), done()}});
    OnTerminal person(*m_service, {"chat"});
    person.type("first\n");
    QVERIFY(person.waitFor("crashed"));
    person.type("second\n");
    QVERIFY(person.waitFor("Two"));
    QCOMPARE(question(1)["messages"].toArray().size(), 1);
  }

private:
  void answer(Answers answers) {
    m_service->change([&](auto& state) { state.answers = std::move(answers); });
  }
  QJsonObject question(std::size_t nth) {
    std::string body;
    m_service->change([&](auto& state) { body = state.questions.size() > nth ? state.questions[nth].body() : ""; });
    return QJsonDocument::fromJson(QByteArray::fromStdString(body)).object();
  }
};

QTEST_GUILESS_MAIN(TestChat)
#include "test_chat.moc"
