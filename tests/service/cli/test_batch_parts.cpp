// SPDX-License-Identifier: Apache-2.0
// The pure parts of lull batch: what a line may be, how fast it goes, what is said of it.
#include "cli/batch_failures.h"
#include "cli/batch_file.h"
#include "cli/batch_view.h"
#include "cli/pace.h"

#include <QFile>
#include <QTemporaryDir>
#include <QtTest>

using namespace lull;
using namespace lull::cli;

namespace {

Instant at(double seconds) {
  return Instant(std::chrono::duration_cast<Instant::duration>(std::chrono::duration<double>(seconds)));
}

v1::Status runningStatus(v1::TaskState state) {
  v1::Status status;
  auto& task = *status.add_running();
  task.set_id("t-1");
  task.set_name("mine");
  task.set_state(state);
  auto& gpu = *status.add_gpus();
  gpu.set_task_id("t-1");
  gpu.mutable_verdict()->set_limit(v1::LIMIT_RUN);
  return status;
}

void hold(v1::Status& status, const char* rule, const char* text) {
  auto& verdict = *status.mutable_gpus(0)->mutable_verdict();
  verdict.set_limit(v1::LIMIT_PARK);
  auto& reason = *verdict.add_reasons();
  reason.set_rule(rule);
  reason.set_text(text);
}

}  // namespace

class TestBatchParts : public QObject {
  Q_OBJECT

private slots:
  void lines_data() {
    QTest::addColumn<QByteArray>("line");
    QTest::addColumn<QString>("trouble");
    const QByteArray good = R"({"custom_id": "1", "method": "POST", "url": "/v1/embeddings", "body": {"input": "x"}})";
    QTest::newRow("good") << good << "";
    QTest::newRow("cut off") << good.left(20) << "cut off";
    QTest::newRow("a list") << QByteArray("[" + good + "]") << "jq";
    QTest::newRow("no name") << QByteArray(good).replace("custom_id", "id") << "custom_id";
    QTest::newRow("a number for a name") << QByteArray(good).replace("\"1\"", "1") << "custom_id";
    QTest::newRow("method") << QByteArray(good).replace("POST", "GET") << "method";
    QTest::newRow("url") << QByteArray(good).replace("embeddings", "images") << "\"/v1/images\" is not answered";
    QTest::newRow("no url") << QByteArray(good).replace("\"url\"", "\"path\"") << "none is named";
    QTest::newRow("body") << QByteArray(good).replace("{\"input\": \"x\"}", "3") << "body";
    QTest::newRow("long") << QByteArray((4 << 20) + 1, ' ') << "4 MiB";
  }
  void lines() {
    QFETCH(QByteArray, line);
    QFETCH(QString, trouble);
    const auto found = QString::fromStdString(troubleOf(line.toStdString()));
    QVERIFY2(trouble.isEmpty() ? found.isEmpty() : found.contains(trouble), qUtf8Printable(found));
  }

  void aLongLineIsNotKept() {
    const QTemporaryDir folder;
    QFile file(folder.filePath("q.jsonl"));
    QVERIFY(file.open(QIODevice::WriteOnly));
    file.write(QByteArray(9 << 20, 'x') + "\n" +
               R"({"custom_id": "1", "method": "POST", "url": "/v1/completions", "body": {}})");  // no end of line
    file.close();
    const Interrupt never;
    const auto looked = lookAt(file.fileName().toStdString(), {.name = "q.jsonl", .interrupt = never, .progress = {}});
    QVERIFY(looked.ok());
    QCOMPARE(looked->requests, std::uint64_t{2});
    QCOMPARE(looked->bad, std::uint64_t{1});
    QCOMPARE(looked->firstBad.front().first, std::uint64_t{1});
  }

  void timeThatIsWaitedDoesNotCount() {
    Pace pace;
    pace.take({.at = at(0), .running = true});
    QVERIFY(!pace.tokensPerSecond());
    pace.take({.at = at(10), .running = false, .requests = 5, .tokens = 400});
    pace.take({.at = at(5000), .running = true, .requests = 5, .tokens = 400});
    QCOMPARE(*pace.tokensPerSecond(), 40.0);
    QCOMPARE(*pace.secondsFor(20), 40.0);
  }

  void onlyTheLastHalfMinuteCounts() {
    Pace pace;
    for (int i = 0; i <= 100; ++i) {
      const auto tokens = static_cast<std::uint64_t>(i <= 50 ? i * 10 : 500 + (i - 50) * 100);
      pace.take({.at = at(i), .running = true, .requests = 0, .tokens = tokens});
    }
    QCOMPARE(*pace.tokensPerSecond(), 100.0);
    QVERIFY(!pace.secondsFor(1));
  }

  void whatIsTakenBackBeginsAnew() {
    Pace pace;
    pace.take({.at = at(0), .running = true, .requests = 0, .tokens = 0});
    pace.take({.at = at(10), .running = true, .requests = 9, .tokens = 100});
    pace.take({.at = at(11), .running = true, .requests = 4, .tokens = 50});
    QVERIFY(!pace.tokensPerSecond());
  }

  void whatItWaitsFor() {
    auto status = runningStatus(v1::TASK_STATE_PARKED);
    hold(status, "owner_present", "This computer is in use");
    QCOMPARE(waitsFor(status, "t-1"), std::string("you are here"));
    status.mutable_gpus(0)->mutable_verdict()->mutable_reasons(0)->set_rule("too_hot");
    QCOMPARE(waitsFor(status, "t-1"), std::string("this computer is in use"));
    QCOMPARE(waitsFor(runningStatus(v1::TASK_STATE_RUNNING), "t-1"), std::string());
    QCOMPARE(waitsFor(runningStatus(v1::TASK_STATE_STARTING), "t-1"), std::string("it is being started"));
    QCOMPARE(waitsFor(v1::Status(), "t-2"), std::string("its turn"));
    QCOMPARE(waitsFor(runningStatus(v1::TASK_STATE_RUNNING), "t-2"), std::string("“mine” is computed before it"));
  }

  void theLine() {
    BatchView view("t-1", 50);
    auto status = runningStatus(v1::TASK_STATE_RUNNING);
    view.take(status, at(0));
    QCOMPARE(view.line(), std::string("0 of 50 requests"));
    auto& usage = *status.mutable_running(0)->mutable_usage();
    usage.set_requests(11);
    usage.set_requests_failed(1);
    usage.set_completion(410);
    view.take(status, at(10));
    QCOMPARE(view.line(), std::string("12 of 50 requests, 1 failed, 41 tokens/s, 32 s left"));
    status.mutable_running(0)->set_seconds_left(130);
    view.take(status, at(10));
    QCOMPARE(view.line(), std::string("12 of 50 requests, 1 failed, 41 tokens/s, 2 min of GPU time left"));
    status.mutable_gpus(0)->set_type("processor");
    view.take(status, at(10));
    QVERIFY2(view.line().ends_with(", 2 min of computing left"), view.line().c_str());
    status.mutable_running(0)->set_state(v1::TASK_STATE_PARKED);
    hold(status, "owner_present", "This computer is in use");
    view.take(status, at(11));
    QCOMPARE(view.line(), std::string("12 of 50 requests, 1 failed; waits: you are here"));
    // Evicted: what is known of it stays.
    status.clear_running();
    view.take(status, at(12));
    QCOMPARE(view.line(), std::string("12 of 50 requests, 1 failed; waits: you are here"));
  }

  void theSummary() {
    v1::Task task;
    task.mutable_usage()->set_requests(1);
    task.mutable_usage()->set_prompt(1'234'567);
    task.set_cpu_ns(3'000'000'000);
    QCOMPARE(summaryOf(task),
             std::string("1 request answered: 1,234,567 tokens read, 0 written, 3.0 s of processor time."));
  }

  void failures() {
    const QTemporaryDir folder;
    QFile file(folder.filePath("a.jsonl"));
    QVERIFY(file.open(QIODevice::WriteOnly));
    for (int i = 0; i < 9; ++i) {
      file.write(i % 2 == 0 ? "{\"custom_id\":\"a\",\"response\":{\"status_code\":200}}\n"
                            : "{\"custom_id\":\"b\",\"response\":{\"status_code\":400,\"body\":{\"error\":{\"message\":"
                              "\"too \\u001b[31mlong\"}}}}\n");
    }
    file.close();
    const auto found = failuresIn(file.fileName().toStdString());
    QCOMPARE(found.size(), std::size_t{3});
    QCOMPARE(found[1].line, std::uint64_t{4});
    QCOMPARE(found[1].text, std::string("b: too  [31mlong"));
    QVERIFY(failuresIn(folder.filePath("none").toStdString()).empty());
  }
};

QTEST_GUILESS_MAIN(TestBatchParts)
#include "test_batch_parts.moc"
