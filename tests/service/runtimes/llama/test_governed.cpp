// SPDX-License-Identifier: Apache-2.0
// A batch for a trained model on a GPU that the governor gives back again and again, and a worker that is killed in the
// middle: each question is answered once, with the words of a plain llama-server.
#include "fakes/test_worker.h"
#include "llama/modes.h"
#include "llama/need.h"
#include "llama/program.h"
#include "llama/questions.h"
#include "llama/server.h"

#include <QTemporaryDir>
#include <QtTest>

#include <fstream>

using namespace lull;
using namespace std::chrono_literals;
using fakes::TestWorker;
using nlohmann::json;

namespace {

constexpr std::size_t kQuestions = 50;

// ggml's ways that are fast on a processor.
std::vector<std::string> environment() {
  return {"VK_DRIVER_FILES=" + (llama::rootFolder() / "usr/share/vulkan/icd.d/lull_software.json").string(),
          "GGML_VK_VISIBLE_DEVICES=0", "GGML_VK_DISABLE_COOPMAT=1", "GGML_VK_DISABLE_F16=1"};
}

}  // namespace

class TestGoverned : public QObject {
  Q_OBJECT

private slots:
  void initTestCase();
  void eachQuestionIsAnsweredOnce();

private:
  worker::v1::Start start() const;
  // Lets a worker live under an owner who comes and goes, until it has finished or the journal has grown past `limit`.
  void live(std::uintmax_t limit);
  std::filesystem::path folder() const { return m_folder.path().toStdString(); }
  QTemporaryDir m_folder;
  std::vector<llama::Question> m_questions;
  std::optional<fakes::FromWorker> m_last;
  std::uint64_t m_closings = 0;
};

void TestGoverned::initTestCase() {
  LULL_NEED_LLAMA();
  m_questions = llama::heldOut(kQuestions, 4);  // all kinds of them
  QCOMPARE(m_questions.size(), kQuestions);
  for (const char* name : {"work", "out", "blobs"}) std::filesystem::create_directories(folder() / name);
}

worker::v1::Start TestGoverned::start() const {
  worker::v1::Start start;
  auto& batch = *start.mutable_spec()->mutable_llama_batch();
  batch.mutable_requests()->set_inline_(llama::linesOf(m_questions));
  batch.set_context(256);
  start.set_task_id("t-governed");
  start.set_work_dir(folder() / "work");
  start.set_output_dir(folder() / "out");
  start.set_blob_dir(folder() / "blobs");
  start.mutable_llama()->set_model_file(llama::tinyModel());
  start.mutable_llama()->add_start((llama::rootFolder() / "start").string());
  return start;
}

void TestGoverned::live(std::uintmax_t limit) {
  fakes::ServicePage page;
  TestWorker worker(start(), {.page = &page, .environment = environment(), .program = "lull-llama"});
  llama::Owner owner(page, llama::modeNamed("gate at random"));
  std::error_code code;
  m_last.reset();
  while (std::filesystem::file_size(folder() / "work/journal", code) < limit || code) {
    const auto message = worker.next(5ms);
    if (message && (message->has_finished() || message->has_failed())) m_last = message;
    if (m_last) break;
  }
  if (!m_last) worker.kill();
  QVERIFY(worker.waitExit().has_value());
  owner.programEnded();
  QCOMPARE(owner.unanswered(), 0U);
  QVERIFY(page.page().gpuNs.load() > 0);
  QVERIFY(page.page().slices.load() > 0);
  m_closings += owner.closings();
}

void TestGoverned::eachQuestionIsAnsweredOnce() {
  live(6000);  // about fifteen answers
  QVERIFY2(!m_last, "it was over before it could be killed");
  live(UINTMAX_MAX);
  QVERIFY(m_last && m_last->has_finished());
  QVERIFY(m_closings >= 3);

  llama::Server plain(llama::tinyModel(), folder(), {.environment = environment()});
  QVERIFY(plain.waitReady(60s));
  std::ifstream file(folder() / "out/results.jsonl");
  std::uint64_t tokens = 0;
  std::size_t right = 0;
  for (std::size_t i = 0; i < m_questions.size(); ++i) {
    std::string text;
    QVERIFY(std::getline(file, text).good());
    const json line = json::parse(text);
    QCOMPARE(line["custom_id"].get<std::string>(), std::to_string(i));
    const json& body = line["response"]["body"];
    const json theirs =
        json::parse(plain.ask("/v1/chat/completions", llama::chatOf(m_questions[i]).dump()).value_or("{}"));
    const auto said = body["choices"][0]["message"]["content"].get<std::string>();
    QCOMPARE(said, theirs["choices"][0]["message"]["content"].get<std::string>());
    QCOMPARE(body["usage"]["completion_tokens"].get<int>(), theirs["usage"]["completion_tokens"].get<int>());
    tokens += body["usage"]["completion_tokens"].get<std::uint64_t>();
    if (said == m_questions[i].answer) ++right;
  }
  std::string more;
  QVERIFY(!std::getline(file, more));
  QCOMPARE(m_last->finished().usage().completion(), tokens);
  QCOMPARE(m_last->finished().usage().requests(), std::uint64_t{kQuestions});
  QVERIFY(right > kQuestions * 9 / 10);
}

QTEST_GUILESS_MAIN(TestGoverned)
#include "test_governed.moc"
