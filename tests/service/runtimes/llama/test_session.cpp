// SPDX-License-Identifier: Apache-2.0
// What lull-llama says while a batch runs, and that it sleeps while there is nothing to say.
#include "base/sha256.h"
#include "fakes/test_worker.h"
#include "governor/controls.h"
#include "llama/need.h"
#include "llama/program.h"

#include <nlohmann/json.hpp>

#include <QElapsedTimer>
#include <QTemporaryDir>
#include <QtTest>

#include <fstream>

using namespace lull;
using namespace std::chrono_literals;
using fakes::FromWorker;
using fakes::TestWorker;
using nlohmann::json;

namespace {

constexpr int kQuestions = 30;

std::filesystem::path model() {
  return std::filesystem::path(qEnvironmentVariable("LULL_SOURCE_DIR").toStdString()) / "assets/models/lull-tiny.gguf";
}

std::vector<std::string> environment() {
  return {"VK_DRIVER_FILES=" + (llama::rootFolder() / "usr/share/vulkan/icd.d/lull_software.json").string(),
          "GGML_VK_VISIBLE_DEVICES=0", "GGML_VK_DISABLE_COOPMAT=1", "GGML_VK_DISABLE_F16=1"};
}

std::string questions() {
  std::string out;
  for (int i = 0; i < kQuestions; ++i) {
    const json line{{"custom_id", std::to_string(i)},
                    {"method", "POST"},
                    {"url", "/v1/completions"},
                    {"body", {{"prompt", "once " + std::to_string(i)}, {"temperature", 0}, {"max_tokens", 20}}}};
    out += line.dump() + "\n";
  }
  return out;
}

// How often its threads have gone to sleep by themselves: each wake-up ends with one.
std::uint64_t wakeUps(pid_t pid) {
  std::uint64_t sum = 0;
  for (const auto& task : std::filesystem::directory_iterator("/proc/" + std::to_string(pid) + "/task")) {
    std::ifstream status(task.path() / "status");
    for (std::string line; std::getline(status, line);) {
      if (line.starts_with("voluntary_ctxt_switches:")) sum += std::stoull(line.substr(line.find(':') + 1));
    }
  }
  return sum;
}

// Until a whole second passes without any; false: it never does.
bool fallsAsleep(pid_t pid) {
  QElapsedTimer timer;
  timer.start();
  while (timer.elapsed() < 60'000) {
    const auto before = wakeUps(pid);
    QTest::qWait(1500);
    if (wakeUps(pid) == before) return true;
  }
  return false;
}

}  // namespace

class TestSession : public QObject {
  Q_OBJECT

private slots:
  void init() {
    m_folder = std::make_unique<QTemporaryDir>();
    for (const char* name : {"work", "out", "blobs"}) std::filesystem::create_directories(folder() / name);
  }
  void evictIsHeardWhileLinesAreLookedAt();
  void linesAreNotLookedAtWhileTheOwnerIsHere();
  void tellsHowFarItIsAndSleeps();

private:
  worker::v1::Start start(const std::string& requests);
  std::filesystem::path folder() const { return m_folder->path().toStdString(); }
  std::unique_ptr<QTemporaryDir> m_folder;
};

worker::v1::Start TestSession::start(const std::string& requests) {
  const auto hash = sha256(requests);
  std::ofstream(folder() / "blobs" / hash, std::ios::binary) << requests;
  worker::v1::Start start;
  start.mutable_spec()->mutable_llama_batch()->mutable_requests()->set_sha256(hash);
  start.mutable_spec()->mutable_llama_batch()->set_context(256);
  start.set_task_id("t-session");
  start.set_work_dir(folder() / "work");
  start.set_output_dir(folder() / "out");
  start.set_blob_dir(folder() / "blobs");
  start.set_checkpoint_every_s(1);
  start.mutable_llama()->set_model_file(model());
  start.mutable_llama()->add_start((llama::rootFolder() / "start").string());
  return start;
}

// Lines that are no request are all answered before any server runs: so many that it takes a while.
void TestSession::evictIsHeardWhileLinesAreLookedAt() {
  std::string lines;
  for (int i = 0; i < 400'000; ++i) lines += "x\n";
  TestWorker worker(start(lines), {.program = "lull-llama"});
  worker.evict();
  const auto last = worker.last();
  QVERIFY(last.has_value());
  QVERIFY2(last->has_evicted(), last->ShortDebugString().c_str());
  QVERIFY(last->evicted().saved());
  QVERIFY(last->evicted().progress() < 1);
}

void TestSession::linesAreNotLookedAtWhileTheOwnerIsHere() {
  std::string lines;
  for (int i = 0; i < 5000; ++i) lines += "x\n";
  fakes::ServicePage page;
  TestWorker worker(start(lines), {.page = &page, .program = "lull-llama"});
  QVERIFY(worker.nextOf(FromWorker::kStarted).has_value());
#ifndef __SANITIZE_THREAD__  // which has a thread of its own that wakes now and then
  QVERIFY(fallsAsleep(worker.pid()));
#endif
  worker.evict();
  const auto last = worker.last();
  QVERIFY(last && last->has_evicted());
  QVERIFY(last->evicted().saved());
  QVERIFY2(last->evicted().progress() < 0.2, last->ShortDebugString().c_str());

  TestWorker next(start(lines), {.page = &page, .program = "lull-llama"});
  page.open();
  QVERIFY(next.nextOf(FromWorker::kFinished).has_value());
}

void TestSession::tellsHowFarItIsAndSleeps() {
  LULL_NEED_GOVERNED_LLAMA();
  fakes::ServicePage page;
  TestWorker worker(start(questions()), {.page = &page, .environment = environment(), .program = "lull-llama"});
  QVERIFY(worker.nextOf(FromWorker::kStarted).has_value());
  QVERIFY(fallsAsleep(worker.pid()));  // before the model is loaded

  governor::setDuty(page.page(), 20);  // slowly: the gate closes in the middle, whoever is late
  page.open();
  std::optional<FromWorker> told;
  do {
    told = worker.nextOf(FromWorker::kProgress);
    QVERIFY(told.has_value());
  } while (told->progress().seconds_left() == 0);
  QVERIFY(told->progress().progress() > 0 && told->progress().progress() < 1);
  QCOMPARE(told->progress().usage().requests(),
           static_cast<std::uint64_t>(std::lround(told->progress().progress() * kQuestions)));
  // As long as what was done, times what is left of it.
  const auto spent = static_cast<double>(page.page().gpuNs.load()) / 1e9;
  const auto expected = spent * (1 - told->progress().progress()) / told->progress().progress();
  QVERIFY2(told->progress().seconds_left() <= expected * 1.01, told->ShortDebugString().c_str());

  QVERIFY(page.waitDrained(page.close(), fakes::kPatience));
  QVERIFY(worker.nextOf(FromWorker::kCheckpointed).has_value());
  QVERIFY(fallsAsleep(worker.pid()));
  governor::setDuty(page.page(), 100);
  page.open();
  const auto last = worker.last();
  QVERIFY(last && last->has_finished());
  QCOMPARE(last->finished().usage().requests(), std::uint64_t{kQuestions});
}

QTEST_GUILESS_MAIN(TestSession)
#include "test_session.moc"
