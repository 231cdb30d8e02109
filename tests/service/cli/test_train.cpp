// SPDX-License-Identifier: Apache-2.0
// lull train: what it sends, tells, keeps and ends with.
#include "base/sha256.h"
#include "service/cli/command_test.h"
#include "service/cli/fake_models.h"

#include <QtTest>

using namespace lull;
using namespace lull::test;

namespace {

constexpr auto kId = "t-abcdefghijkl";
constexpr auto kChats = "{\"messages\": [{\"role\": \"assistant\", \"content\": \"56\"}]}\n";
constexpr auto kTrained = "GGUF and what it has learned";

void train(FakeTask& fake) {
  fake.task.set_state(v1::TASK_STATE_DONE);
  fake.task.set_gpu_ns(41'000'000'000);
  for (int i = 0; i < 3; ++i) {
    auto& loss = *fake.task.add_losses();
    loss.set_step(static_cast<std::uint64_t>(600 * i));
    if (i > 0) loss.set_training(5.5 - 2 * i);
    loss.set_held_out(6 - i);
  }
  addResult(fake, "model.gguf", kTrained);
  fake.task.mutable_outputs(0)->set_sha256(sha256(kTrained));
}

// Every training is done as soon as somebody watches.
void endOnWatch(FakeService& service) {
  service.change([](FakeService::State& state) {
    state.onWatch = [](FakeService::State& now) {
      for (auto& [id, fake] : now.tasks) {
        if (fake.task.state() == v1::TASK_STATE_QUEUED) train(fake);
      }
    };
  });
}

}  // namespace

class TestTrain : public CommandTest {
  Q_OBJECT

private slots:
  void init() {
    CommandTest::init();
    write("lesson.jsonl", kChats);
    write("letters.txt", "Dear Anne,");
    m_service->change([](auto& state) {
      auto tiny = makeModel("tiny", std::string(64, 'a'));
      tiny.set_is_default(true);
      state.models = {tiny, makeModel("other", std::string(64, 'b'))};
    });
  }

  void handsOverAndLeaves() {
    const auto ran = lull({"train",
                           path("lesson.jsonl"),
                           "-m",
                           "bbbb",
                           "--epochs",
                           "6",
                           "--learning-rate",
                           "5e-4",
                           "--context",
                           "300",
                           "--seed",
                           "3",
                           "--held-out",
                           "0.1",
                           "--priority",
                           "-7",
                           "--name",
                           "mine",
                           "--now",
                           "--detach"});
    QVERIFY2(ran.code == 0, ran.err);
    QCOMPARE(ran.out, QByteArray(kId) + "  mine: chats for other\n");
    QVERIFY2(ran.err.contains("multiples of 256: 512 tokens are taken"), ran.err);
    QVERIFY2(ran.err.simplified().contains(QByteArray("`lull result ") + kId + " -o FILE`"), ran.err);
    m_service->change([](auto& state) {
      const auto& spec = state.tasks[kId].task.spec();
      QCOMPARE(spec.name(), std::string("mine"));
      QCOMPARE(spec.priority(), -7);
      QVERIFY(spec.own());
      const auto& training = spec.llama_training();
      QCOMPARE(training.model(), std::string(64, 'b'));
      QCOMPARE(training.format(), v1::LlamaTraining::FORMAT_CHATS);
      QCOMPARE(training.epochs(), 6U);
      QCOMPARE(training.learning_rate(), 5e-4);
      QCOMPARE(training.context(), 512U);
      QCOMPARE(training.seed(), 3U);
      QCOMPARE(training.held_out(), 0.1);
      QCOMPARE(state.blobs.at(training.data().sha256()), std::string(kChats));
    });
  }

  void whatTheDataIs_data() {
    QTest::addColumn<QStringList>("words");
    QTest::addColumn<QByteArray>("input");
    QTest::addColumn<bool>("chats");
    QTest::newRow("by its name") << QStringList{"letters.txt"} << QByteArray() << false;
    QTest::newRow("as told") << QStringList{"letters.txt", "--format", "chats"} << QByteArray() << true;
    QTest::newRow("as told, in spite of its name")
        << QStringList{"lesson.jsonl", "--format", "text"} << QByteArray() << false;
    QTest::newRow("chats from another program") << QStringList{"-"} << QByteArray(kChats) << true;
    QTest::newRow("text from another program") << QStringList{"-"} << QByteArray("Dear Anne,") << false;
  }
  void whatTheDataIs() {
    QFETCH(QStringList, words);
    QFETCH(QByteArray, input);
    QFETCH(bool, chats);
    if (words[0] != "-") words[0] = path(words[0]);
    const auto ran = run(m_service->socket(), QStringList{"train", "--detach", "--json"} + words, input);
    QVERIFY2(ran.code == 0, ran.err);
    QCOMPARE(ran.json()["id"].toString(), QString(kId));
    m_service->change([&](auto& state) {
      const auto& spec = state.tasks[kId].task.spec();
      QCOMPARE(spec.llama_training().format(),
               chats ? v1::LlamaTraining::FORMAT_CHATS : v1::LlamaTraining::FORMAT_TEXT);
      QCOMPARE(spec.llama_training().epochs(), 2U);
      QCOMPARE(spec.llama_training().model(), std::string(64, 'a'));
      if (!input.isEmpty()) QCOMPARE(spec.name(), std::string("training"));
      if (!input.isEmpty()) QCOMPARE(state.blobs.at(sha256(input.toStdString())), input.toStdString());
    });
  }

  void waitsAndSaves() {
    endOnWatch(*m_service);
    const auto ran = lull({"train", path("lesson.jsonl"), "-o", path("mine.gguf")});
    QVERIFY2(ran.code == 0, ran.err);
    QCOMPARE(read("mine.gguf"), QByteArray(kTrained));
    QVERIFY2(ran.out.contains("1200 samples learned: loss 3.500 → 1.500, held out 6.000 → 4.000; 41.0 s of GPU time."),
             ran.out);
    QCOMPARE(ran.err, QByteArray());
    const auto json = lull({"train", path("lesson.jsonl"), "-o", path("again.gguf"), "--json"});
    const auto lines = json.out.trimmed().split('\n');
    QCOMPARE(lines.size(), 3);  // the id, the end, the file
    QCOMPARE(QJsonDocument::fromJson(lines[2]).object()["path"].toString(), path("again.gguf"));
  }

  void tellsHowToGetTheModel() {
    endOnWatch(*m_service);
    const auto ran = lull({"train", path("lesson.jsonl")});
    QCOMPARE(ran.code, 0);
    QVERIFY2(ran.err.contains(QByteArray("lull result ") + kId + " -o FILE"), ran.err);
  }

  void joinsTheModels_data() {
    QTest::addColumn<bool>("saved");
    QTest::newRow("saved too") << true;
    QTest::newRow("only there") << false;
  }
  void joinsTheModels() {
    QFETCH(bool, saved);
    endOnWatch(*m_service);
    QStringList words{"train", path("lesson.jsonl"), "--add", "taught"};
    if (saved) words << "-o" << path("mine.gguf");
    const auto ran = lull(words);
    QVERIFY2(ran.code == 0, ran.err);
    QVERIFY2(ran.out.contains("taught is here"), ran.out);
    QCOMPARE(read("mine.gguf"), QByteArray(saved ? kTrained : "(no file)"));
    m_service->change([](auto& state) {
      QCOMPARE(state.models.size(), std::size_t{3});
      QCOMPARE(state.models[2].name(), std::string("taught"));
      QCOMPARE(state.models[2].sha256(), sha256(kTrained));
    });
  }

  void nothingIsWrittenOver() {
    write("mine.gguf", "precious");
    const auto ran = lull({"train", path("lesson.jsonl"), "-o", path("mine.gguf")});
    QCOMPARE(ran.code, 1);
    QVERIFY2(ran.err.contains("is there already") && ran.err.contains("--force"), ran.err);
    m_service->change([](auto& state) { QVERIFY(state.tasks.empty() && state.blobs.empty()); });
    endOnWatch(*m_service);
    QCOMPARE(lull({"train", path("lesson.jsonl"), "-o", path("mine.gguf"), "--force"}).code, 0);
    QCOMPARE(read("mine.gguf"), QByteArray(kTrained));
  }

  void mistakes_data() {
    QTest::addColumn<QStringList>("words");
    QTest::addColumn<int>("code");
    QTest::addColumn<QString>("part");
    QTest::newRow("no such file") << QStringList{"none.txt"} << 5 << "none.txt";
    QTest::newRow("no such model") << QStringList{"letters.txt", "-m", "gone"} << 5 << "there is no model";
    QTest::newRow("a model as text") << QStringList{"letters.txt", "-o", "-"} << 2 << "a model is no text";
    QTest::newRow("no such folder") << QStringList{"letters.txt", "-o", "/none/x.gguf"} << 5 << "no folder /none";
    QTest::newRow("no epochs") << QStringList{"letters.txt", "--epochs", "0"} << 2 << "--epochs";
    QTest::newRow("an empty input") << QStringList{"-"} << 1 << "standard input is empty";
  }
  void mistakes() {
    QFETCH(QStringList, words);
    QFETCH(int, code);
    QFETCH(QString, part);
    if (words[0] != "-") words[0] = path(words[0]);
    const auto ran = lull(QStringList{"train"} + words);
    QCOMPARE(ran.code, code);
    QVERIFY2(ran.err.contains(part.toUtf8()), ran.err);
    m_service->change([](auto& state) { QVERIFY(state.tasks.empty()); });
  }

  void aTrainingThatFails() {
    m_service->change([](FakeService::State& state) {
      state.onWatch = [](FakeService::State& now) {
        for (auto& [id, fake] : now.tasks) {
          fake.task.set_state(v1::TASK_STATE_FAILED);
          fake.task.mutable_failure()->set_message("The loss has become infinite. Lower the learning rate");
        }
      };
    });
    const auto ran = lull({"train", path("lesson.jsonl"), "-o", path("mine.gguf")});
    QCOMPARE(ran.code, 6);
    QVERIFY2(ran.out.contains("Lower the learning rate"), ran.out);
    QCOMPARE(read("mine.gguf"), QByteArray("(no file)"));
  }

  void ctrlCLeavesItRunning() {
    const auto ran = afterCtrlC({"train", path("lesson.jsonl"), "-o", path("mine.gguf")});
    QCOMPARE(ran.code, 130);
    const auto err = ran.err.simplified();
    QVERIFY2(err.contains("the service goes on with it") && err.contains(QByteArray("`lull cancel ") + kId), err);
    m_service->change([](auto& state) { QCOMPARE(state.tasks[kId].task.state(), v1::TASK_STATE_QUEUED); });
  }
};

QTEST_GUILESS_MAIN(TestTrain)
#include "test_train.moc"
