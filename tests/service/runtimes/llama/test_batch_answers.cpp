// SPDX-License-Identifier: Apache-2.0
// What whole batches bring: the answers of a plain llama-server, and for each line that cannot be answered its reason.
#include "llama/server.h"
#include "service/runtimes/llama/batch_test.h"

#include <QtTest>

using namespace lull;
using namespace std::chrono_literals;
using namespace lull::test;
using fakes::TestWorker;
using nlohmann::json;

class TestBatchAnswers : public BatchTest {
  Q_OBJECT

private slots:
  void answersAreThoseOfAPlainServer();
  void longTextsAreEmbedded();
  void aFullContextEndsAnAnswer();
  void linesFailOneByOne();
  void whatCannotBeDoneIsSaid_data();
  void whatCannotBeDoneIsSaid();
};

void TestBatchAnswers::answersAreThoseOfAPlainServer() {
  const json greedy{{"temperature", 0}, {"max_tokens", 40}};
  const json chance{{"temperature", 0.9}, {"seed", 7}, {"max_tokens", 50}};
  const json stopped{{"temperature", 0}, {"max_tokens", 200}, {"stop", {"an", "th", "e"}}};
  const json listed{{"temperature", 0}, {"max_tokens", 5}, {"logprobs", true}, {"top_logprobs", 2}};
  const std::vector<std::pair<std::string, std::string>> asked{
      {"greedy", chat("greedy", "the hen", greedy)},     {"chance", chat("chance", "the hen", chance)},
      {"stopped", chat("stopped", "and then", stopped)}, {"text", completion("text", "once upon a time", greedy)},
      {"listed", chat("listed", "the hen", listed)},     {"embedding", embedding("embedding", "the hen")}};
  std::string requests;
  for (const auto& [id, line] : asked) requests += line;
  const auto run = workerOnProcessor(startFor(requests));
  const auto last = run->last();
  QVERIFY(last && last->has_finished());
  QCOMPARE(last->finished().outputs(0).name(), std::string("results.jsonl"));
  const auto got = results();
  QCOMPARE(got.size(), asked.size());

  llama::Server plain(model(), folder(), {.environment = {kNoGpu}});
  QVERIFY(plain.waitReady(60s));
  std::uint64_t prompt = 0;
  std::uint64_t completionTokens = 0;
  for (std::size_t i = 0; i < asked.size(); ++i) {
    const json line = json::parse(asked[i].second);
    QCOMPARE(got[i]["custom_id"].get<std::string>(), asked[i].first);
    QVERIFY2(got[i]["response"]["status_code"] == 200, got[i].dump().c_str());
    const json& body = got[i]["response"]["body"];
    prompt += body["usage"]["prompt_tokens"].get<std::uint64_t>();
    completionTokens += body["usage"].value("completion_tokens", std::uint64_t{0});
    if (asked[i].first == "embedding") {
      QVERIFY(body["data"][0]["embedding"].size() > 10);
      continue;
    }
    const auto expected = plain.ask(line["url"].get<std::string>(), line["body"].dump());
    QVERIFY(expected.has_value());
    const json theirs = json::parse(*expected);
    for (const char* key : {"prompt_tokens", "completion_tokens", "total_tokens"}) {
      QCOMPARE(body["usage"][key].get<int>(), theirs["usage"][key].get<int>());
    }
    for (const char* key : {"message", "text", "finish_reason", "logprobs"}) {
      const auto& choice = body["choices"][0];
      const auto& theirChoice = theirs["choices"][0];
      if (choice.value(key, json()) != theirChoice.value(key, json())) {
        qWarning() << asked[i].first.c_str() << choice.dump().c_str() << theirChoice.dump().c_str();
      }
      QVERIFY(choice.value(key, json()) == theirChoice.value(key, json()));
    }
  }
  QCOMPARE(last->finished().usage().prompt(), prompt);
  QCOMPARE(last->finished().usage().completion(), completionTokens);
  QCOMPARE(last->finished().usage().requests(), asked.size());
}

void TestBatchAnswers::longTextsAreEmbedded() {
  std::string text;
  while (text.size() < 4000) text += "q" + std::to_string(text.size()) + " ";
  auto start = startFor(embedding("long", text) + embedding("longer", text + "and more"));
  start.mutable_spec()->mutable_llama_batch()->set_context(4096);
  start.mutable_spec()->mutable_llama_batch()->set_parallel(3);
  const auto run = workerOnProcessor(start);
  const auto last = run->last();
  QVERIFY(last.has_value());
  QVERIFY2(last->has_finished(), last->ShortDebugString().c_str());
  const auto got = results();
  for (const json& line : got) {
    QVERIFY2(line["response"]["status_code"] == 200, line.dump().c_str());
    QVERIFY(line["response"]["body"]["usage"]["prompt_tokens"].get<int>() > 1000);
    QVERIFY(line["response"]["body"]["data"][0]["embedding"].size() > 10);
  }
  QCOMPARE(got.size(), 2U);
}

// Wherever that happens: also where a run ends.
void TestBatchAnswers::aFullContextEndsAnAnswer() {
  std::string requests;
  for (int length = 61; length <= 67; ++length) {
    const json tokens(std::vector<int>(static_cast<std::size_t>(length), 'q'));
    const json body{{"prompt", tokens}, {"temperature", 1.1}, {"seed", 5}, {"logit_bias", letters()}};
    requests +=
        json{{"custom_id", std::to_string(length)}, {"method", "POST"}, {"url", "/v1/completions"}, {"body", body}}
            .dump() +
        "\n";
  }
  const auto run = workerOnProcessor(startFor(requests));
  const auto last = run->last();
  QVERIFY(last && last->has_finished());
  for (const json& line : results()) {
    const json& body = line["response"]["body"];
    QVERIFY2(line["response"]["status_code"] == 200, line.dump().c_str());
    QCOMPARE(body["choices"][0]["finish_reason"].get<std::string>(), std::string("length"));
    QVERIFY2(body["usage"]["total_tokens"].get<int>() >= 511, line.dump().c_str());
    QCOMPARE(body["choices"][0]["text"].get<std::string>().size(),
             body["usage"]["completion_tokens"].get<std::size_t>());
  }
}

void TestBatchAnswers::linesFailOneByOne() {
  const auto tooLong = std::string(4000, 'x');
  const auto run = workerOnProcessor(
      startFor("nonsense\n" + chat("twice", "a", {{"max_tokens", 2}}) + chat("twice", "b", {{"max_tokens", 2}}) +
               chat("long", tooLong) + chat("role", "a", {{"messages", 7}}) + chat("good", "a", {{"max_tokens", 2}})));
  const auto last = run->last();
  QVERIFY(last && last->has_finished());
  const auto got = results();
  QCOMPARE(got.size(), 6U);
  const auto statusOf = [&](std::size_t i) { return got[i]["response"]["status_code"].get<int>(); };
  const auto errorOf = [&](std::size_t i) { return got[i]["response"]["body"]["error"]; };
  QCOMPARE(errorOf(0)["code"].get<std::string>(), std::string("invalid_json_line"));
  QCOMPARE(statusOf(1), 200);
  QCOMPARE(errorOf(2)["code"].get<std::string>(), std::string("duplicate_custom_id"));
  QCOMPARE(statusOf(3), 400);
  QCOMPARE(errorOf(3)["type"].get<std::string>(), std::string("exceed_context_size_error"));
  QCOMPARE(statusOf(5), 200);
  QCOMPARE(last->finished().usage().requests(), 3U);
  QCOMPARE(last->finished().usage().requests_failed(), 3U);
}

void TestBatchAnswers::whatCannotBeDoneIsSaid_data() {
  QTest::addColumn<QString>("what");
  QTest::addColumn<int>("kind");
  QTest::newRow("no request") << "empty" << static_cast<int>(v1::Failure::KIND_BAD_TASK);
  QTest::newRow("no model") << "model" << static_cast<int>(v1::Failure::KIND_BAD_TASK);
  QTest::newRow("too big") << "big" << static_cast<int>(v1::Failure::KIND_TOO_BIG);
  QTest::newRow("no llama.cpp") << "program" << static_cast<int>(v1::Failure::KIND_STORAGE);
}

void TestBatchAnswers::whatCannotBeDoneIsSaid() {
  QFETCH(QString, what);
  QFETCH(int, kind);
  auto start = startFor(what == "empty" ? " \n" : chat("a", "b"));
  if (what == "model") start.mutable_llama()->set_model_file(folder() / "none.gguf");
  if (what == "program") start.mutable_llama()->set_start(0, folder() / "none");
  if (what == "big") {
    start.mutable_llama()->set_weight_bytes(5'200'000'000);
    start.mutable_llama()->set_work_bytes(192ULL << 20U);
    start.set_memory_limit(3'000'000'000);
  }
  const auto run = workerOnProcessor(start);
  const auto last = run->last();
  QVERIFY(last && last->has_failed());
  QCOMPARE(static_cast<int>(last->failed().failure().kind()), kind);
  QVERIFY(last->failed().failure().message().size() > 20);
  if (what == "big")
    QVERIFY(last->failed().failure().message().find("5.4 GB, this device grants 3.0 GB") != std::string::npos);
}

QTEST_GUILESS_MAIN(TestBatchAnswers)
#include "test_batch_answers.moc"
