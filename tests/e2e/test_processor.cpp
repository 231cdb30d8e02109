// SPDX-License-Identifier: Apache-2.0
// Where no GPU is: a batch of questions on the processor, through the whole service.
#include "base/file.h"
#include "fakes/device.h"
#include "llama/need.h"
#include "llama/questions.h"

#include <QtTest>

#include <csignal>
#include <fstream>
#include <sstream>

using namespace lull;
using namespace lull::test;
using nlohmann::json;
namespace fs = std::filesystem;

namespace {

constexpr std::size_t kQuestions = 200;        // so many that it is found at work on any machine
constexpr auto kPatience = 5 * Device::kLong;  // it takes only the time that nobody else wants

DeviceOptions lending(const char* cpu) {
  return {.settings = {{"sharing.cpu", '"' + std::string(cpu) + '"'},
                       {"gpu.drain_limit", "10000"},
                       {"rewards.credits_per_cpu_hour", "1000000000"}},
          .llamaRoot = llama::rootFolder()};
}

std::string submitQuestions(Device& device) {
  const auto lines = device.upload(llama::linesOf(llama::heldOut(kQuestions)));
  auto spec = batchTask("questions", device.addModel(llama::tinyModel()), lines);
  spec.mutable_llama_batch()->set_context(256);
  return device.submit(std::move(spec));
}

bool isIn(const v1::Status& status, v1::TaskState state) {
  return status.running_size() == 1 && status.running(0).state() == state;
}

std::vector<v1::LedgerEntry> ledgerOf(Device& device, v1::LedgerEntry::Kind kind) {
  v1::ListLedgerRequest request;
  request.set_page_size(500);
  auto reply = device.client().call(request);
  std::vector<v1::LedgerEntry> out;
  for (const auto& entry : reply.value().entries()) {
    if (entry.kind() == kind) out.push_back(entry);
  }
  return out;
}

// The process whose death ends everything in the one worker's sandbox.
pid_t workerOf(const Device& device) {
  for (const auto& entry : fs::directory_iterator(device.pages())) {
    pid_t pid = 0;
    if (entry.path().extension() == ".worker") std::istringstream(*readFile(entry.path())) >> pid;
    if (pid > 0) return pid;
  }
  return 0;
}

}  // namespace

class TestProcessor : public QObject {
  Q_OBJECT

  static void answersAreRight(Device& device, const std::string& id) {
    std::istringstream results(device.result(id, "results.jsonl"));
    std::string text;
    std::size_t asked = 0;
    std::size_t right = 0;
    for (const auto& question : llama::heldOut(kQuestions)) {
      QVERIFY(std::getline(results, text).good());
      const auto line = json::parse(text);
      QCOMPARE(line["custom_id"].get<std::string>(), std::to_string(asked++));
      if (line["response"]["body"]["choices"][0]["message"]["content"] == question.answer) ++right;
    }
    QVERIFY(!std::getline(results, text));
    QVERIFY2(right > kQuestions * 9 / 10, std::to_string(right).c_str());
  }

private slots:
  void initTestCase() {
    LULL_NEED_LLAMA();
    for (const char* drivers : {"VK_DRIVER_FILES", "VK_ICD_FILENAMES"}) qputenv(drivers, "/dev/null");
  }

  void unlessTheOwnerLendsItNothingRuns() {
    Device device(lending("never"));
    device.start();
    const auto id = submitQuestions(device);
    const auto status = device.waitFor("no GPU", [](const auto& s) {
      return s.activity() == v1::ACTIVITY_RESTING && s.sentence().find("GPU") != std::string::npos && s.queued() == 1;
    });
    QCOMPARE(status.gpus_size(), 0);
    QCOMPARE(device.task(id).state(), v1::TASK_STATE_QUEUED);
  }

  void questionsAreAnsweredWhileTheOwnerComesAndGoes() {
    Device device(lending("no_gpu"));
    device.start();
    const auto id = submitQuestions(device);
    device.waitFor(
        "work", [](const auto& s) { return isIn(s, v1::TASK_STATE_RUNNING); }, kPatience);
    const auto parked = device.touchUntil(
        "the give-back", [](const auto& s) { return isIn(s, v1::TASK_STATE_PARKED) && s.give_back().count() > 0; });
    QCOMPARE(parked.gpus_size(), 1);
    QCOMPARE(parked.gpus(0).type(), std::string("processor"));
    QCOMPARE(parked.gpus(0).task_id(), id);
    const auto spans = ledgerOf(device, v1::LedgerEntry::KIND_GIVE_BACK).at(0).give_back();
    QCOMPARE(spans.cause(), std::string("owner_present"));
    QVERIFY(spans.gate_ms() >= 0 && spans.drained_ms() >= spans.gate_ms());

    const auto task = device.waitForTask(id, v1::TASK_STATE_DONE, kPatience);
    QCOMPARE(task.attempt(), 1U);
    answersAreRight(device, id);
    QVERIFY(task.cpu_ns() > 0);
    QCOMPARE(task.gpu_ns(), 0U);
    QVERIFY(task.energy_uj() > 0 && task.energy_estimated());
    QCOMPARE(task.gpu(), std::string("Testor 3000"));
    const auto credits = ledgerOf(device, v1::LedgerEntry::KIND_CREDIT);
    QCOMPARE(credits.size(), std::size_t{1});
    QCOMPARE(credits[0].cpu_ns(), task.cpu_ns());
    QVERIFY(credits[0].micro_credits() > 0);
    const auto after = device.waitFor("the sums", [](const auto& s) { return s.total().tasks_done() == 1; });
    QCOMPARE(after.total().cpu_ns(), task.cpu_ns());
  }

  // What was computed before is not asked again, and not forgotten.
  void aServiceThatDiesLeavesNobodyAtWork() {
    Device device(lending("always"));
    device.start();
    const auto id = submitQuestions(device);
    device.waitFor(
        "some answers", [](const auto& s) { return isIn(s, v1::TASK_STATE_RUNNING) && s.running(0).progress() > 0; },
        kPatience);
    const pid_t worker = workerOf(device);
    QVERIFY(worker > 0);
    device.kill9();
    QTRY_VERIFY_WITH_TIMEOUT(::kill(worker, 0) != 0, 60'000);
    device.start();
    const auto task = device.waitForTask(id, v1::TASK_STATE_DONE, kPatience);
    QCOMPARE(task.attempt(), 1U);
    answersAreRight(device, id);
  }
};

QTEST_GUILESS_MAIN(TestProcessor)
#include "test_processor.moc"
