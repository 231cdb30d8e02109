// SPDX-License-Identifier: Apache-2.0
// What a batch's lines say, what is wrong with them, and how answers are written.
#include "runtimes/llama/answer.h"
#include "runtimes/llama/events.h"
#include "runtimes/llama/lines.h"
#include "runtimes/llama/reasoning.h"
#include "runtimes/llama/request.h"

#include <QTemporaryDir>
#include <QtTest>

#include <fstream>

using namespace lull;
using namespace lull::runtimes::llama;
using nlohmann::json;

namespace {

std::string line(const char* url, const std::string& body) {
  return R"({"custom_id":"a","method":"POST","url":")" + std::string(url) + R"(","body":)" + body + "}";
}
std::string chat(const std::string& more = "") {
  return line("/v1/chat/completions", R"({"messages":[{"role":"user","content":"hi"}])" + more + "}");
}

}  // namespace

class TestLines : public QObject {
  Q_OBJECT

private slots:
  void aLineIsRead_data();
  void aLineIsRead();
  void aWrongLineIsRefused_data();
  void aWrongLineIsRefused();
  void refusalsHaveOpenAisShape();
  void answersHaveOpenAisShape();
  void thinkingIsToldApart_data();
  void thinkingIsToldApart();
  void templatesWithOtherMarksAreLeftToTheServer();
  void eventsComeInPieces();
  void linesAreFound();
  void seedsOfRunsDiffer();
};

void TestLines::aLineIsRead_data() {
  QTest::addColumn<QString>("text");
  QTest::addColumn<int>("endpoint");
  QTest::addColumn<bool>("whole");
  const auto row = [](const char* name, const std::string& text, Endpoint endpoint, Way way) {
    QTest::newRow(name) << QString::fromStdString(text) << static_cast<int>(endpoint) << (way == Way::Whole);
  };
  row("chat", chat(), Endpoint::Chat, Way::Tokens);
  row("sampling", chat(R"(,"temperature":0.5,"seed":7,"top_p":0.9,"stop":["x"],"max_tokens":5)"), Endpoint::Chat,
      Way::Tokens);
  row("OpenAI's own bookkeeping", chat(R"(,"user":"u","metadata":{"a":"b"},"store":true,"model":"gpt-4o")"),
      Endpoint::Chat, Way::Tokens);
  row("null is absent", chat(R"(,"temperature":null,"tools":null)"), Endpoint::Chat, Way::Tokens);
  row("one answer", chat(R"(,"n":1,"logprobs":false,"stream":false)"), Endpoint::Chat, Way::Tokens);
  row("log-probabilities", chat(R"(,"logprobs":true,"top_logprobs":3)"), Endpoint::Chat, Way::Whole);
  row("a JSON schema", chat(R"(,"response_format":{"type":"json_object"})"), Endpoint::Chat, Way::Whole);
  row("tools", chat(R"(,"tools":[{"type":"function"}])"), Endpoint::Chat, Way::Whole);
  row("two answers", chat(R"(,"n":2)"), Endpoint::Chat, Way::Whole);
  row("text", line("/v1/completions", R"({"prompt":"once"})"), Endpoint::Completion, Way::Tokens);
  row("token numbers", line("/v1/completions", R"({"prompt":[1,2,3]})"), Endpoint::Completion, Way::Tokens);
  row("embedding", line("/v1/embeddings", R"({"input":["a","b"]})"), Endpoint::Embedding, Way::Whole);
}

void TestLines::aLineIsRead() {
  QFETCH(QString, text);
  QFETCH(int, endpoint);
  QFETCH(bool, whole);
  const auto read = readRequest(text.toStdString());
  QVERIFY(std::holds_alternative<Request>(read));
  const auto& request = std::get<Request>(read);
  QCOMPARE(request.customId, std::string("a"));
  QCOMPARE(static_cast<int>(request.endpoint), endpoint);
  QCOMPARE(request.way == Way::Whole, whole);
  QVERIFY(!request.body.contains("user") && !request.body.contains("model") && !request.body.contains("stream"));
}

void TestLines::aWrongLineIsRefused_data() {
  QTest::addColumn<QString>("text");
  QTest::addColumn<QString>("code");
  QTest::addColumn<QString>("parameter");
  const auto row = [](const char* name, const std::string& text, const char* code, const char* parameter) {
    QTest::newRow(name) << QString::fromStdString(text) << code << parameter;
  };
  row("no JSON", "hello", "invalid_json_line", "");
  row("cut off", chat().substr(0, 40), "invalid_json_line", "");
  row("a list", "[1]", "invalid_json_line", "");
  row("deep", std::string(100000, '['), "invalid_json_line", "");
  row("two objects", chat() + chat(), "invalid_json_line", "");
  row("bytes that are no text", "{\"custom_id\":\"\xff\"}", "invalid_json_line", "");
  row("long", std::string(kMaxLine + 1, ' '), "line_too_long", "");
  row("no id", R"({"method":"POST","url":"/v1/embeddings","body":{}})", "invalid_custom_id", "custom_id");
  row("a number as id", R"({"custom_id":7,"method":"POST","url":"/v1/embeddings","body":{}})", "invalid_custom_id",
      "custom_id");
  row("an unknown field", R"({"custom_id":"a","method":"POST","url":"/x","body":{},"extra":1})", "unknown_parameter",
      "extra");
  row("GET", R"({"custom_id":"a","method":"GET","url":"/v1/embeddings","body":{}})", "invalid_method", "method");
  row("another endpoint", line("/v1/images", "{}"), "invalid_url", "url");
  row("no body", R"({"custom_id":"a","method":"POST","url":"/v1/embeddings"})", "invalid_body", "body");
  row("an unknown parameter", chat(R"(,"n_predict":5)"), "unknown_parameter", "n_predict");
  row("a server's secret", chat(R"(,"lora":[])"), "unknown_parameter", "lora");
  row("another endpoint's parameter", chat(R"(,"prompt":"x")"), "unknown_parameter", "prompt");
  row("a text as temperature", chat(R"(,"temperature":"hot")"), "invalid_type", "temperature");
  row("a stream", chat(R"(,"stream":true)"), "invalid_value", "stream");
  row("no tokens", chat(R"(,"max_tokens":0)"), "invalid_value", "max_tokens");
  row("a seed too large", chat(R"(,"seed":4294967295)"), "invalid_value", "seed");
  row("no message", line("/v1/chat/completions", R"({"messages":[]})"), "missing_required_parameter", "messages");
  row("several prompts", line("/v1/completions", R"({"prompt":["a","b"]})"), "missing_required_parameter", "prompt");
  row("no input", line("/v1/embeddings", "{}"), "missing_required_parameter", "input");
}

void TestLines::aWrongLineIsRefused() {
  QFETCH(QString, text);
  QFETCH(QString, code);
  QFETCH(QString, parameter);
  const auto bytes = text.contains(QChar(0xfffd)) ? std::string("{\"custom_id\":\"\xff\"}") : text.toStdString();
  const auto read = readRequest(bytes);
  QVERIFY(std::holds_alternative<Refusal>(read));
  const auto& refusal = std::get<Refusal>(read);
  QCOMPARE(QString::fromStdString(refusal.code), code);
  QCOMPARE(QString::fromStdString(refusal.parameter), parameter);
  QVERIFY(!refusal.message.empty());
}

void TestLines::refusalsHaveOpenAisShape() {
  const auto made =
      lineOf({"t-1", 3}, Refusal{.customId = "", .message = "no", .parameter = "x", .code = "invalid_value"});
  const auto read = json::parse(made.text);
  QVERIFY(read["custom_id"].is_null() && read["error"].is_null());
  QCOMPARE(read["response"]["status_code"].get<int>(), 400);
  const auto& error = read["response"]["body"]["error"];
  QCOMPARE(error["message"].get<std::string>(), std::string("no"));
  QCOMPARE(error["param"].get<std::string>(), std::string("x"));
  QCOMPARE(error["type"].get<std::string>(), std::string("invalid_request_error"));
  QCOMPARE(made.usage.requests_failed(), 1U);
  const auto request = std::get<Request>(readRequest(chat()));
  const auto garbage = json::parse(lineOf({"t-1", 4}, request, Answer{200, "<html>"}).text)["response"];
  QCOMPARE(garbage["status_code"].get<int>(), 500);
  QCOMPARE(garbage["body"]["error"]["type"].get<std::string>(), std::string("server_error"));
  QCOMPARE(made.usage.requests(), 0U);
}

void TestLines::answersHaveOpenAisShape() {
  const auto request = std::get<Request>(readRequest(chat(R"(,"model":"m")")));
  const Generated generated{.text = "yes", .finish = "stop", .promptTokens = 5, .completionTokens = 2};
  const auto made = lineOf({"t-1", 3}, request, generated, "hi");
  const auto body = json::parse(made.text)["response"]["body"];
  QCOMPARE(body["object"].get<std::string>(), std::string("chat.completion"));
  QCOMPARE(body["model"].get<std::string>(), std::string("m"));
  QCOMPARE(body["choices"][0]["message"]["content"].get<std::string>(), std::string("yes"));
  QVERIFY(!body["choices"][0]["message"].contains("reasoning_content"));
  QCOMPARE(body["choices"][0]["finish_reason"].get<std::string>(), std::string("stop"));
  QCOMPARE(body["usage"]["total_tokens"].get<int>(), 7);
  QCOMPARE(made.usage.prompt(), 5U);
  QCOMPARE(made.usage.completion(), 2U);
  QCOMPARE(made.usage.requests(), 1U);
}

void TestLines::thinkingIsToldApart_data() {
  QTest::addColumn<QString>("prompt");
  QTest::addColumn<QString>("answer");
  QTest::addColumn<QString>("reasoning");
  QTest::addColumn<QString>("content");
  QTest::newRow("no thinking") << "u"
                               << " a b "
                               << ""
                               << " a b ";
  QTest::newRow("begun by the model") << "u"
                                      << "<think>\nhm\n</think>\n\nyes"
                                      << "hm"
                                      << "yes";
  QTest::newRow("begun by the template") << "u<think>\n"
                                         << "hm\n</think>\n\nyes"
                                         << "hm"
                                         << "yes";
  QTest::newRow("cut off") << "u<think>\n"
                           << "hm and"
                           << "hm and"
                           << "";
  QTest::newRow("switched off") << "u<think>\n\n</think>\n\n"
                                << "yes"
                                << ""
                                << "yes";
  QTest::newRow("a mark in the text") << "u"
                                      << "say <think> twice"
                                      << ""
                                      << "say <think> twice";
}

void TestLines::thinkingIsToldApart() {
  QFETCH(QString, prompt);
  QFETCH(QString, answer);
  QFETCH(QString, reasoning);
  QFETCH(QString, content);
  const auto spoken = toldApart(prompt.toStdString(), answer.toStdString());
  QCOMPARE(QString::fromStdString(spoken.reasoning), reasoning);
  QCOMPARE(QString::fromStdString(spoken.content), content);
}

void TestLines::templatesWithOtherMarksAreLeftToTheServer() {
  QVERIFY(canTellApart("{{ '<think>' }}"));
  QVERIFY(canTellApart(""));
  QVERIFY(!canTellApart("{{ '<|channel|>analysis' }}"));
}

void TestLines::eventsComeInPieces() {
  Events events;
  const std::string all = ": ping\r\ndata: {\"a\":1}\r\n\r\nevent: x\ndata:two\n\ndata: rest";
  std::vector<std::string> got;
  for (const char c : all) {
    events.feed({&c, 1});
    while (auto event = events.next()) got.push_back(*event);
  }
  QCOMPARE(got, (std::vector<std::string>{"{\"a\":1}", "two"}));
}

void TestLines::linesAreFound() {
  const QTemporaryDir folder;
  const auto file = std::filesystem::path(folder.path().toStdString()) / "f";
  std::ofstream(file) << "one\r\n\n  \t\ntwo\nthree";
  const auto lines = Lines::open(file, 10);
  QVERIFY(lines.ok());
  QCOMPARE(lines->size(), 3U);
  QCOMPARE(lines->read(1, 100).value(), std::string("two"));
  QCOMPARE(lines->read(2, 100).value(), std::string("three"));
  QCOMPARE(lines->read(2, 2).value(), std::string("thr"));
  QVERIFY(Lines::open(file, 2).error().kind() == Error::Kind::TooBig);
  QVERIFY(Lines::open(file.parent_path() / "none", 2).error().kind() == Error::Kind::NotFound);
}

void TestLines::seedsOfRunsDiffer() {
  QCOMPARE(seedOf(42, 0), 42U);
  QVERIFY(seedOf(42, 64) != seedOf(42, 128));
  QVERIFY(seedOf(42, 64) != seedOf(43, 64));
  QCOMPARE(seedOf(42, 64), seedOf(42, 64));
}

QTEST_GUILESS_MAIN(TestLines)
#include "test_lines.moc"
