// SPDX-License-Identifier: Apache-2.0
// A batch of questions for a language model through the whole service: model store, sandbox, worker, llama.cpp under
// the governor, results.
#include "fakes/device.h"
#include "llama/need.h"
#include "llama/questions.h"

#include <QtTest>

#include <sstream>

using namespace lull;
using namespace lull::test;
using nlohmann::json;

class TestBatch : public QObject {
  Q_OBJECT

private slots:
  void initTestCase() { LULL_NEED_LLAMA(); }

  void questionsAreAnswered() {
    Device device({.input = false, .llamaRoot = llama::rootFolder()});
    device.start();
    const auto asked = llama::heldOut(6);
    auto spec = batchTask("questions", device.addModel(llama::tinyModel()), device.upload(llama::linesOf(asked)));
    spec.mutable_llama_batch()->set_context(256);
    const auto id = device.submit(std::move(spec));
    const auto task = device.waitForTask(id, v1::TASK_STATE_DONE, 3 * Device::kLong);
    QVERIFY(task.gpu_ns() > 0);
    std::istringstream results(device.result(id, "results.jsonl"));
    std::string line;
    for (const auto& question : asked) {
      QVERIFY(std::getline(results, line).good());
      const auto body = json::parse(line)["response"]["body"];
      QCOMPARE(body["choices"][0]["message"]["content"].get<std::string>(), question.answer);
    }
    QVERIFY(!std::getline(results, line));
  }
};

QTEST_GUILESS_MAIN(TestBatch)
#include "test_batch.moc"
