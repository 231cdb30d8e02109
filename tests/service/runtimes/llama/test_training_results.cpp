// SPDX-License-Identifier: Apache-2.0
// What whole trainings bring: the loss falls, the model knows its lesson, and what cannot be done is said.
#include "llama/server.h"
#include "runtimes/llama/training/weights.h"
#include "service/runtimes/llama/training_test.h"

#include <nlohmann/json.hpp>

#include <QtTest>

#include <cmath>
#include <set>

using namespace lull;
using namespace std::chrono_literals;
using namespace lull::test;
using fakes::FromWorker;
using nlohmann::json;
namespace training = lull::runtimes::llama::training;

class TestTrainingResults : public TrainingTest {
  Q_OBJECT

private slots:
  void itLearnsItsLesson();
  void halvesStayHalves();
  void aTextIsLearned();
  void whatCannotBeDoneIsSaid_data();
  void whatCannotBeDoneIsSaid();
};

void TestTrainingResults::itLearnsItsLesson() {
  std::string lines;
  for (const auto& line : lesson()) lines += line;
  const auto run = workerOnProcessor(startFor(lines, 5));
  std::vector<v1::LossPoint> points;
  std::optional<FromWorker> message;
  double reached = 0;
  while ((message = run->next()) && !message->has_finished()) {
    QVERIFY2(!message->has_failed(), message->failed().failure().DebugString().c_str());
    for (const auto& point : message->learned().points()) points.push_back(point);
    if (!message->has_progress()) continue;
    QVERIFY(message->progress().progress() >= reached);
    reached = message->progress().progress();
  }
  QVERIFY(message);
  QVERIFY(points.size() > 10);
  QCOMPARE(points.front().step(), 0U);
  QVERIFY(!points.front().has_training() && points.front().has_held_out());
  for (std::size_t i = 1; i < points.size(); ++i) {
    QVERIFY(points[i].step() > points[i - 1].step());
    QVERIFY(points[i].has_training() && std::isfinite(points[i].training()) && points[i].training() > 0);
    QVERIFY(std::isfinite(points[i].held_out()));
  }
  qInfo("training %.3f to %.3f, held out %.3f to %.3f", points[1].training(), points.back().training(),
        points.front().held_out(), points.back().held_out());
  QVERIFY(points.back().training() < 0.4 * points[1].training());
  QVERIFY(points.back().held_out() < 0.5 * points.front().held_out());
  QCOMPARE(message->finished().usage().prompt(), points.back().step() * 256);

  // The same model but for its weights.
  const auto base = training::ModelFile::open(tinyModel());
  QVERIFY(base.ok());
  const auto head = base->layout().dataAt;
  const auto trained = bytesOf(result());
  QCOMPARE(trained.size(), bytesOf(tinyModel()).size());
  QVERIFY(trained.compare(0, head, bytesOf(tinyModel()), 0, head) == 0);
  QCOMPARE(message->finished().outputs(0).size(), trained.size());

  llama::Server server(result(), folder(), {.environment = {kNoGpu}});
  QVERIFY(server.waitReady(60s));
  std::set<std::string> answers;
  int right = 0;
  for (std::size_t i = 0; i < 80; i += 8) {
    const auto chat = json::parse(lesson()[i])["messages"];
    const auto answer = server.chat(chat[0]["content"]);
    right += answer == chat[1]["content"] ? 1 : 0;
    answers.insert(answer);
  }
  QVERIFY2(right >= 8 && answers.size() > 4, std::to_string(right).c_str());
}

void TestTrainingResults::halvesStayHalves() {
  const auto model = converted("F16");
  auto start = startFor(firstLines(30), 1);
  start.mutable_llama()->set_model_file(model);
  const auto last = workerOnProcessor(start)->last();
  QVERIFY(last && last->has_finished());
  const auto trained = bytesOf(result());
  QCOMPARE(trained.size(), bytesOf(model).size());
  QVERIFY(trained != bytesOf(model));
  const auto base = training::ModelFile::open(model);
  QVERIFY(base.ok());
  const auto head = base->layout().dataAt;
  QVERIFY(trained.compare(0, head, bytesOf(model), 0, head) == 0);
  QVERIFY(std::ranges::any_of(base->layout().tensors, [](const auto& tensor) { return tensor.type == 1; }));
}

// Characters of several bytes, so that some lie across the borders of segments.
void TestTrainingResults::aTextIsLearned() {
  std::string text;
  while (text.size() < 1500) text += "Über Flüsse führen Brücken. ";
  auto start = startFor(text, 1);
  start.mutable_spec()->mutable_llama_training()->set_format(v1::LlamaTraining::FORMAT_TEXT);
  const auto run = workerOnProcessor(start);
  std::vector<v1::LossPoint> points;
  std::optional<FromWorker> message;
  while ((message = run->next()) && !message->has_finished() && !message->has_failed()) {
    for (const auto& point : message->learned().points()) points.push_back(point);
  }
  QVERIFY(message && message->has_finished());
  QVERIFY(points.size() >= 3);
  QVERIFY(points.back().held_out() < points.front().held_out());
}

void TestTrainingResults::whatCannotBeDoneIsSaid_data() {
  QTest::addColumn<QString>("what");
  QTest::addColumn<int>("kind");
  QTest::addColumn<QString>("said");
  const int bad = v1::Failure::KIND_BAD_TASK;
  QTest::newRow("quantised") << "quantised" << bad << "quantised (Q8_0)";
  QTest::newRow("no model") << "no model" << bad << "cannot be read";
  QTest::newRow("too little") << "little" << bad << "at least 832 are needed";
  QTest::newRow("no JSON") << "nonsense" << bad << "Line 2 of the data: this is no JSON";
  QTest::newRow("no content") << "content" << bad << "Line 3 of the data: each message needs";
  QTest::newRow("no UTF-8") << "bytes" << bad << "UTF-8";
  QTest::newRow("odd context") << "context" << bad << "choose 512";
  QTest::newRow("too big") << "memory" << static_cast<int>(v1::Failure::KIND_TOO_BIG) << "this device grants 10 MB";
  QTest::newRow("diverges") << "rate" << bad << "Lower the learning rate";
  QTest::newRow("full disk") << "disk" << static_cast<int>(v1::Failure::KIND_STORAGE) << "disk is full";
  const int died = v1::Failure::KIND_WORKER_DIED;
  const int lost = v1::Failure::KIND_DEVICE_LOST;
  QTest::newRow("silent service") << "exit 75" << died << "heard nothing of Lull's service";
  QTest::newRow("crash") << "kill -ABRT $$" << died << "crashed";
  QTest::newRow("lost device") << "echo vk::Queue::submit: ErrorDeviceLost; exit 1" << lost << "GPU was lost";
  QTest::newRow("lost device, crash") << "echo ErrorDeviceLost; kill -ABRT $$" << lost << "GPU was lost";
  QTest::newRow("no memory") << "echo vk::Device::allocateMemory: ErrorOutOfDeviceMemory; exit 1"
                             << static_cast<int>(v1::Failure::KIND_OUT_OF_MEMORY) << "not enough free memory";
  QTest::newRow("no memory left") << "kill -KILL $$" << static_cast<int>(v1::Failure::KIND_OUT_OF_MEMORY)
                                  << "not enough free memory";
  QTest::newRow("refused") << "echo no such thing; exit 1" << bad << "cannot train this model";
  QTest::newRow("no llama.cpp") << "program" << static_cast<int>(v1::Failure::KIND_STORAGE) << "runtime install";
}

void TestTrainingResults::whatCannotBeDoneIsSaid() {
  QFETCH(QString, what);
  QFETCH(int, kind);
  QFETCH(QString, said);
  const auto good = firstLines(30);
  auto start = startFor(good, 1);
  auto& task = *start.mutable_spec()->mutable_llama_training();
  auto& where = *start.mutable_llama();
  if (what == "quantised") where.set_model_file(converted("Q8_0"));
  if (what == "no model") where.set_model_file(folder() / "none");
  if (what == "little") task.mutable_data()->set_inline_(firstLines(5));
  if (what == "nonsense") task.mutable_data()->set_inline_(firstLines(1) + "what?\n" + good);
  if (what == "content") {
    task.mutable_data()->set_inline_(firstLines(1) + "\n{\"messages\": [{\"role\": \"user\"}]}\n" + good);
  }
  if (what == "bytes") {
    task.mutable_data()->set_inline_("caf\xE9 " + good);
    task.set_format(v1::LlamaTraining::FORMAT_TEXT);
  }
  if (what == "context") task.set_context(300);
  if (what == "memory") start.set_memory_limit(10'000'000);
  if (what == "rate") task.set_learning_rate(1);
  if (what == "program") where.set_start(0, folder() / "none");
  // Half of what the model takes, and no signal, as in a sandbox; the server writes next to nothing.
  if (what == "disk") startThrough(where, "trap '' XFSZ; ulimit -f 1500");
  if (what.contains("exit ") || what.contains("kill ")) {
    startThrough(where, "case $2 in llama-finetune) " + what.toStdString() + ";; esac");
  }
  const auto last = workerOnProcessor(start)->last();
  QVERIFY(last && last->has_failed());
  const auto& failure = last->failed().failure();
  QVERIFY2(static_cast<int>(failure.kind()) == kind, failure.DebugString().c_str());
  QVERIFY2(failure.message().find(said.toStdString()) != std::string::npos, failure.DebugString().c_str());
  QVERIFY(!std::filesystem::exists(result()));
}

QTEST_GUILESS_MAIN(TestTrainingResults)
#include "test_training_results.moc"
