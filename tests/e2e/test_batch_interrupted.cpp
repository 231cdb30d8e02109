// SPDX-License-Identifier: Apache-2.0
// A batch through the whole service while its owner comes and goes, its worker is killed and then the service itself:
// each question is answered once, with the words of a plain llama-server, and the ledger counts what was written.
#include "fakes/device.h"
#include "llama/need.h"
#include "llama/questions.h"
#include "llama/server.h"

#include <QtTest>

#include <csignal>
#include <fstream>
#include <sstream>

using namespace lull;
using namespace lull::test;
using namespace std::chrono_literals;
using nlohmann::json;

namespace {

constexpr std::size_t kQuestions = 200;  // so many that the last return finds it at work on any machine
constexpr Milliseconds kPatience{180'000};
constexpr std::uint32_t kContext = 256;

v1::LedgerEntry ledgerEntry(Device& device, v1::LedgerEntry::Kind kind, int which) {
  v1::ListLedgerRequest request;
  request.set_page_size(500);
  const auto reply = device.client().call(request);
  if (!reply) return {};
  for (auto entry = reply->entries().rbegin(); entry != reply->entries().rend(); ++entry) {  // from the oldest
    if (entry->kind() == kind && which-- == 0) return *entry;
  }
  return {};
}

bool holds(const v1::Task& task, std::string_view text) {
  return std::ranges::any_of(task.history(), [&](const auto& e) { return e.text().find(text) != std::string::npos; });
}

std::string nameOf(pid_t process) {
  std::ifstream file("/proc/" + std::to_string(process) + "/comm");
  std::string name;
  std::getline(file, name);
  return name;
}

}  // namespace

class TestBatchInterrupted : public QObject {
  Q_OBJECT

private slots:
  void initTestCase() { LULL_NEED_LLAMA(); }
  void eachQuestionIsAnsweredOnce();

private:
  void untilWorking(double progress);
  void ownerReturns(double progress, std::uint32_t evictAfterS);
  void killWorker(double progress);
  void killService(double progress);
  void compare(const v1::Task& task);

  // What a noisy machine delays is late, not wrong.
  Device m_device{{.settings = {{"gpu.drain_limit", "20000"}, {"tasks.retry_delay", "0"}, {"tasks.attempts", "5"}},
                   .llamaRoot = llama::rootFolder()}};
  const std::vector<llama::Question> m_asked = llama::heldOut(kQuestions);  // all kinds of them
  std::string m_task;
  int m_returns = 0;
};

void TestBatchInterrupted::untilWorking(double progress) {
  m_device.waitFor(
      "work",
      [progress](const auto& s) {
        return s.running_size() > 0 && s.running(0).state() == v1::TASK_STATE_RUNNING &&
               s.running(0).progress() >= progress;
      },
      kPatience);
}

void TestBatchInterrupted::ownerReturns(double progress, std::uint32_t evictAfterS) {
  v1::SetSettingRequest setting;
  setting.set_key("presence.evict_after");
  setting.set_value(std::to_string(evictAfterS));
  QVERIFY(m_device.client().call(setting).ok());
  untilWorking(progress);
  m_device.touchUntil("the give-back", [&](const auto& s) {
    const bool parked = s.running_size() > 0 && s.running(0).state() == v1::TASK_STATE_PARKED;
    const bool evicted = s.running_size() == 0 && s.queued() == 1;
    return evictAfterS == 0 ? evicted : parked;
  });
  v1::LedgerEntry entry;
  m_device.waitFor("its record", [&](const auto&) {
    entry = ledgerEntry(m_device, v1::LedgerEntry::KIND_GIVE_BACK, m_returns);
    return entry.has_give_back() && (evictAfterS > 0 || entry.give_back().memory_free_ms() >= 0);
  });
  ++m_returns;
  const auto& spans = entry.give_back();
  qInfo("return %d: gate %.2f ms, drained %.2f ms, memory free %.2f ms", m_returns, spans.gate_ms(), spans.drained_ms(),
        spans.memory_free_ms());
  QCOMPARE(spans.cause(), std::string("owner_present"));
  QVERIFY(spans.gate_ms() >= 0 && spans.gate_ms() <= spans.drained_ms());
}

void TestBatchInterrupted::killWorker(double progress) {
  untilWorking(progress);
  const auto workers = m_device.workers();
  const auto worker = std::ranges::find(workers, "lull-llama", nameOf);
  QVERIFY(worker != workers.end());
  QCOMPARE(::kill(*worker, SIGKILL), 0);
  m_device.waitFor("the death", [&](const auto&) { return m_device.task(m_task).attempt() == 2; });
}

void TestBatchInterrupted::killService(double progress) {
  untilWorking(progress);
  m_device.kill9();
  m_device.start();
}

void TestBatchInterrupted::eachQuestionIsAnsweredOnce() {
  QCOMPARE(m_asked.size(), kQuestions);
  m_device.start();
  auto spec = batchTask("questions", m_device.addModel(llama::tinyModel()), m_device.upload(llama::linesOf(m_asked)));
  spec.mutable_llama_batch()->set_context(kContext);
  m_task = m_device.submit(std::move(spec));
  constexpr std::uint32_t kStays = 3600;
  ownerReturns(0.02, kStays);
  ownerReturns(0.1, 0);
  killWorker(0.2);
  killService(0.3);
  ownerReturns(0.4, kStays);
  const auto task = m_device.waitForTask(m_task, v1::TASK_STATE_DONE, kPatience);
  QVERIFY(!holds(task, "give the GPU back"));
  compare(task);
}

void TestBatchInterrupted::compare(const v1::Task& task) {
  QTemporaryDir folder;
  llama::Server plain(llama::tinyModel(), folder.path().toStdString(), {});
  QVERIFY(plain.waitReady(kPatience));
  std::istringstream results(m_device.result(m_task, "results.jsonl"));
  std::string text;
  v1::TokenUsage sum;
  std::size_t right = 0;
  for (std::size_t i = 0; i < kQuestions; ++i) {
    QVERIFY(std::getline(results, text).good());
    const json line = json::parse(text);
    QCOMPARE(line["custom_id"].get<std::string>(), std::to_string(i));
    const json& body = line["response"]["body"];
    const auto said = body["choices"][0]["message"]["content"].get<std::string>();
    const json theirs = json::parse(plain.ask("/v1/chat/completions", llama::chatOf(m_asked[i]).dump()).value_or("{}"));
    QCOMPARE(said, theirs["choices"][0]["message"]["content"].get<std::string>());
    for (const char* count : {"prompt_tokens", "completion_tokens"}) {
      QCOMPARE(body["usage"][count].get<int>(), theirs["usage"][count].get<int>());
    }
    sum.set_prompt(sum.prompt() + body["usage"]["prompt_tokens"].get<std::uint64_t>());
    sum.set_completion(sum.completion() + body["usage"]["completion_tokens"].get<std::uint64_t>());
    if (said == m_asked[i].answer) ++right;
  }
  QVERIFY(!std::getline(results, text));
  QVERIFY(right > kQuestions * 9 / 10);
  sum.set_requests(kQuestions);
  const auto total = m_device.waitFor("rest", [](const auto& s) { return s.running_size() == 0; }).total();
  for (const auto& counted :
       {task.usage(), ledgerEntry(m_device, v1::LedgerEntry::KIND_CREDIT, 0).usage(), total.usage()}) {
    QCOMPARE(counted.DebugString(), sum.DebugString());
  }
  QCOMPARE(total.gpu_ns(), task.gpu_ns());
  QVERIFY(ledgerEntry(m_device, v1::LedgerEntry::KIND_CREDIT, 1).id() == 0);  // once
  QVERIFY(ledgerEntry(m_device, v1::LedgerEntry::KIND_GIVE_BACK, 3).id() == 0);
}

QTEST_GUILESS_MAIN(TestBatchInterrupted)
#include "test_batch_interrupted.moc"
