// SPDX-License-Identifier: Apache-2.0
// Whole batches through lull-llama and Debian's llama.cpp, on the processor: the answers are those of a plain
// llama-server, and whatever interrupts them changes nothing.
#include "fakes/test_worker.h"
#include "llama/model.h"
#include "llama/need.h"
#include "llama/program.h"
#include "llama/server.h"

#include <nlohmann/json.hpp>

#include <QTemporaryDir>
#include <QtTest>

#include <signal.h>

#include <fstream>
#include <sstream>
#include <thread>

using namespace lull;
using namespace std::chrono_literals;
using fakes::FromWorker;
using fakes::TestWorker;
using nlohmann::json;

namespace {

constexpr int kLong = 2000;  // tokens
constexpr const char* kNoGpu = "VK_DRIVER_FILES=/nonexistent";

std::string chat(const std::string& id, const std::string& text, json more = json::object()) {
  more["messages"] = json::array({{{"role", "user"}, {"content", text}}});
  return json{{"custom_id", id}, {"method", "POST"}, {"url", "/v1/chat/completions"}, {"body", more}}.dump() + "\n";
}
std::string completion(const std::string& id, const std::string& text, json more = json::object()) {
  more["prompt"] = text;
  return json{{"custom_id", id}, {"method", "POST"}, {"url", "/v1/completions"}, {"body", more}}.dump() + "\n";
}

// So much more likely than any other token, and all the same to the last bit of a float: the answers are letters, and
// do not depend on how a model of random weights was rounded this time.
json letters() {
  json out = json::array();
  for (int token = 'a'; token <= 'z'; ++token) out.push_back({token, 1e10});
  return out;
}

// The first process found that this one started; 0: none.
pid_t childOf(pid_t parent) {
  for (const auto& entry : std::filesystem::directory_iterator("/proc")) {
    std::ifstream file(entry.path() / "stat");
    std::string text;
    if (!std::getline(file, text)) continue;
    std::istringstream fields(text.substr(text.rfind(')') + 2));
    char state = 0;
    pid_t found = 0;
    fields >> state >> found;
    if (found == parent && state != 'Z') return std::stoi(entry.path().filename());
  }
  return 0;
}

// Past the scripts around it.
pid_t innermost(pid_t pid) {
  for (pid_t inner = pid; inner != 0; inner = childOf(pid)) pid = inner;
  return pid;
}

}  // namespace

class TestBatch : public QObject {
  Q_OBJECT

private slots:
  void initTestCase();
  void init() { m_folder = std::make_unique<QTemporaryDir>(); }
  void answersAreThoseOfAPlainServer();
  void longTextsAreEmbedded();
  void aFullContextEndsAnAnswer();
  void linesFailOneByOne();
  void anInterruptedBatchIsTheUndisturbed_data();
  void anInterruptedBatchIsTheUndisturbed();
  void aCrashOfTheServerCostsNothing();
  void aRequestThatCrashesTheServerGetsAnErrorLine();
  void aLossIsNobodysFault_data();
  void aLossIsNobodysFault();
  void whatCannotBeDoneIsSaid_data();
  void whatCannotBeDoneIsSaid();

private:
  worker::v1::Start startFor(const std::string& requests);
  worker::v1::Start longAnswers(int requests);
  std::unique_ptr<TestWorker> worker(const worker::v1::Start& start, std::vector<std::string> more = {});
  std::vector<json> results() const;
  // The process number; 0: there was none to kill. `other`: the one that was killed before.
  pid_t killServerOnceItAnswers(const TestWorker& run, pid_t other) const;
  std::filesystem::path folder() const { return m_folder->path().toStdString(); }
  std::filesystem::path work() const { return folder() / "t-batch" / "work"; }
  std::filesystem::path out() const { return folder() / "t-batch" / "out"; }
  QTemporaryDir m_models;
  std::filesystem::path m_model;
  std::filesystem::path m_slowModel;
  std::unique_ptr<QTemporaryDir> m_folder;
};

void TestBatch::initTestCase() {
  LULL_NEED_LLAMA();
  m_model = std::filesystem::path(m_models.path().toStdString()) / "model.gguf";
  m_slowModel = m_model.parent_path() / "slow.gguf";
  QVERIFY(llama::writeModel(m_model, llama::kTiny));
  QVERIFY(llama::writeModel(m_slowModel, llama::kSmall));
}

worker::v1::Start TestBatch::startFor(const std::string& requests) {
  for (const auto& each : {work(), out(), folder() / "blobs"}) std::filesystem::create_directories(each);
  worker::v1::Start start;
  auto& batch = *start.mutable_spec()->mutable_llama_batch();
  batch.mutable_requests()->set_inline_(requests);
  batch.set_context(512);
  start.set_task_id("t-batch");
  start.set_work_dir(work());
  start.set_output_dir(out());
  start.set_blob_dir(folder() / "blobs");
  start.set_checkpoint_every_s(1);
  auto& where = *start.mutable_llama();
  where.set_model_file(m_model);
  where.add_start((llama::rootFolder() / "start").string());
  where.set_on_cpu(true);
  return start;
}

std::unique_ptr<TestWorker> TestBatch::worker(const worker::v1::Start& start, std::vector<std::string> more) {
  more.emplace_back(kNoGpu);
  return std::make_unique<TestWorker>(start,
                                      TestWorker::Options{.environment = std::move(more), .program = "lull-llama"});
}

std::vector<json> TestBatch::results() const {
  std::ifstream file(out() / "results.jsonl");
  std::vector<json> out;
  for (std::string line; std::getline(file, line);) out.push_back(json::parse(line));
  return out;
}

pid_t TestBatch::killServerOnceItAnswers(const TestWorker& run, pid_t other) const {
  const auto journal = work() / "journal";
  const auto size = [&journal]() -> std::uintmax_t {
    std::error_code code;
    const auto bytes = std::filesystem::file_size(journal, code);
    return code ? 0 : bytes;
  };
  const auto end = std::chrono::steady_clock::now() + fakes::kPatience;
  pid_t pid = 0;
  while ((pid = childOf(run.pid())) == 0 || pid == other) {
    if (std::chrono::steady_clock::now() > end) return 0;
    std::this_thread::yield();
  }
  const auto before = size();  // all that was written before this server began
  while (std::chrono::steady_clock::now() < end) {
    if (size() > before) {
      ::kill(innermost(pid), SIGKILL);
      return pid;
    }
    std::this_thread::yield();
  }
  return 0;
}

void TestBatch::answersAreThoseOfAPlainServer() {
  const json greedy{{"temperature", 0}, {"max_tokens", 40}};
  const json chance{{"temperature", 0.9}, {"seed", 7}, {"max_tokens", 50}};
  const json stopped{{"temperature", 0}, {"max_tokens", 200}, {"stop", {"an", "th", "e"}}};
  const json listed{{"temperature", 0}, {"max_tokens", 5}, {"logprobs", true}, {"top_logprobs", 2}};
  const std::vector<std::pair<std::string, std::string>> asked{
      {"greedy", chat("greedy", "the hen", greedy)},
      {"chance", chat("chance", "the hen", chance)},
      {"stopped", chat("stopped", "and then", stopped)},
      {"text", completion("text", "once upon a time", greedy)},
      {"listed", chat("listed", "the hen", listed)},
      {"embedding", R"({"custom_id":"embedding","method":"POST","url":"/v1/embeddings","body":{"input":"the hen"}})"
                    "\n"}};
  std::string requests;
  for (const auto& [id, line] : asked) requests += line;
  const auto run = worker(startFor(requests));
  const auto last = run->last();
  QVERIFY(last && last->has_finished());
  QCOMPARE(last->finished().outputs(0).name(), std::string("results.jsonl"));
  const auto got = results();
  QCOMPARE(got.size(), asked.size());

  llama::Server plain(m_model, folder(), {.environment = {kNoGpu}});
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

void TestBatch::longTextsAreEmbedded() {
  std::string text;
  while (text.size() < 4000) text += "q" + std::to_string(text.size()) + " ";
  const auto embedding = [](const std::string& id, const std::string& input) {
    return json{{"custom_id", id}, {"method", "POST"}, {"url", "/v1/embeddings"}, {"body", {{"input", input}}}}.dump() +
           "\n";
  };
  auto start = startFor(embedding("long", text) + embedding("longer", text + "and more"));
  start.mutable_spec()->mutable_llama_batch()->set_context(4096);
  start.mutable_spec()->mutable_llama_batch()->set_parallel(3);
  const auto run = worker(start);
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
void TestBatch::aFullContextEndsAnAnswer() {
  std::string requests;
  for (int length = 61; length <= 67; ++length) {
    const json tokens(std::vector<int>(static_cast<std::size_t>(length), 'q'));
    const json body{{"prompt", tokens}, {"temperature", 1.1}, {"seed", 5}, {"logit_bias", letters()}};
    requests +=
        json{{"custom_id", std::to_string(length)}, {"method", "POST"}, {"url", "/v1/completions"}, {"body", body}}
            .dump() +
        "\n";
  }
  const auto run = worker(startFor(requests));
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

void TestBatch::linesFailOneByOne() {
  const auto tooLong = std::string(4000, 'x');
  const auto run = worker(startFor("nonsense\n" + chat("twice", "a", {{"max_tokens", 2}}) +
                                   chat("twice", "b", {{"max_tokens", 2}}) + chat("long", tooLong) +
                                   chat("role", "a", {{"messages", 7}}) + chat("good", "a", {{"max_tokens", 2}})));
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

void TestBatch::anInterruptedBatchIsTheUndisturbed_data() {
  QTest::addColumn<bool>("evicted");
  QTest::newRow("evicted") << true;
  QTest::newRow("killed") << false;
}

void TestBatch::anInterruptedBatchIsTheUndisturbed() {
  QFETCH(bool, evicted);
  std::string requests;
  for (int i = 0; i < 10; ++i) {
    const auto id = std::to_string(i);
    // Nothing is sorted: which of equals comes first would depend on all others.
    json greedy{{"temperature", 0}, {"max_tokens", 300}, {"logit_bias", letters()}, {"top_k", 0}, {"top_p", 1}};
    greedy["min_p"] = 0;
    json chance = greedy;
    chance["temperature"] = 1.1;
    requests += completion("g" + id, "once " + id, greedy) + completion("c" + id, "once " + id, chance);
  }
  const auto start = startFor(requests);
  QVERIFY(worker(start)->last()->has_finished());
  const auto undisturbed = results();
  QCOMPARE(undisturbed.size(), 20U);
  std::filesystem::remove_all(folder() / "t-batch");

  static_cast<void>(startFor(requests));
  int interruptions = 0;
  const auto journal = work() / "journal";
  const auto sizeOf = [&journal] {
    std::error_code code;
    const auto size = std::filesystem::file_size(journal, code);
    return code ? 0 : size;
  };
  for (;;) {
    const auto before = sizeOf();
    const auto run = worker(start);
    // Each life gets somewhere before it is cut short.
    bool finished = false;
    while (!finished && sizeOf() < before + 300) {
      const auto message = run->next(1ms);
      finished = message && message->has_finished();
    }
    if (finished) break;
    ++interruptions;
    if (!evicted) {
      run->kill();
      continue;
    }
    run->evict();
    const auto last = run->last();
    QVERIFY(last.has_value());
    if (last->has_finished()) break;
    QVERIFY(last->evicted().saved());
  }
  QVERIFY(interruptions >= 2);
  const auto got = results();
  QCOMPARE(got.size(), undisturbed.size());
  for (std::size_t i = 0; i < got.size(); ++i) {
    const json& ours = got[i]["response"]["body"];
    const json& theirs = undisturbed[i]["response"]["body"];
    QVERIFY2(ours["choices"] == theirs["choices"], (ours.dump() + "\n" + theirs.dump()).c_str());
    QVERIFY(ours["usage"] == theirs["usage"]);
  }
}

// Answers long enough that the journal grows while they are made.
worker::v1::Start TestBatch::longAnswers(int requests) {
  std::string lines;
  for (int i = 0; i < requests; ++i) {
    const json endless{{"temperature", 0}, {"max_tokens", kLong}, {"logit_bias", letters()}};
    lines += completion(std::to_string(i), "once", endless);
  }
  auto start = startFor(lines);
  start.mutable_spec()->mutable_llama_batch()->set_context(kLong + 100);
  start.mutable_llama()->set_model_file(m_slowModel);
  return start;
}

void TestBatch::aCrashOfTheServerCostsNothing() {
  const auto run = worker(longAnswers(3));
  QVERIFY(killServerOnceItAnswers(*run, 0) > 0);
  const auto last = run->last();
  QVERIFY(last && last->has_finished());
  QCOMPARE(last->finished().usage().requests(), 3U);
  for (const json& line : results()) QCOMPARE(line["response"]["body"]["usage"]["completion_tokens"].get<int>(), kLong);
}

void TestBatch::aRequestThatCrashesTheServerGetsAnErrorLine() {
  const auto run = worker(longAnswers(1));
  const auto first = killServerOnceItAnswers(*run, 0);
  QVERIFY(first > 0);
  QVERIFY(killServerOnceItAnswers(*run, first) > 0);
  const auto last = run->last();
  QVERIFY(last && last->has_finished());
  QCOMPARE(last->finished().usage().requests_failed(), 1U);
  QCOMPARE(results()[0]["response"]["status_code"].get<int>(), 500);
  QCOMPARE(results()[0]["custom_id"].get<std::string>(), std::string("0"));
}

void TestBatch::aLossIsNobodysFault_data() {
  QTest::addColumn<QString>("end");
  QTest::addColumn<bool>("answers");
  QTest::addColumn<int>("kind");
  const int device = v1::Failure::KIND_DEVICE_LOST;
  const int died = v1::Failure::KIND_WORKER_DIED;
  const QString lost = "echo 'vk::Queue::submit: ErrorDeviceLost' >&2; exit 1";
  QTest::newRow("the GPU, at once") << lost << false << device;
  QTest::newRow("the GPU, meanwhile") << lost << true << device;
  QTest::newRow("the service, at once") << "exit 75" << false << died;
  QTest::newRow("the service, meanwhile") << "exit 75" << true << died;
}

// Not even a request that was under way: a crash after it is its first.
void TestBatch::aLossIsNobodysFault() {
  QFETCH(QString, end);
  QFETCH(bool, answers);
  QFETCH(int, kind);
  const auto start = longAnswers(1);
  const auto script = folder() / "start";
  std::ofstream(script) << "#!/bin/sh\n"
                        << (answers ? "'" + start.llama().start(0) + "' \"$@\"\n" : std::string()) << end.toStdString()
                        << "\n";
  std::filesystem::permissions(script, std::filesystem::perms::owner_all);
  auto losing = start;
  losing.mutable_llama()->set_start(0, script);
  {
    const auto run = worker(losing);
    if (answers) QVERIFY(killServerOnceItAnswers(*run, 0) > 0);
    const auto last = run->last();
    QVERIFY(last && last->has_failed());
    QVERIFY2(last->failed().failure().kind() == kind, last->ShortDebugString().c_str());
  }
  const auto run = worker(start);
  if (answers) QVERIFY(killServerOnceItAnswers(*run, 0) > 0);
  const auto last = run->last();
  QVERIFY(last && last->has_finished());
  QCOMPARE(last->finished().usage().requests(), 1U);
}

void TestBatch::whatCannotBeDoneIsSaid_data() {
  QTest::addColumn<QString>("what");
  QTest::addColumn<int>("kind");
  QTest::newRow("no request") << "empty" << static_cast<int>(v1::Failure::KIND_BAD_TASK);
  QTest::newRow("no model") << "model" << static_cast<int>(v1::Failure::KIND_BAD_TASK);
  QTest::newRow("too big") << "big" << static_cast<int>(v1::Failure::KIND_TOO_BIG);
  QTest::newRow("no llama.cpp") << "program" << static_cast<int>(v1::Failure::KIND_STORAGE);
}

void TestBatch::whatCannotBeDoneIsSaid() {
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
  const auto run = worker(start);
  const auto last = run->last();
  QVERIFY(last && last->has_failed());
  QCOMPARE(static_cast<int>(last->failed().failure().kind()), kind);
  QVERIFY(last->failed().failure().message().size() > 20);
  if (what == "big")
    QVERIFY(last->failed().failure().message().find("5.4 GB, this device grants 3.0 GB") != std::string::npos);
}

QTEST_GUILESS_MAIN(TestBatch)
#include "test_batch.moc"
