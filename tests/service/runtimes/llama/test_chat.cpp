// SPDX-License-Identifier: Apache-2.0
// A conversation through lull-llama and Debian's llama.cpp, on the processor: it answers as a plain llama-server does,
// stops when it is told to, and leaves nothing behind.
#include "llama/endings.h"
#include "llama/need.h"
#include "llama/program.h"
#include "llama/server.h"
#include "service/runtimes/llama/on_processor.h"
#include "wire/chat_words.h"

#include <nlohmann/json.hpp>

#include <QTemporaryDir>
#include <QtTest>

#include <signal.h>

#include <fstream>
#include <sstream>

using namespace lull;
using namespace std::chrono_literals;
using namespace lull::test;
using fakes::FromWorker;
using fakes::TestWorker;
using nlohmann::json;

namespace {

constexpr const char* kSecret = "What is 12 + 30? Xylophonkonzert";

json question(const std::string& text, json more = json::object()) {
  more["messages"] = json::array({{{"role", "user"}, {"content", text}}});
  more["temperature"] = 0;
  return more;
}

std::filesystem::path model() {
  return std::filesystem::path(qEnvironmentVariable("LULL_SOURCE_DIR").toStdString()) / "assets/models/lull-tiny.gguf";
}

struct Answer {
  std::string text;
  std::string error;
  v1::TokenUsage usage;
  int parts = 0;
  bool ended = false;
};

}  // namespace

class TestChat : public QObject {
  Q_OBJECT
private slots:
  void initTestCase();
  void init() { m_folder = std::make_unique<QTemporaryDir>(); }
  void cleanup() { m_worker.reset(); }
  void itAnswersAsAPlainServerDoes();
  void whatIsWrongIsSaid_data();
  void whatIsWrongIsSaid();
  void aQuestionWaitsForTheModel();
  void anAnswerIsStopped();
  void theNextMayBeAskedAtOnce();
  void oneQuestionAtATime();
  void closingEndsIt();
  void evictionEndsItAndCountsGoOn();
  void aCrashIsSaidAndTheNextQuestionAnswered_data();
  void aCrashIsSaidAndTheNextQuestionAnswered();
  void aLossIsNotTheQuestionsFault_data();
  void aLossIsNotTheQuestionsFault();
  void theContextIsWhatFits_data();
  void theContextIsWhatFits();
  void nothingIsWritten();

private:
  [[nodiscard]] worker::v1::Start startWith(std::uint32_t context) const;
  void begin(const worker::v1::Start& start);
  // `end`: commands that follow llama-server's end.
  void begin(std::uint32_t context = 512, const std::string& end = {});
  void ask(std::uint64_t id, const std::string& body);
  Answer answer(std::uint64_t id);
  std::filesystem::path folder() const { return m_folder->path().toStdString(); }
  std::unique_ptr<QTemporaryDir> m_folder;
  std::unique_ptr<TestWorker> m_worker;
};

void TestChat::initTestCase() { LULL_NEED_LLAMA(); }

worker::v1::Start TestChat::startWith(std::uint32_t context) const {
  auto start = startOnProcessor(folder(), model());
  start.mutable_spec()->mutable_llama_chat()->set_context(context);
  return start;
}

void TestChat::begin(const worker::v1::Start& start) {
  m_worker = workerOnProcessor(start);
  QVERIFY(m_worker->nextOf(FromWorker::kStarted));
}

void TestChat::begin(std::uint32_t context, const std::string& end) {
  auto start = startWith(context);
  if (!end.empty()) start.mutable_llama()->set_start(0, llama::startThatEnds(folder(), start.llama().start(0), end));
  begin(start);
}

void TestChat::ask(std::uint64_t id, const std::string& body) {
  worker::v1::ToWorker message;
  message.mutable_ask()->set_id(id);
  message.mutable_ask()->set_body(body);
  m_worker->send(message);
}

// What is said to this question until its end.
Answer TestChat::answer(std::uint64_t id) {
  Answer out;
  while (const auto message = m_worker->nextOf(FromWorker::kSaid)) {
    const auto& said = message->said();
    if (said.id() != id) continue;
    out.text += said.text();
    out.parts += said.text().empty() ? 0 : 1;
    out.error = said.error();
    out.usage = said.usage();
    out.ended = said.done() || !said.error().empty();
    if (out.ended) break;
  }
  return out;
}

void TestChat::itAnswersAsAPlainServerDoes() {
  llama::Server plain(model(), folder(), {.environment = {kNoGpu}});
  QVERIFY(plain.waitReady(60s));
  begin();
  std::uint64_t id = 0;
  json conversation = json::array();
  for (const char* text : {"What is 12 + 30?", "What is 7 + 5?", "Hello"}) {
    conversation.push_back({{"role", "user"}, {"content", text}});
    const json body{{"messages", conversation}, {"temperature", 0}, {"max_tokens", 40}};
    const json theirs = json::parse(plain.ask("/v1/chat/completions", body.dump()).value_or("{}"));
    ask(++id, body.dump());
    const auto ours = answer(id);
    QVERIFY(ours.ended);
    QCOMPARE(ours.error, std::string());
    QCOMPARE(ours.text, theirs["choices"][0]["message"]["content"].get<std::string>());
    QCOMPARE(ours.usage.prompt(), theirs["usage"]["prompt_tokens"].get<std::uint64_t>());
    QCOMPARE(ours.usage.completion(), theirs["usage"]["completion_tokens"].get<std::uint64_t>());
    QVERIFY(ours.parts > 1);
    conversation.push_back({{"role", "assistant"}, {"content", ours.text}});
  }
}

void TestChat::whatIsWrongIsSaid_data() {
  QTest::addColumn<QString>("body");
  QTest::addColumn<QString>("said");
  const auto row = [](const char* name, const std::string& body, const char* said) {
    QTest::newRow(name) << QString::fromStdString(body) << QString(said);
  };
  row("no JSON", "{\"messages\": ", "not JSON");
  row("no messages", "{}", "messages: a list");
  row("unknown parameter", question("Hi", {{"surprise", 1}}).dump(), "surprise");
  row("a stream of its own", question("Hi", {{"stream", true}}).dump(), "stream");
  row("several answers", question("Hi", {{"n", 2}}).dump(), "one answer");
  row("more than the context", question(std::string(3000, 'a')).dump(), wire::kConversationTooLong.data());
  row("a closing bracket", "{}, \"url\": \"/v1/embeddings\"", "not JSON");
}
void TestChat::whatIsWrongIsSaid() {
  QFETCH(QString, body);
  QFETCH(QString, said);
  begin();
  ask(1, body.toStdString());
  const auto refused = answer(1);
  QVERIFY2(refused.error.find(said.toStdString()) != std::string::npos, refused.error.c_str());
  QCOMPARE(refused.usage.requests_failed(), std::uint64_t{1});
  ask(2, question("What is 1 + 1?", {{"max_tokens", 4}}).dump());  // and the next is answered
  QVERIFY(answer(2).ended);
}

void TestChat::aQuestionWaitsForTheModel() {
  begin();  // told as soon as the program runs, before the model is loaded
  ask(7, question("What is 2 + 2?", {{"max_tokens", 8}}).dump());
  const auto said = answer(7);
  QVERIFY(said.ended && said.error.empty() && !said.text.empty());
}

void TestChat::anAnswerIsStopped() {
  begin(32768);
  ask(1, question("Hello", {{"max_tokens", 30000}, {"ignore_eos", true}}).dump());
  QVERIFY(m_worker->nextOf(FromWorker::kSaid));
  worker::v1::ToWorker message;
  message.mutable_hush()->set_id(1);
  m_worker->send(message);
  const auto said = answer(1);
  QVERIFY(said.ended);
  QCOMPARE(said.error, std::string());
  ask(2, question("What is 2 + 3?", {{"max_tokens", 8}}).dump());
  QVERIFY(answer(2).ended);
}

void TestChat::theNextMayBeAskedAtOnce() {
  begin(32768);
  ask(1, question("Hello", {{"max_tokens", 30000}, {"ignore_eos", true}}).dump());
  QVERIFY(m_worker->nextOf(FromWorker::kSaid));
  worker::v1::ToWorker message;
  message.mutable_hush()->set_id(1);
  m_worker->send(message);
  ask(2, question("What is 2 + 3?", {{"max_tokens", 8}}).dump());
  const auto said = answer(2);
  QVERIFY(said.ended && said.error.empty() && !said.text.empty());
}

void TestChat::oneQuestionAtATime() {
  begin(32768);
  ask(1, question("Hello", {{"max_tokens", 30000}, {"ignore_eos", true}}).dump());
  QVERIFY(m_worker->nextOf(FromWorker::kSaid));
  ask(2, question("Hello").dump());
  QVERIFY(answer(2).error.find("one at a time") != std::string::npos);
}

void TestChat::closingEndsIt() {
  begin(32768);
  ask(1, question("Hello", {{"max_tokens", 30000}, {"ignore_eos", true}}).dump());
  QVERIFY(m_worker->nextOf(FromWorker::kSaid));
  worker::v1::ToWorker message;
  message.mutable_close();
  m_worker->send(message);
  const auto last = m_worker->last();
  QVERIFY(last && last->has_finished());
  QCOMPARE(last->finished().outputs_size(), 0);
  QVERIFY(m_worker->waitExit().has_value());
}

void TestChat::evictionEndsItAndCountsGoOn() {
  begin();
  ask(1, question("What is 2 + 3?", {{"max_tokens", 8}}).dump());
  const auto first = answer(1);
  QVERIFY(first.usage.prompt() > 0);
  m_worker->evict();
  const auto evicted = m_worker->last();
  QVERIFY(evicted && evicted->has_evicted());
  QVERIFY(evicted->evicted().saved());
  QVERIFY(m_worker->waitExit().has_value());
  begin();
  ask(2, question("What is 2 + 3?", {{"max_tokens", 8}}).dump());
  QCOMPARE(answer(2).text, first.text);
  worker::v1::ToWorker message;
  message.mutable_close();
  m_worker->send(message);
  const auto last = m_worker->last();
  QVERIFY(last && last->has_finished());
  QCOMPARE(last->finished().usage().requests(), std::uint64_t{2});
  QCOMPARE(last->finished().usage().prompt(), 2 * first.usage.prompt());
}

void TestChat::aCrashIsSaidAndTheNextQuestionAnswered_data() {
  QTest::addColumn<QString>("end");
  QTest::newRow("it ends") << "";
  QTest::newRow("only its connection does") << "exec tail -f /dev/null";
}
void TestChat::aCrashIsSaidAndTheNextQuestionAnswered() {
  QFETCH(QString, end);
  begin(32768, end.toStdString());
  ask(1, question("Hello", {{"max_tokens", 30000}, {"ignore_eos", true}}).dump());
  QVERIFY(m_worker->nextOf(FromWorker::kSaid));
  QCOMPARE(::kill(llama::innermost(m_worker->pid()), SIGUSR1), 0);
  QVERIFY(answer(1).error.find("crashed") != std::string::npos);
  ask(2, question("What is 2 + 3?", {{"max_tokens", 8}}).dump());
  const auto said = answer(2);
  QVERIFY(said.ended && said.error.empty());
}

void TestChat::aLossIsNotTheQuestionsFault_data() {
  QTest::addColumn<QString>("end");
  QTest::addColumn<int>("kind");
  QTest::newRow("the GPU") << "echo 'vk::Queue::submit: ErrorDeviceLost' >&2; exit 1"
                           << static_cast<int>(v1::Failure::KIND_DEVICE_LOST);
  QTest::newRow("memory") << "echo 'vk::Device::allocateMemory: ErrorOutOfDeviceMemory' >&2; exit 1"
                          << static_cast<int>(v1::Failure::KIND_OUT_OF_MEMORY);
  QTest::newRow("the computer's memory") << "kill -9 $$" << static_cast<int>(v1::Failure::KIND_OUT_OF_MEMORY);
  QTest::newRow("the service") << "exit 75" << static_cast<int>(v1::Failure::KIND_WORKER_DIED);
}
void TestChat::aLossIsNotTheQuestionsFault() {
  QFETCH(QString, end);
  QFETCH(int, kind);
  begin(32768, "echo Xylophonkonzert >&2; " + end.toStdString());
  ask(1, question("Hello", {{"max_tokens", 30000}, {"ignore_eos", true}}).dump());
  QVERIFY(m_worker->nextOf(FromWorker::kSaid));
  QCOMPARE(::kill(llama::innermost(m_worker->pid()), SIGKILL), 0);
  std::optional<FromWorker> last;
  while ((last = m_worker->next()) && !last->has_failed()) {
    QVERIFY2(last->said().error().empty(), last->ShortDebugString().c_str());
  }
  QVERIFY(last.has_value());
  const auto& failure = last->failed().failure();
  QVERIFY2(failure.kind() == kind, failure.ShortDebugString().c_str());
  QVERIFY2(failure.technical().find("Xylophonkonzert") == std::string::npos, failure.technical().c_str());
}

void TestChat::theContextIsWhatFits_data() {
  QTest::addColumn<uint>("asked");
  QTest::addColumn<uint>("trained");
  QTest::addColumn<int>("granted");     // MB; 0: not said
  QTest::addColumn<int>("planned");     // as well
  QTest::addColumn<int>("mainMemory");  // as well
  QTest::addColumn<bool>("onGpu");      // with memory of its own
  QTest::addColumn<uint>("loads");      // tokens with which llama-server finds the memory
  QTest::addColumn<uint>("context");
  QTest::newRow("not too much") << 0U << 131072U << 0 << 0 << 0 << false << 99999U << 16384U;
  QTest::newRow("not more than it learned") << 0U << 10000U << 0 << 0 << 0 << false << 99999U << 10000U;
  QTest::newRow("a small model") << 0U << 2048U << 0 << 0 << 0 << false << 99999U << 2048U;
  QTest::newRow("it does not say") << 0U << 0U << 0 << 0 << 0 << false << 99999U << 4096U;
  QTest::newRow("what the GPU has") << 0U << 131072U << 1900 << 0 << 64 << true << 99999U << 8192U;
  QTest::newRow("less than usual") << 0U << 131072U << 1250 << 0 << 0 << false << 99999U << 2048U;
  QTest::newRow("what the computer has") << 0U << 131072U << 0 << 0 << 2500 << false << 99999U << 8192U;
  QTest::newRow("the programs take some of it") << 0U << 131072U << 0 << 0 << 1900 << false << 99999U << 4096U;
  QTest::newRow("what the processor has") << 0U << 131072U << 2500 << 2500 << 2500 << false << 99999U << 8192U;
  QTest::newRow("the programs take some of that") << 0U << 131072U << 1900 << 1900 << 1900 << false << 99999U << 4096U;
  QTest::newRow("the computer has little") << 0U << 131072U << 0 << 0 << 500 << false << 99999U << 4096U;
  QTest::newRow("what the GPU shares") << 0U << 131072U << 0 << 1900 << 0 << false << 99999U << 8192U;
  QTest::newRow("what the GPU shares of little") << 0U << 131072U << 0 << 1250 << 0 << false << 99999U << 2048U;
  QTest::newRow("what the computer has of what it shares")
      << 0U << 131072U << 0 << 9000 << 2500 << false << 99999U << 8192U;
  QTest::newRow("what is free") << 0U << 131072U << 0 << 0 << 0 << false << 8192U << 8192U;
  QTest::newRow("as asked") << 6000U << 131072U << 0 << 0 << 500 << false << 99999U << 6000U;
}
// Of a model of 1 GB with 0.1 MB a token.
void TestChat::theContextIsWhatFits() {
  QFETCH(uint, asked);
  QFETCH(uint, trained);
  QFETCH(int, granted);
  QFETCH(int, planned);
  QFETCH(int, mainMemory);
  QFETCH(bool, onGpu);
  QFETCH(uint, loads);
  QFETCH(uint, context);
  constexpr std::uint64_t kMegabyte = 1'000'000;
  auto start = startWith(asked);
  start.set_memory_limit(static_cast<std::uint64_t>(granted) * kMegabyte);
  start.set_main_memory_limit(static_cast<std::uint64_t>(mainMemory) * kMegabyte);
  auto& where = *start.mutable_llama();
  where.set_planned_memory(static_cast<std::uint64_t>(planned) * kMegabyte);
  where.set_trained_context(trained);
  where.set_on_cpu(!onGpu);
  where.set_gpu(worker::v1::Llama::GPU_DISCRETE);
  where.set_weight_bytes(1000 * kMegabyte);
  where.set_cache_bytes_per_token(kMegabyte / 10);
  const auto told = folder() / "context";
  // It takes the processor for the GPU.
  const auto script =
      "for word; do [ \"$last\" = -c ] && context=$word; last=$word; shift; "
      "[ \"$word\" = Vulkan0 ] && word=none; set -- \"$@\" \"$word\"; done; echo $context >" +
      told.string() + "; [ $context -gt " + std::to_string(loads) +
      " ] && { echo vk::Device::allocateMemory: ErrorOutOfDeviceMemory >&2; exit 1; }; exec '" + where.start(0) +
      "' \"$@\"";
  where.set_start(0, llama::startThatEnds(folder(), {}, script));
  begin(start);
  ask(1, question("What is 2 + 2?", {{"max_tokens", 4}}).dump());
  QVERIFY(answer(1).ended);
  std::ifstream file(told);
  uint used = 0;
  QVERIFY(file >> used);
  QCOMPARE(used, context);
}

void TestChat::nothingIsWritten() {
  begin();
  ask(1, question(kSecret, {{"max_tokens", 20}}).dump());
  QVERIFY(answer(1).ended);
  ask(2, json{{"messages", json::array({{{"role", kSecret}, {"content", kSecret}}})}}.dump());
  QVERIFY(answer(2).ended);
  ask(3, question(std::string(3000, 'a') + kSecret).dump());
  QVERIFY(!answer(3).error.empty());
  const auto leaves = [this] {
    for (const auto& entry : std::filesystem::recursive_directory_iterator(folder())) {
      if (!entry.is_regular_file()) continue;
      std::ifstream file(entry.path(), std::ios::binary);
      const std::string bytes{std::istreambuf_iterator<char>(file), {}};
      if (bytes.find("Xylophonkonzert") != std::string::npos) return entry.path().string();
      if (entry.path().filename() == "llama.log") return entry.path().string();
    }
    return std::string();
  };
  QCOMPARE(leaves(), std::string());
  m_worker->evict();
  QVERIFY(m_worker->waitExit().has_value());
  QCOMPARE(leaves(), std::string());
}

QTEST_GUILESS_MAIN(TestChat)
#include "test_chat.moc"
