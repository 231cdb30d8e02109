// SPDX-License-Identifier: Apache-2.0
// Whatever interrupts a batch changes nothing: evictions, kills, crashes of the server, a GPU or a service that is
// lost.
#include "llama/endings.h"
#include "service/runtimes/llama/batch_test.h"

#include <QtTest>

#include <signal.h>

#include <fstream>
#include <thread>

using namespace lull;
using namespace std::chrono_literals;
using namespace lull::test;
using fakes::TestWorker;
using nlohmann::json;

namespace {

constexpr int kLong = 2000;        // tokens
constexpr int kPairs = 30;         // of requests: far more than is answered in…
constexpr int kInterruptions = 6;  // …so many lives

}  // namespace

class TestBatchBrokenOff : public BatchTest {
  Q_OBJECT

private slots:
  void anInterruptedBatchIsTheUndisturbed_data();
  void anInterruptedBatchIsTheUndisturbed();
  void aCrashOfTheServerCostsNothing();
  void aRequestThatCrashesTheServerGetsAnErrorLine();
  void aLossIsNobodysFault_data();
  void aLossIsNobodysFault();
  void aRequestThatTakesAllMemoryGetsAnErrorLine();

private:
  worker::v1::Start longAnswers(int requests);
  // The process number; 0: there was none to kill. `other`: the one that was killed before. `all`: so many requests
  // have begun to be answered, the first ones; 0: any.
  pid_t killServerOnceItAnswers(const TestWorker& run, pid_t other, int all = 0) const;
};

void TestBatchBrokenOff::anInterruptedBatchIsTheUndisturbed_data() {
  QTest::addColumn<bool>("evicted");
  QTest::newRow("evicted") << true;
  QTest::newRow("killed") << false;
}

void TestBatchBrokenOff::anInterruptedBatchIsTheUndisturbed() {
  QFETCH(bool, evicted);
  std::string requests;
  for (int i = 0; i < kPairs; ++i) {
    const auto id = std::to_string(i);
    // Nothing is sorted: which of equals comes first would depend on all others.
    json greedy{{"temperature", 0}, {"max_tokens", 300}, {"logit_bias", letters()}, {"top_k", 0}, {"top_p", 1}};
    greedy["min_p"] = 0;
    json chance = greedy;
    chance["temperature"] = 1.1;
    requests += completion("g" + id, "once " + id, greedy) + completion("c" + id, "once " + id, chance);
  }
  const auto start = startFor(requests);
  QVERIFY(workerOnProcessor(start)->last()->has_finished());
  const auto undisturbed = results();
  QCOMPARE(undisturbed.size(), std::size_t{2 * kPairs});
  std::filesystem::remove_all(task());

  static_cast<void>(startFor(requests));
  const auto journal = work() / "journal";
  const auto sizeOf = [&journal] {
    std::error_code code;
    const auto size = std::filesystem::file_size(journal, code);
    return code ? 0 : size;
  };
  for (int i = 0; i < kInterruptions; ++i) {
    const auto before = sizeOf();
    const auto run = workerOnProcessor(start);
    // Each life gets somewhere before it is cut short.
    while (sizeOf() < before + 300) {
      const auto message = run->next(1ms);
      QVERIFY(!message || !(message->has_finished() || message->has_failed()));
    }
    if (!evicted) {
      run->kill();
      continue;
    }
    run->evict();
    const auto last = run->last();
    QVERIFY(last && last->has_evicted());
    QVERIFY(last->evicted().saved());
  }
  const auto last = workerOnProcessor(start)->last();
  QVERIFY(last && last->has_finished());
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
worker::v1::Start TestBatchBrokenOff::longAnswers(int requests) {
  std::string lines;
  for (int i = 0; i < requests; ++i) {
    const json endless{{"temperature", 0}, {"max_tokens", kLong}, {"logit_bias", letters()}};
    lines += completion(std::to_string(i), "once", endless);
  }
  auto start = startFor(lines);
  start.mutable_spec()->mutable_llama_batch()->set_context(kLong + 100);
  start.mutable_llama()->set_model_file(slowModel());
  return start;
}

pid_t TestBatchBrokenOff::killServerOnceItAnswers(const TestWorker& run, pid_t other, int all) const {
  const auto journal = work() / "journal";
  const auto size = [&journal]() -> std::uintmax_t {
    std::error_code code;
    const auto bytes = std::filesystem::file_size(journal, code);
    return code ? 0 : bytes;
  };
  const auto end = std::chrono::steady_clock::now() + fakes::kPatience;
  pid_t pid = 0;
  while ((pid = llama::childOf(run.pid())) == 0 || pid == other) {
    if (std::chrono::steady_clock::now() > end) return 0;
    std::this_thread::yield();
  }
  const auto before = size();  // all that was written before this server began
  const auto begun = [&](int request) {
    std::ifstream file(journal);
    file.seekg(static_cast<std::streamoff>(before));
    const std::string written{std::istreambuf_iterator<char>(file), {}};
    return written.find("\"i\":" + std::to_string(request) + ',') != std::string::npos;
  };
  const auto answers = [&] {
    if (size() <= before) return false;
    for (int request = 0; request < all; ++request) {
      if (!begun(request)) return false;
    }
    return true;
  };
  while (std::chrono::steady_clock::now() < end) {
    if (answers()) {
      ::kill(llama::innermost(pid), SIGUSR1);
      return pid;
    }
    std::this_thread::yield();
  }
  return 0;
}

void TestBatchBrokenOff::aCrashOfTheServerCostsNothing() {
  const auto run = workerOnProcessor(longAnswers(3));
  QVERIFY(killServerOnceItAnswers(*run, 0) > 0);
  const auto last = run->last();
  QVERIFY(last && last->has_finished());
  QCOMPARE(last->finished().usage().requests(), 3U);
  for (const json& line : results()) QCOMPARE(line["response"]["body"]["usage"]["completion_tokens"].get<int>(), kLong);
}

void TestBatchBrokenOff::aRequestThatCrashesTheServerGetsAnErrorLine() {
  const auto run = workerOnProcessor(longAnswers(1));
  const auto first = killServerOnceItAnswers(*run, 0);
  QVERIFY(first > 0);
  QVERIFY(killServerOnceItAnswers(*run, first) > 0);
  const auto last = run->last();
  QVERIFY(last && last->has_finished());
  QCOMPARE(last->finished().usage().requests_failed(), 1U);
  QCOMPARE(results()[0]["response"]["status_code"].get<int>(), 500);
  QCOMPARE(results()[0]["custom_id"].get<std::string>(), std::string("0"));
}

void TestBatchBrokenOff::aLossIsNobodysFault_data() {
  QTest::addColumn<QString>("end");
  QTest::addColumn<bool>("answers");
  QTest::addColumn<int>("kind");
  const int device = v1::Failure::KIND_DEVICE_LOST;
  const int memory = v1::Failure::KIND_OUT_OF_MEMORY;
  const int died = v1::Failure::KIND_WORKER_DIED;
  const QString lost = "echo 'vk::Queue::submit: ErrorDeviceLost' >&2; exit 1";
  const QString noMemory = "echo 'vk::Device::allocateMemory: ErrorOutOfDeviceMemory' >&2; exit 1";
  QTest::newRow("the GPU, at once") << lost << false << device;
  QTest::newRow("the GPU, meanwhile") << lost << true << device;
  QTest::newRow("memory, at once") << noMemory << false << memory;
  QTest::newRow("memory, meanwhile") << noMemory << true << memory;
  QTest::newRow("the computer's memory, at once") << "kill -9 $$" << false << memory;
  QTest::newRow("the computer's memory, meanwhile") << "kill -9 $$" << true << memory;
  QTest::newRow("the service, at once") << "exit 75" << false << died;
  QTest::newRow("the service, meanwhile") << "exit 75" << true << died;
}

// Not even a request that was under way: a crash after it is its first.
void TestBatchBrokenOff::aLossIsNobodysFault() {
  QFETCH(QString, end);
  QFETCH(bool, answers);
  QFETCH(int, kind);
  const auto start = longAnswers(1);
  auto losing = start;
  losing.mutable_llama()->set_start(
      0, llama::startThatEnds(folder(), answers ? start.llama().start(0) : std::string(), end.toStdString()));
  {
    const auto run = workerOnProcessor(losing);
    if (answers) QVERIFY(killServerOnceItAnswers(*run, 0) > 0);
    const auto last = run->last();
    QVERIFY(last && last->has_failed());
    QVERIFY2(last->failed().failure().kind() == kind, last->ShortDebugString().c_str());
  }
  const auto run = workerOnProcessor(start);
  if (answers) QVERIFY(killServerOnceItAnswers(*run, 0) > 0);
  const auto last = run->last();
  QVERIFY(last && last->has_finished());
  QCOMPARE(last->finished().usage().requests(), 1U);
}

// Asked again alone; the other one is answered.
void TestBatchBrokenOff::aRequestThatTakesAllMemoryGetsAnErrorLine() {
  const auto start = longAnswers(2);
  auto small = start;
  small.mutable_llama()->set_start(
      0, llama::startThatEnds(folder(), start.llama().start(0), "echo 'ErrorOutOfDeviceMemory' >&2; exit 1"));
  {
    const auto run = workerOnProcessor(small);
    QVERIFY(killServerOnceItAnswers(*run, 0, 2) > 0);
    const auto last = run->last();
    QVERIFY(last && last->has_failed());
    QCOMPARE(static_cast<int>(last->failed().failure().kind()), static_cast<int>(v1::Failure::KIND_OUT_OF_MEMORY));
  }
  const auto run = workerOnProcessor(small);
  QVERIFY(killServerOnceItAnswers(*run, 0) > 0);
  const auto last = run->last();
  QVERIFY(last && last->has_finished());
  QCOMPARE(last->finished().usage().requests_failed(), 1U);
  QCOMPARE(results()[0]["response"]["status_code"].get<int>(), 500);
  QVERIFY(results()[0]["response"]["body"]["error"]["message"].get<std::string>().find("Memory ran out") == 0);
  QCOMPARE(results()[1]["response"]["body"]["usage"]["completion_tokens"].get<int>(), kLong);
}

QTEST_GUILESS_MAIN(TestBatchBrokenOff)
#include "test_batch_broken_off.moc"
