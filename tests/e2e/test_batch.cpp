// SPDX-License-Identifier: Apache-2.0
// A batch of questions for a language model through the whole service: model store, sandbox, worker, llama.cpp under
// the governor, results.
#include "fakes/device.h"
#include "llama/need.h"

#include <nlohmann/json.hpp>

#include <QtTest>

#include <fstream>
#include <sstream>

using namespace lull;
using namespace lull::test;
using nlohmann::json;
namespace fs = std::filesystem;

namespace {

constexpr int kQuestions = 6;

fs::path models() { return fs::path(qEnvironmentVariable("LULL_SOURCE_DIR").toStdString()) / "assets/models"; }

std::vector<json> questions() {
  std::ifstream file(models() / "held-out.jsonl");
  std::vector<json> out;
  std::string line;
  while (out.size() < kQuestions && std::getline(file, line)) out.push_back(json::parse(line));
  return out;
}

std::string linesFor(const std::vector<json>& questions) {
  std::string lines;
  for (std::size_t i = 0; i < questions.size(); ++i) {
    const json line{{"custom_id", std::to_string(i)},
                    {"method", "POST"},
                    {"url", "/v1/chat/completions"},
                    {"body",
                     {{"messages", json::array({{{"role", "user"}, {"content", questions[i]["question"]}}})},
                      {"temperature", 0},
                      {"max_tokens", 24}}}};
    lines += line.dump() + '\n';
  }
  return lines;
}

}  // namespace

class TestBatch : public QObject {
  Q_OBJECT

private slots:
  void initTestCase() { LULL_NEED_LLAMA(); }

  void questionsAreAnswered() {
    Device device({.input = false, .llamaRoot = llama::rootFolder()});
    device.start();
    const auto model = device.addModel(models() / "lull-tiny.gguf");
    const auto asked = questions();
    auto spec = batchTask("questions", model, device.upload(linesFor(asked)));
    spec.mutable_llama_batch()->set_context(256);
    const auto id = device.submit(std::move(spec));
    const auto task = device.waitForTask(id, v1::TASK_STATE_DONE, 3 * Device::kLong);
    QVERIFY(task.gpu_ns() > 0);
    std::istringstream results(device.result(id, "results.jsonl"));
    std::string line;
    for (const auto& question : asked) {
      QVERIFY(std::getline(results, line).good());
      const auto body = json::parse(line)["response"]["body"];
      QCOMPARE(body["choices"][0]["message"]["content"].get<std::string>(), question["answer"].get<std::string>());
    }
    QVERIFY(!std::getline(results, line));
  }
};

QTEST_GUILESS_MAIN(TestBatch)
#include "test_batch.moc"
