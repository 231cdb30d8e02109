// SPDX-License-Identifier: Apache-2.0
// What is sent of a conversation, and what a terminal is shown of a model's words.
#include "cli/chat/history.h"
#include "cli/format.h"

#include <QtTest>

using namespace lull::cli;

class TestHistory : public QObject {
  Q_OBJECT
private slots:
  void allOfItIsSent() {
    History history("Be brief");
    history.ask("Hi");
    history.answer("Hello");
    history.ask("What is 1 + 1?");
    QCOMPARE(history.body({.temperature = 0, .maxTokens = 5, .seed = 7}),
             std::string(R"({"max_tokens":5,"messages":[{"content":"Be brief","role":"system"},)"
                         R"({"content":"Hi","role":"user"},{"content":"Hello","role":"assistant"},)"
                         R"({"content":"What is 1 + 1?","role":"user"}],"seed":7,"temperature":0.0})"));
  }

  void theOldestIsLeftOut() {
    History history("");
    QVERIFY(!history.shorten());
    for (const char* question : {"one", "two", "three"}) {
      history.ask(question);
      history.answer(std::string("to ") + question);
    }
    history.ask("four");
    for (int i = 0; i < 3; ++i) QVERIFY(history.shorten());
    QVERIFY(!history.shorten());
    QCOMPARE(history.body({}), std::string(R"({"messages":[{"content":"four","role":"user"}]})"));
    history.answer("to four");
    history.ask("five");
    QVERIFY(history.body({}).find("to four") != std::string::npos);
    QVERIFY(history.body({}).find("three") == std::string::npos);
    QVERIFY(history.markdown().find("to one") != std::string::npos);  // what is saved is whole
  }

  void aQuestionIsTakenBack() {
    History history("");
    history.ask("one");
    history.takeBack();
    QVERIFY(history.isEmpty());
    history.ask("two");
    QCOMPARE(history.body({}), std::string(R"({"messages":[{"content":"two","role":"user"}]})"));
    history.clear();
    QVERIFY(history.isEmpty());
  }

  void aQuestionThatIsTooLongCostsNothing() {
    History history("");
    for (const char* question : {"one", "two"}) {
      history.ask(question);
      history.answer("yes");
    }
    history.ask("far too long");
    while (history.shorten()) {
    }
    QVERIFY(history.isShortened());
    history.takeBack();
    QVERIFY(!history.isShortened());
    // What an earlier question had left out stays so.
    history.ask("three");
    QVERIFY(history.shorten());
    history.answer("yes");
    history.ask("far too long");
    while (history.shorten()) {
    }
    history.takeBack();
    history.ask("four");
    QCOMPARE(history.body({}),
             std::string(R"({"messages":[{"content":"two","role":"user"},)"
                         R"({"content":"yes","role":"assistant"},{"content":"three","role":"user"},)"
                         R"({"content":"yes","role":"assistant"},{"content":"four","role":"user"}]})"));
  }

  void bytesThatAreNoTextAreReplaced() {
    History history("");
    history.ask("\xff");
    QVERIFY(history.body({}).find("\xEF\xBF\xBD") != std::string::npos);
  }

  void aModelCannotSteerTheTerminal() {
    QCOMPARE(harmlessText("a\tb\n\x1b[31mred\x1b]0;title\x07\r\x9b"),
             std::string("a\tb\n [31mred ]0;title  \xEF\xBF\xBD"));
    QCOMPARE(harmlessText("\xc2\x9b"
                          "31m"),
             std::string(" 31m"));  // a control character of two bytes
    QCOMPARE(harmlessText("\n\n"), std::string("\n\n"));
    QCOMPARE(harmlessText(""), std::string());
  }
};

QTEST_GUILESS_MAIN(TestHistory)
#include "test_history.moc"
