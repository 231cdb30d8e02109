// SPDX-License-Identifier: Apache-2.0
// lull batch: what it looks at, sends, tells and ends with.
#include "base/sha256.h"
#include "service/cli/command_test.h"
#include "service/cli/fake_models.h"

#include <QDir>
#include <QFile>
#include <QtTest>

using namespace lull;
using namespace lull::test;

namespace {

constexpr auto kId = "t-abcdefghijkl";
constexpr auto kAnswers =
    "{\"custom_id\":\"q1\",\"error\":null,\"response\":{\"body\":{},\"status_code\":200}}\n"
    "{\"custom_id\":\"q2\",\"error\":null,\"response\":{\"body\":{\"error\":{\"message\":\"The request needs 900 "
    "tokens\"}},\"status_code\":400}}\n";

QByteArray question(int number) {
  return QByteArray("{\"custom_id\": \"q") + QByteArray::number(number) +
         "\", \"method\": \"POST\", \"url\": \"/v1/chat/completions\", \"body\": {\"messages\": []}}\n";
}

// Every batch is done as soon as somebody watches, with these failures.
void endOnWatch(FakeService& service, std::uint64_t failed) {
  service.change([failed](FakeService::State& state) {
    state.onWatch = [failed](FakeService::State& now) {
      for (auto& [id, fake] : now.tasks) {
        fake.task.set_state(v1::TASK_STATE_DONE);
        fake.task.set_gpu_ns(41'000'000'000);
        fake.task.mutable_usage()->set_prompt(1234);
        fake.task.mutable_usage()->set_completion(567);
        fake.task.mutable_usage()->set_requests(2 - failed);
        fake.task.mutable_usage()->set_requests_failed(failed);
        fake.task.clear_outputs();
        addResult(fake, "results.jsonl", kAnswers);
      }
    };
  });
}

}  // namespace

class TestBatch : public CommandTest {
  Q_OBJECT

private slots:
  void init() {
    CommandTest::init();
    write("q.jsonl", question(1) + question(2));
    m_service->change([](auto& state) {
      auto tiny = makeModel("tiny", std::string(64, 'a'));
      tiny.set_is_default(true);
      state.models = {tiny, makeModel("other", std::string(64, 'b'))};
    });
  }

  void handsOverAndLeaves() {
    const auto ran = lull({"batch", "run", path("q.jsonl"), "-m", "bbbb", "--context", "2048", "--parallel", "3",
                           "--priority", "-7", "--name", "mine", "--now", "--detach"});
    QVERIFY2(ran.code == 0, ran.err);
    QCOMPARE(ran.out, QByteArray(kId) + "  mine: 2 requests for other\n");
    QVERIFY2(ran.err.contains(QByteArray("lull batch wait ") + kId + " -o FILE"), ran.err);
    m_service->change([](auto& state) {
      const auto& spec = state.tasks[kId].task.spec();
      QCOMPARE(spec.name(), std::string("mine"));
      QCOMPARE(spec.priority(), -7);
      QVERIFY(spec.own());
      QCOMPARE(spec.llama_batch().model(), std::string(64, 'b'));
      QCOMPARE(spec.llama_batch().context(), 2048U);
      QCOMPARE(spec.llama_batch().parallel(), 3U);
      QCOMPARE(state.blobs.at(spec.llama_batch().requests().sha256()), (question(1) + question(2)).toStdString());
    });
    const auto json = lull({"batch", "run", path("q.jsonl"), "--detach", "--json"});
    QCOMPARE(json.json()["id"].toString(), "t-bbcdefghijkl");
    QCOMPARE(json.err, QByteArray());
    m_service->change([](auto& state) {
      const auto& spec = state.tasks["t-bbcdefghijkl"].task.spec();
      QCOMPARE(spec.name(), std::string("q"));
      QCOMPARE(spec.llama_batch().model(), std::string(64, 'a'));
      QVERIFY(!spec.own());
    });
  }

  void waitsAndSaves() {
    endOnWatch(*m_service, 0);
    const auto ran = lull({"batch", "run", path("q.jsonl"), "-o", path("a.jsonl")});
    QVERIFY2(ran.code == 0, ran.err);
    QCOMPARE(read("a.jsonl"), QByteArray(kAnswers));
    QVERIFY2(ran.out.contains("2 requests answered: 1,234 tokens read, 567 written, 41.0 s of GPU time."), ran.out);
    QVERIFY2(ran.out.contains("a.jsonl: "), ran.out);
    QCOMPARE(ran.err, QByteArray());
  }

  void someFailed() {
    endOnWatch(*m_service, 1);
    const auto ran = lull({"batch", "run", path("q.jsonl"), "-o", path("a.jsonl")});
    QCOMPARE(ran.code, 7);
    QVERIFY2(ran.out.contains("1 request answered, 1 failed"), ran.out);
    QVERIFY2(ran.err.contains("line 2, q2: The request needs 900 tokens"), ran.err);
    const auto json = lull({"batch", "run", path("q.jsonl"), "-o", path("b.jsonl"), "--json"});
    QCOMPARE(json.code, 7);
    const auto lines = json.out.trimmed().split('\n');
    QCOMPARE(lines.size(), 3);  // the id, the end, the file
    const auto usage = QJsonDocument::fromJson(lines[1]).object()["task"].toObject()["usage"].toObject();
    QCOMPARE(usage["requests_failed"].toString(), QString("1"));
    QCOMPARE(QJsonDocument::fromJson(lines[2]).object()["path"].toString(), path("b.jsonl"));
    QCOMPARE(json.err, QByteArray());
  }

  void fromInputToOutput() {
    endOnWatch(*m_service, 1);
    const auto ran = run(m_service->socket(), {"batch", "run", "-", "-o", "-"}, question(1) + "\n" + question(2));
    QCOMPARE(ran.code, 7);
    QCOMPARE(ran.out, QByteArray(kAnswers));
    QVERIFY2(ran.err.contains("batch: 2 requests for tiny") && ran.err.contains("1 failed"), ran.err);
    m_service->change(
        [](auto& state) { QCOMPARE(state.blobs.begin()->second, (question(1) + "\n" + question(2)).toStdString()); });
  }

  void nothingIsWrittenOver() {
    write("a.jsonl", "precious");
    const auto ran = lull({"batch", "run", path("q.jsonl"), "-o", path("a.jsonl")});
    QCOMPARE(ran.code, 1);
    QVERIFY2(ran.err.contains("is there already") && ran.err.contains("--force"), ran.err);
    m_service->change([](auto& state) { QVERIFY(state.tasks.empty() && state.blobs.empty()); });
    endOnWatch(*m_service, 0);
    QCOMPARE(lull({"batch", "run", path("q.jsonl"), "-o", path("a.jsonl"), "--force"}).code, 0);
    QCOMPARE(read("a.jsonl"), QByteArray(kAnswers));
  }

  // Somebody makes the file while the batch is computed.
  void norWhatCameMeanwhile() {
    const auto file = path("a.jsonl");
    endOnWatch(*m_service, 0);
    m_service->change([file](auto& state) {
      state.onWatch = [file, end = state.onWatch](FakeService::State& now) {
        QFile made(file);
        if (made.open(QIODevice::WriteOnly)) made.write("precious");
        made.close();
        end(now);
      };
    });
    const auto ran = lull({"batch", "run", path("q.jsonl"), "-o", file});
    QCOMPARE(ran.code, 1);
    QCOMPARE(read("a.jsonl"), QByteArray("precious"));
    QVERIFY2(ran.err.contains(QByteArray("lull result ") + kId), ran.err);
    QCOMPARE(QDir(m_folder->path()).entryList(QDir::Files | QDir::Hidden).size(), 2);
  }

  void badLinesAreTold() {
    write("q.jsonl", question(1) + "[1]\n\n" + "{\"custom_id\": \"x\", \"method\": \"GET\"}\n{oh\n");
    const auto ran = lull({"batch", "run", path("q.jsonl"), "--detach"});
    QVERIFY2(ran.code == 0, ran.err);
    QVERIFY2(ran.err.contains("3 lines of 4 in"), ran.err);
    QVERIFY2(ran.err.contains("line 2: it is a list"), ran.err);
    QVERIFY2(ran.err.contains("line 4: method") && ran.err.contains("line 5: it is not a JSON object"), ran.err);
  }

  void mistakes_data() {
    QTest::addColumn<QByteArray>("requests");
    QTest::addColumn<QStringList>("more");
    QTest::addColumn<int>("code");
    QTest::addColumn<QString>("part");
    QTest::newRow("empty") << QByteArray("\n \n") << QStringList{} << 1 << "has no request: it is empty";
    QTest::newRow("no request in it") << QByteArray("a,b\n1,2\n") << QStringList{} << 1 << "holds no request; line 1";
    QTest::newRow("one list") << QByteArray("[{}]") << QStringList{} << 1 << "jq -c '.[]'";
    QTest::newRow("model") << question(1) << QStringList{"-m", "gone"} << 5 << "there is no model";
    QTest::newRow("a folder") << question(1) << QStringList{"-o", "/"} << 1 << "is a folder";
    QTest::newRow("no folder") << question(1) << QStringList{"-o", "/none/a.jsonl"} << 5 << "there is no folder /none";
    QTest::newRow("json to -") << question(1) << QStringList{"-o", "-", "--json"} << 2 << "no place";
    QTest::newRow("parallel") << question(1) << QStringList{"--parallel", "0"} << 2 << "--parallel";
  }
  void mistakes() {
    QFETCH(QByteArray, requests);
    QFETCH(QStringList, more);
    QFETCH(int, code);
    QFETCH(QString, part);
    write("q.jsonl", requests);
    const auto ran = lull(QStringList{"batch", "run", path("q.jsonl")} + more);
    QCOMPARE(ran.code, code);
    QVERIFY2(ran.err.contains(part.toUtf8()), ran.err);
    m_service->change([](auto& state) { QVERIFY(state.tasks.empty() && state.blobs.empty()); });
  }

  void aMissingFile() { QCOMPARE(lull({"batch", "run", path("none.jsonl")}).code, 5); }

  void aModelThatFitsNowhere() {
    m_service->change([](auto& state) { state.modelFits = false; });
    const auto ran = lull({"batch", "run", path("q.jsonl"), "--detach"});
    QCOMPARE(ran.code, 0);
    QVERIFY2(ran.err.contains("tiny on Pretended GPU: does not fit"), ran.err);
  }

  void aBatchThatFails() {
    m_service->change([](FakeService::State& state) {
      state.onWatch = [](FakeService::State& now) {
        for (auto& [id, fake] : now.tasks) {
          fake.task.set_state(v1::TASK_STATE_FAILED);
          fake.task.mutable_failure()->set_message("The model needs 5.2 GB, this device grants 3.0 GB");
        }
      };
    });
    const auto ran = lull({"batch", "run", path("q.jsonl"), "-o", path("a.jsonl")});
    QCOMPARE(ran.code, 6);
    QVERIFY2(ran.out.contains("needs 5.2 GB"), ran.out);
    QCOMPARE(read("a.jsonl"), QByteArray("(no file)"));
  }

  void ctrlCLeavesItRunning() {
    const auto ran = afterCtrlC({"batch", "run", path("q.jsonl"), "-o", path("a.jsonl")});
    QCOMPARE(ran.code, 130);
    const auto err = ran.err.simplified();
    QVERIFY2(err.contains((QString("lull batch wait ") + kId + " -o " + path("a.jsonl")).toUtf8()), err);
    endOnWatch(*m_service, 0);
    QCOMPARE(lull({"batch", "wait", kId, "-o", path("a.jsonl")}).code, 0);
    QCOMPARE(read("a.jsonl"), QByteArray(kAnswers));
  }

  // Its end is only told by what the queue counts.
  void endsWhileItIsFollowed() {
    QProcess process;
    prepare(process, m_service->socket());
    process.setArguments({"batch", "run", path("q.jsonl")});
    process.start();
    QVERIFY(m_service->waitForWatchers(1));
    m_service->publish([](v1::Status& status) {
      auto& task = *status.add_running();
      task = makeTask(kId, "q", v1::TASK_STATE_RUNNING);
      task.mutable_usage()->set_requests(1);
    });
    m_service->change([](auto& state) {
      state.tasks[kId].task.set_state(v1::TASK_STATE_DONE);
      addResult(state.tasks[kId], "results.jsonl", kAnswers);
    });
    m_service->publish([](v1::Status& status) {
      status.clear_running();
      status.set_done(1);
    });
    QVERIFY(process.waitForFinished(20'000));
    QCOMPARE(process.exitCode(), 0);
    QVERIFY(process.readAllStandardError().contains(QByteArray("lull result ") + kId));
  }

  void waitingForWhatIsNoBatch() {
    addTasks(*m_service, 1);
    const auto ran = lull({"batch", "wait", "t-000000000000"});
    QCOMPARE(ran.code, 1);
    QVERIFY2(ran.err.contains("is no batch"), ran.err);
  }

  void help() {
    const auto ran = lull({"help", "batch", "run"});
    QCOMPARE(ran.code, 0);
    QVERIFY(ran.out.contains("\"custom_id\": \"1\""));
    QVERIFY(fits80(ran.out));
  }
};

QTEST_GUILESS_MAIN(TestBatch)
#include "test_batch.moc"
