// SPDX-License-Identifier: Apache-2.0
// lull tasks, task, history, ledger and log: what is kept, in pages.
#include "service/cli/command_test.h"

#include <QJsonArray>
#include <QtTest>

using namespace lull;
using namespace lull::test;

class TestRecords : public CommandTest {
  Q_OBJECT

private slots:
  void tasksInPages() {
    QVERIFY(lull({"tasks"}).out.contains("No task yet"));
    addTasks(*m_service, 1234);
    const auto ran = lull({"tasks"});
    QCOMPARE(ran.code, 0);
    QCOMPARE(ran.out.count('\n'), 21);  // a head and 20
    QVERIFY(ran.out.split('\n')[1].startsWith("t-000000001233"));
    QVERIFY(ran.out.contains("2 min ago"));
    QVERIFY(ran.err.contains("lull tasks --all"));
    QVERIFY(fits80(ran.out));
    QCOMPARE(lull({"tasks", "--all"}).out.count('\n'), 1235);
    QCOMPARE(lull({"tasks", "-n", "600", "--json"}).json()["tasks"].toArray().size(), 600);
    QCOMPARE(lull({"tasks", "--all", "--state", "done", "--json"}).json()["tasks"].toArray().size(), 617);
    QCOMPARE(lull({"tasks", "--state", "failed,cancelled"}).out, QByteArray("No task is in such a state.\n"));
  }

  void oneTask() {
    m_service->change([](auto& state) {
      auto task = runningTask();
      task.set_state(v1::TASK_STATE_FAILED);
      task.mutable_failure()->set_kind(v1::Failure::KIND_DEVICE_LOST);
      task.mutable_failure()->set_message("The GPU stopped answering.");
      task.mutable_failure()->set_technical("VK_ERROR_DEVICE_LOST in vkQueueSubmit");
      auto& event = *task.add_history();
      event.set_unix_ms(1'795'348'800'000);
      event.set_state(v1::TASK_STATE_FAILED);
      event.set_text("failed on \x1b[31mevil\x1b[0m");
      state.tasks[task.id()].task = task;
    });
    const auto ran = lull({"task", "t-abc"});
    QCOMPARE(ran.code, 0);
    const auto text = QString::fromUtf8(ran.out);
    for (const auto* part : {"t-abcdefghijkl  Mandelbrot", "The GPU stopped answering.", "VK_ERROR_DEVICE_LOST",
                             "1 of 3", "2026-11-22 12:00:00  failed"}) {
      QVERIFY2(text.contains(part), qPrintable(text));
    }
    QVERIFY(!ran.out.contains('\x1b'));
    QCOMPARE(lull({"task", "t-abc", "--json"}).json()["task"].toObject()["failure"].toObject()["kind"].toString(),
             "KIND_DEVICE_LOST");
    QCOMPARE(lull({"task", "t-none"}).code, 5);
    const auto missing = lull({"task", "t-none", "--json"});
    QCOMPARE(missing.code, 5);
    QCOMPARE(missing.errorKind(), "not_found");
    QCOMPARE(missing.out, QByteArray());
  }

  void aTaskWithALanguageModel() {
    m_service->change([](auto& state) {
      auto task = runningTask();
      task.set_runtime("llama");
      task.set_own(true);
      task.set_cpu_ns(61'000'000'000);
      task.mutable_usage()->set_prompt(12'345);
      task.mutable_usage()->set_completion(678);
      task.mutable_usage()->set_requests(5);
      task.mutable_usage()->set_requests_failed(1);
      for (int i = 0; i < 3; ++i) {
        auto& loss = *task.add_losses();
        loss.set_step(static_cast<std::uint64_t>(1000 * i));
        loss.set_training(5.5 - 2 * i);
        if (i != 1) loss.set_held_out(6 - i);
      }
      state.tasks[task.id()].task = task;
    });
    const auto ran = lull({"task", "t-abc"});
    QCOMPARE(ran.code, 0);
    const auto text = QString::fromUtf8(ran.out).simplified();
    for (const auto* part :
         {"Processor time 61.0 s", "Tokens 12,345 read, 678 written", "Requests 5 answered, 1 failed",
          "Speed 55.1 tokens written in a second of GPU time", "Loss 5.5 at first, 1.5 after 2,000 samples",
          "Held-out loss 6 at first, 4 after 2,000 samples", "Earned nothing: it is your own work"}) {
      QVERIFY2(text.contains(part), qPrintable(text + "\nlacks " + part));
    }
    QVERIFY(!text.contains("█"));  // drawn for people only
    const auto json = lull({"task", "t-abc", "--json"}).json()["task"].toObject();
    QCOMPARE(json["losses"].toArray().size(), 3);
    QCOMPARE(json["losses"].toArray()[2].toObject()["held_out"].toDouble(), 4.0);
    QVERIFY(!json["losses"].toArray()[1].toObject().contains("held_out"));
    QCOMPARE(json["usage"].toObject()["requests_failed"].toString(), "1");
  }

  // Also before anything of it is metered.
  void aTaskOnTheProcessorTellsItsTime() {
    m_service->change([](auto& state) {
      auto task = runningTask();
      task.clear_gpu_ns();
      state.tasks[task.id()].task = task;
      auto& processor = *state.status.add_gpus();
      processor.set_type("processor");
      processor.set_task_id(task.id());
    });
    const auto text = QString::fromUtf8(lull({"task", "t-abc"}).out).simplified();
    QVERIFY2(text.contains("Processor time 0 s") && text.contains("of computing left"), qPrintable(text));
    QVERIFY2(!text.contains("GPU time"), qPrintable(text));
    m_service->change([](auto& state) {
      auto& task = state.tasks["t-abcdefghijkl"].task;
      task.set_state(v1::TASK_STATE_DONE);
      task.set_cpu_ns(61'000'000'000);
      state.status.mutable_gpus(0)->clear_task_id();
    });
    const auto ended = QString::fromUtf8(lull({"task", "t-abc"}).out).simplified();
    QVERIFY2(ended.contains("Processor time 61.0 s") && !ended.contains("GPU time"), qPrintable(ended));
  }

  void aTaskWithoutALanguageModelSaysNothingOfIt() {
    m_service->change([](auto& state) { state.tasks["t-abcdefghijkl"].task = runningTask(); });
    const auto out = lull({"task", "t-abc"}).out;
    for (const auto* word : {"Tokens", "Requests", "Speed", "Loss", "Processor", "Earned"}) {
      QVERIFY2(!out.contains(word), word);
    }
  }

  void seriesOfLanguageModels() {
    m_service->change([](auto& state) {
      v1::Point point;
      point.set_unix_ms(1'795'348'800'000);
      point.set_value(12'345);
      state.points.push_back(point);
    });
    QVERIFY(lull({"history", "tokens"}).out.contains("2026-11-22 12:00:00  12,345"));
    m_service->change([](auto& state) { QCOMPARE(state.asked.series(), v1::SERIES_TOKENS); });
    QVERIFY(lull({"history", "cpu-seconds"}).out.contains("2026-11-22 12:00:00  3 h 25 min"));
    m_service->change([](auto& state) { QCOMPARE(state.asked.series(), v1::SERIES_CPU_SECONDS); });
  }

  void historyOfASeries() {
    QVERIFY(lull({"history", "temperature"}).out.contains("Nothing was recorded"));
    m_service->change([](auto& state) {
      v1::Point point;
      point.set_unix_ms(1'795'348'800'000);
      point.set_value(71.2);
      state.points.push_back(point);
    });
    const auto ran = lull({"history", "temperature", "--since", "2h", "--points", "10"});
    QCOMPARE(ran.code, 0);
    QVERIFY2(ran.out.contains("2026-11-22 12:00:00  71 °C"), ran.out);
    m_service->change([](auto& state) {
      QCOMPARE(state.asked.series(), v1::SERIES_TEMPERATURE);
      QCOMPARE(state.asked.points(), 10U);
      QCOMPARE(qint64(state.asked.to_unix_ms() - state.asked.from_unix_ms()) / 1000, qint64(7200));
    });
    QCOMPARE(lull({"history", "temperature", "--json"}).json()["points"].toArray()[0].toObject()["value"].toDouble(),
             71.2);
    QCOMPARE(lull({"history", "mood"}).code, 2);
    QCOMPARE(lull({"history", "credits", "--since", "yesterday"}).code, 2);
    QCOMPARE(lull({"history", "credits", "--points", "0"}).code, 2);
  }

  void ledgerInPages() {
    QVERIFY(lull({"ledger"}).out.contains("The ledger is empty"));
    m_service->change([](auto& state) {
      for (int i = 0; i < 700; ++i) {
        v1::LedgerEntry entry;
        entry.set_id(700 - i);
        entry.set_unix_ms(1'795'348'800'000);
        entry.set_kind(i == 0 ? v1::LedgerEntry::KIND_GIVE_BACK : v1::LedgerEntry::KIND_CREDIT);
        entry.set_micro_credits(250'000);
        entry.set_task_id("t-abcdefghijkl");
        if (i == 1) {
          entry.set_text("Questions");
          entry.mutable_usage()->set_prompt(1200);
        }
        if (i == 0) {
          entry.mutable_give_back()->set_gate_ms(0.4);
          entry.mutable_give_back()->set_drained_ms(3.1);
          entry.mutable_give_back()->set_memory_free_ms(-1);
        }
        state.entries.push_back(entry);
      }
    });
    const auto ran = lull({"ledger"});
    QCOMPARE(ran.code, 0);
    QVERIFY2(ran.out.contains("give-back") && ran.out.contains("3.1 ms") && ran.out.contains("0.25 credits"), ran.out);
    QVERIFY2(!ran.out.contains("memory free"), ran.out);
    QVERIFY2(QString::fromUtf8(ran.out).simplified().contains("Questions (tokens: 1,200 read, 0 written)"), ran.out);
    QVERIFY(fits80(ran.out));
    QCOMPARE(lull({"ledger", "-n", "600", "--json"}).json()["entries"].toArray().size(), 600);
    QCOMPARE(lull({"ledger", "-n", "9000", "--json"}).json()["entries"].toArray().size(), 700);
  }

  void logTail() {
    m_service->change([](auto& state) {
      for (int i = 0; i < 300; ++i) {
        v1::LogLine line;
        line.set_unix_ms(1'795'348'800'000);
        line.set_level(i == 299 ? "warning" : "info");
        line.set_text("line " + std::to_string(i));
        state.lines.push_back(line);
      }
    });
    const auto ran = lull({"log", "-n", "2"});
    QCOMPARE(ran.code, 0);
    QCOMPARE(ran.out, QByteArray("2026-11-22 12:00:00 info    line 298\n2026-11-22 12:00:00 warning line 299\n"));
    QCOMPARE(lull({"log", "--json"}).json()["lines"].toArray().size(), 100);
  }
};

QTEST_GUILESS_MAIN(TestRecords)
#include "test_records.moc"
