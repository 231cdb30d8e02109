// SPDX-License-Identifier: Apache-2.0
// The real `lull`, one short command after the other: words, JSON and exit status.
#include "base/time.h"
#include "service/cli/fake_service.h"
#include "service/cli/lull_process.h"

#include <QJsonArray>
#include <QtTest>

using namespace lull;
using namespace lull::test;

namespace {

v1::Gpu hotGpu() {
  v1::Gpu gpu;
  gpu.set_id("00ff");
  gpu.set_name("Radeon RX 7600");
  gpu.set_type("discrete");
  gpu.set_driver("radv 23.1");
  gpu.set_usable(true);
  auto& verdict = *gpu.mutable_verdict();
  verdict.set_limit(v1::LIMIT_PARK);
  auto& reason = *verdict.add_reasons();
  reason.set_rule("too_hot");
  reason.set_limit(v1::LIMIT_PARK);
  reason.set_text("The GPU is too hot.");
  reason.set_value("84 °C");
  reason.set_threshold("80 °C");
  reason.set_setting("thermal.stop");
  reason.set_remedy("It goes on by itself below 70 °C.");
  reason.set_unit("celsius");
  reason.set_value_number(84);
  reason.set_threshold_number(80);
  return gpu;
}

v1::Task runningTask() {
  auto task = makeTask("t-abcdefghijkl", "Mandelbrot", v1::TASK_STATE_RUNNING);
  task.set_progress(0.43);
  task.set_seconds_left(130);
  task.set_attempt(1);
  task.set_gpu_ns(12'300'000'000);
  return task;
}

void fillStatus(v1::Status& status) {
  status.set_activity(v1::ACTIVITY_RESTING);
  status.set_sentence("Resting: the GPU is at 84 °C, it will go on below 70 °C.");
  *status.add_gpus() = hotGpu();
  auto& temperature = *status.add_temperatures();
  temperature.set_name("GPU");
  temperature.set_celsius(84);
  temperature.set_limit_celsius(100);
  temperature.set_is_gpu(true);
  status.mutable_presence()->set_state(v1::Presence::STATE_AWAY);
  status.mutable_presence()->set_last_activity_unix_ms(SystemClock().now().unixMs - 12 * 60'000);
  status.mutable_presence()->set_devices(3);
  *status.add_running() = runningTask();
  status.set_queued(2);
  status.set_done(5);
  status.mutable_total()->set_gpu_ns(99'000'000'000);
  status.mutable_total()->set_micro_credits(421'000);
  status.mutable_total()->set_tasks_done(5);
  status.mutable_give_back()->set_count(9);
  status.mutable_give_back()->set_p50_ms(1.2);
  status.mutable_give_back()->set_p99_ms(3.4);
  status.mutable_give_back()->set_last_ms(3.1);
  status.mutable_give_back()->set_last_unix_ms(SystemClock().now().unixMs - 7'200'000);
  status.add_troubles("the settings file was damaged and set aside");
}

void addTasks(FakeService& service, int count) {
  service.change([count](FakeService::State& state) {
    for (int i = 0; i < count; ++i) {
      const auto id = "t-" + QString("%1").arg(i, 12, 10, QChar('0')).toStdString();
      state.tasks[id].task =
          makeTask(id, "task number " + std::to_string(i), i % 2 == 0 ? v1::TASK_STATE_DONE : v1::TASK_STATE_QUEUED);
      state.order.push_back(id);
    }
  });
}

bool fits80(const QByteArray& text) {
  for (const auto& line : QString::fromUtf8(text).split('\n')) {
    if (line.size() > 80) {
      qWarning("too wide: %s", qPrintable(line));
      return false;
    }
  }
  return true;
}

}  // namespace

class TestCommands : public QObject {
  Q_OBJECT

private slots:
  void init() { m_service = std::make_unique<FakeService>(); }
  void cleanup() { m_service.reset(); }

  void statusInWords() {
    m_service->publish(fillStatus);
    const auto ran = lull({"status"});
    QCOMPARE(ran.code, 0);
    QCOMPARE(ran.err, QByteArray());
    QVERIFY(ran.out.startsWith("Resting: the GPU is at 84 °C, it will go on below 70 °C.\n"));
    const auto text = QString::fromUtf8(ran.out).simplified();  // however it is wrapped
    for (const auto* part :
         {"t-abcdefghijkl Mandelbrot: running, 43 %, about 2 min of GPU time left", "2 waiting, 5 done",
          "Radeon RX 7600: free", "GPU 84 °C (limit 100 °C)", "away, last input 12 min ago", "0.42 credits",
          "last 3.1 ms, 2 h ago; p50 1.2 ms, p99 3.4 ms of 9", "set aside"}) {
      QVERIFY2(text.contains(part), qPrintable(text + "\nlacks " + part));
    }
    QVERIFY(!text.contains("\x1b"));  // no colours into a pipe
    QVERIFY(fits80(ran.out));
  }

  void aLoweredDutyAndTheGovernorsFigures() {
    m_service->publish([](v1::Status& status) {
      fillStatus(status);
      auto& gpu = *status.mutable_gpus(0);
      gpu.set_task_id("t-abcdefghijkl");
      gpu.set_gpu_share(0.38);
      gpu.clear_verdict();
      gpu.mutable_verdict()->set_limit(v1::LIMIT_RUN);
      gpu.mutable_verdict()->set_duty(0.4);
      auto& reason = *gpu.mutable_verdict()->mutable_duty_reason();
      reason.set_rule("warm");
      reason.set_limit(v1::LIMIT_RUN);
      reason.set_text("The GPU is at 76 °C");
      reason.set_setting("thermal.soften");
      gpu.mutable_governor()->set_stops(12);
      gpu.mutable_governor()->set_stop_p50_ms(1.6);
      gpu.mutable_governor()->set_stop_p99_ms(4.5);
      gpu.mutable_governor()->set_uncut(1);
      gpu.mutable_governor()->set_passed_ungoverned(2);
    });
    const auto text = QString::fromUtf8(lull({"status"}).out).simplified();
    for (const auto* part : {"38 % of its time, at most 40 %", "12 stops, half within 1.6 ms, 99 of 100 within 4.5 ms",
                             "2 submissions ran ungoverned, 1 recording could not be cut"}) {
      QVERIFY2(text.contains(part), qPrintable(text + "\nlacks " + part));
    }
    const auto gpu = lull({"status", "--json"}).json()["status"].toObject()["gpus"].toArray()[0].toObject();
    QCOMPARE(gpu["governor"].toObject()["passed_ungoverned"].toString(), "2");
    const auto why = QString::fromUtf8(lull({"why"}).out);
    QVERIFY2(why.contains("The GPU is at 76 °C") && why.contains("A part of the GPU's time is lent."), qPrintable(why));
  }

  void statusAsJson() {
    m_service->publish(fillStatus);
    const auto ran = lull({"status", "--json"});
    QCOMPARE(ran.code, 0);
    const auto status = ran.json()["status"].toObject();
    QCOMPARE(status["activity"].toString(), "ACTIVITY_RESTING");
    QCOMPARE(status["paused_until_unix_ms"].toString(), "0");  // zeros are written; 64 bits are text in protobuf's JSON
    QCOMPARE(status["gpus"]
                 .toArray()[0]
                 .toObject()["verdict"]
                 .toObject()["reasons"]
                 .toArray()[0]
                 .toObject()["setting"]
                 .toString(),
             "thermal.stop");
    QCOMPARE(ran.out.count('\n'), 1);
    QCOMPARE(lull({"--json", "status"}).out, ran.out);  // wherever the option stands
  }

  void whyItRests() {
    m_service->publish(fillStatus);
    const auto ran = lull({"why"});
    QCOMPARE(ran.code, 0);
    const auto text = QString::fromUtf8(ran.out);
    for (const auto* part : {"1. The GPU is too hot.", "Seen: 84 °C. Held against: 80 °C (thermal.stop).",
                             "To change that:  lull settings set thermal.stop 85", "below 70 °C"}) {
      QVERIFY2(text.contains(part), qPrintable(text));
    }
    QVERIFY(fits80(ran.out));
    // The advice does what it says.
    QCOMPARE(lull({"settings", "set", "thermal.stop", "85"}).code, 0);
  }

  void whyTellsWhenItIsLookedAtAgain() {
    m_service->publish([](v1::Status& status) {
      fillStatus(status);
      auto& reason = *status.mutable_gpus(0)->mutable_verdict()->mutable_reasons(0);
      reason.set_until_unix_ms(SystemClock().now().unixMs + 90'500);
    });
    const auto text = QString::fromUtf8(lull({"why"}).out);
    static const QRegularExpression again("Looked at again at [^,]+, in (1 min|9\\d s|89 s)\\.");
    QVERIFY2(again.match(text).hasMatch(), qPrintable(text));
  }

  void whyNamesAdministratorsWhereTheyAreNeeded() {
    m_service->change([](auto& state) { state.right = v1::RIGHT_CONTROL; });
    m_service->publish([](v1::Status& status) {
      auto& gpu = *status.add_gpus();
      gpu.set_name("llvmpipe");
      auto& reason = *gpu.mutable_verdict()->add_reasons();
      reason.set_rule("no_gpu");
      reason.set_text("There is only a software device.");
      reason.set_setting("gpu.allow_software");
    });
    const auto text = QString::fromUtf8(lull({"why"}).out);
    QVERIFY2(text.contains("sudo lull settings set gpu.allow_software true"), qPrintable(text));
  }

  void whyWithoutAnyGpu() {
    m_service->publish([](v1::Status& status) {
      status.set_sharing(false);
      status.set_paused_until_unix_ms(-1);
    });
    const auto text = QString::fromUtf8(lull({"why"}).out);
    QVERIFY2(text.contains("lull share on") && text.contains("lull resume") && text.contains("lull doctor"),
             qPrintable(text));
  }

  void whyWhenNothingHoldsItBack() {
    m_service->publish([](v1::Status& status) {
      auto& gpu = *status.add_gpus();
      gpu.set_name("Radeon");
      gpu.set_usable(true);
    });
    QVERIFY(lull({"why"}).out.contains("there is just no task"));
    m_service->publish([](v1::Status& status) { *status.add_running() = runningTask(); });
    QVERIFY(lull({"why"}).out.contains("It stops the moment somebody touches"));
    QCOMPARE(lull({"why", "--json"}).json()["status"].toObject()["gpus"].toArray().size(), 1);
  }

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

  void cancelSeveral() {
    addTasks(*m_service, 3);
    QCOMPARE(lull({"cancel", "t-000000000001"}).out, QByteArray("t-000000000001 is cancelled.\n"));
    const auto mixed = lull({"cancel", "t-000000000001", "t-nonsense", "t-000000000000"});  // fine, missing, done
    QCOMPARE(mixed.code, 1);
    QVERIFY(mixed.out.contains("t-000000000001 is cancelled"));
    QVERIFY(mixed.err.contains("there is no task t-nonsense") && mixed.err.contains("done already"));
    QCOMPARE(lull({"cancel", "t-0"}).code, 1);  // begins three tasks
  }

  void pauseAndResume() {
    QVERIFY(lull({"pause"}).out.contains("until you say `lull resume`"));
    QCOMPARE(pausedUntil(), qint64(-1));
    const auto ran = lull({"pause", "1h30m"});
    QCOMPARE(ran.code, 0);
    QVERIFY2(ran.out.contains("1 h 30 min from now"), ran.out);
    QVERIFY(qAbs(pausedUntil() - SystemClock().now().unixMs - 5'400'000) < 60'000);
    QCOMPARE(lull({"pause", "until", "tomorrow"}).code, 0);
    QCOMPARE(pausedUntil() % 86'400'000, qint64(0));
    QCOMPARE(lull({"resume"}).code, 0);
    QCOMPARE(pausedUntil(), qint64(0));
    QCOMPARE(lull({"pause", "5m", "--json"}).out, QByteArray("{}\n"));
    const auto wrong = lull({"pause", "30x"});
    QCOMPARE(wrong.code, 2);
    QVERIFY(wrong.err.contains("30m"));
    const auto hint = lull({"pause", "18:00", "--json"});
    QCOMPARE(hint.code, 2);
    QCOMPARE(hint.errorKind(), "usage");
  }

  void sharing() {
    QVERIFY(lull({"share", "off"}).out.contains("Sharing is off"));
    m_service->change([](auto& state) { QVERIFY(!state.status.sharing()); });
    QVERIFY(lull({"share", "on"}).out.contains("Sharing is on"));
    m_service->change([](auto& state) { QVERIFY(state.status.sharing()); });
    const auto neither = lull({"share"});
    QCOMPARE(neither.code, 2);
    QVERIFY(neither.err.contains("on, off"));
    QCOMPARE(lull({"share", "maybe"}).code, 2);
  }

  void settingsAll() {
    const auto all = lull({"settings"});
    QCOMPARE(all.code, 0);
    QVERIFY(all.out.contains("thermal.stop") && all.out.contains("80 °C"));
    QVERIFY(fits80(all.out));
    QVERIFY(lull({"settings", "thermal"}).out.contains("thermal.resume"));
    const auto one = lull({"settings", "thermal.stop"});
    QVERIFY2(one.out.contains("30 to 110") && one.out.contains("members of the group lull"), one.out);
    QCOMPARE(lull({"settings", "get", "thermal.stop"}).out, QByteArray("80\n"));
    QCOMPARE(lull({"settings", "set", "thermal.stop", "85"}).out, QByteArray("thermal.stop is now 85 °C.\n"));
    QVERIFY(lull({"settings", "thermal"}).out.contains("85 °C *"));
    QCOMPARE(lull({"settings", "get", "thermal.stop", "--json"})
                 .json()["settings"]
                 .toArray()[0]
                 .toObject()["value"]
                 .toString(),
             "85");
    QCOMPARE(lull({"settings", "reset", "thermal.stop"}).out, QByteArray("thermal.stop is 80 °C again.\n"));
    QCOMPARE(lull({"settings", "reset", "--all"}).code, 0);
  }

  void settingsWrong_data() {
    QTest::addColumn<QStringList>("arguments");
    QTest::addColumn<int>("code");
    QTest::addColumn<QString>("kind");
    QTest::newRow("unknown key") << QStringList{"settings", "set", "thermal.stopp", "85"} << 5 << "not_found";
    QTest::newRow("unknown group") << QStringList{"settings", "nonsense"} << 5 << "not_found";
    QTest::newRow("out of range") << QStringList{"settings", "set", "thermal.stop", "500"} << 1 << "invalid";
    QTest::newRow("no number") << QStringList{"settings", "set", "thermal.stop", "warm"} << 1 << "invalid";
    QTest::newRow("below zero is a value, not an option")
        << QStringList{"settings", "set", "thermal.stop", "-5"} << 1 << "invalid";
    QTest::newRow("a group has no value") << QStringList{"settings", "get", "thermal"} << 5 << "not_found";
    QTest::newRow("no value") << QStringList{"settings", "set", "thermal.stop"} << 2 << "usage";
    QTest::newRow("reset what") << QStringList{"settings", "reset"} << 2 << "usage";
    QTest::newRow("reset one and all") << QStringList{"settings", "reset", "thermal.stop", "--all"} << 2 << "usage";
  }
  void settingsWrong() {
    QFETCH(QStringList, arguments);
    QFETCH(int, code);
    QFETCH(QString, kind);
    const auto words = lull(arguments);
    QCOMPARE(words.code, code);
    QVERIFY(words.err.startsWith("lull: "));
    QCOMPARE(words.out, QByteArray());
    const auto json = lull(arguments + QStringList{"--json"});
    QCOMPARE(json.code, code);
    QCOMPARE(json.errorKind(), kind);
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

  void whoMayOnlyLook_data() {
    QTest::addColumn<QStringList>("arguments");
    QTest::newRow("pause") << QStringList{"pause"};
    QTest::newRow("resume") << QStringList{"resume"};
    QTest::newRow("share") << QStringList{"share", "on"};
    QTest::newRow("cancel") << QStringList{"cancel", "t-1"};
    QTest::newRow("set") << QStringList{"settings", "set", "thermal.stop", "85"};
  }
  void whoMayOnlyLook() {
    QFETCH(QStringList, arguments);
    m_service->change([](auto& state) { state.right = v1::RIGHT_OBSERVE; });
    const auto words = lull(arguments);
    QCOMPARE(words.code, 4);
    QVERIFY(words.err.startsWith("lull: "));
    QCOMPARE(lull(arguments + QStringList{"--json"}).errorKind(), "denied");
    QCOMPARE(lull({"status"}).code, 0);
  }

  void noService() {
    const auto socket = m_service->folder() + "/none.sock";
    for (const QStringList& arguments :
         {QStringList{"status"}, {"why"}, {"tasks"}, {"watch"}, {"log", "--follow"}, {"settings"}}) {
      const auto ran = run(socket, arguments);
      QCOMPARE(ran.code, 3);
      QCOMPARE(ran.err, "lull: lulld is not running (no one listens on " + socket.toUtf8() +
                            "). Start it with `systemctl start lulld`, or `./dev run` in a source tree.\n");
    }
    QCOMPARE(run(socket, {"status", "--json"}).errorKind(), "unreachable");
    // --socket is stronger than the environment, wherever it stands.
    QCOMPARE(run(socket, {"status", "--socket", m_service->socket()}).code, 0);
    QCOMPARE(run(socket, {"--socket", m_service->socket(), "settings", "get", "thermal.stop"}).code, 0);
  }

  void anotherVersion() {
    m_service->change([](auto& state) { state.refuseVersion = true; });
    const auto ran = lull({"status", "--json"});
    QCOMPARE(ran.code, 1);
    QCOMPARE(ran.errorKind(), "version");
  }

  void wrongCommandLines_data() {
    QTest::addColumn<QStringList>("arguments");
    QTest::addColumn<QString>("part");
    QTest::newRow("a slip") << QStringList{"statsu"} << "Do you mean: lull status";
    QTest::newRow("an invention") << QStringList{"elephant"} << "lull help";
    QTest::newRow("unknown option") << QStringList{"tasks", "--foo"} << "--foo";
    QTest::newRow("missing id") << QStringList{"task"} << "lull task wants TASK";
    QTest::newRow("missing file") << QStringList{"submit"} << "wants FILE";
    QTest::newRow("not a count") << QStringList{"tasks", "-n", "many"} << "-n";
    QTest::newRow("no count at all") << QStringList{"tasks", "-n", "0"} << "-n";
    QTest::newRow("unknown state") << QStringList{"tasks", "--state", "asleep"} << "asleep";
    QTest::newRow("priority") << QStringList{"submit", "x.json", "--priority", "500"} << "priority";
    QTest::newRow("shell") << QStringList{"completion", "csh"} << "csh";
    QTest::newRow("help for nothing") << QStringList{"help", "elephant"} << "elephant";
    QTest::newRow("too many words") << QStringList{"status", "please"} << "please";
  }
  void wrongCommandLines() {
    QFETCH(QStringList, arguments);
    QFETCH(QString, part);
    const auto words = lull(arguments);
    QCOMPARE(words.code, 2);
    QVERIFY2(QString::fromUtf8(words.err).contains(part), words.err);
    QCOMPARE(words.err.count('\n'), 1);
    QCOMPARE(lull(arguments + QStringList{"--json"}).errorKind(), "usage");
  }

  void helpOfEveryCommand() {
    const auto all = lull({"help"});
    QCOMPARE(all.code, 0);
    QCOMPARE(lull({"--help"}).out, all.out);
    QCOMPARE(lull({}).out, all.out);
    QVERIFY(all.out.contains("130  interrupted"));
    QVERIFY(fits80(all.out));
    static const QRegularExpression command("^  (\\w+)  ", QRegularExpression::MultilineOption);
    auto matches = command.globalMatch(QString::fromUtf8(all.out).section("Commands:", 1).section("Options:", 0, 0));
    int count = 0;
    for (; matches.hasNext(); ++count) {
      const auto name = matches.next().captured(1);
      const auto help = lull({"help", name});
      QCOMPARE(help.code, 0);
      QVERIFY(help.out.contains("Usage: lull " + name.toUtf8()));
      QVERIFY(fits80(help.out));
      QCOMPARE(lull({name, "--help"}).out, help.out);
    }
    QVERIFY(count >= 18);
    QVERIFY(lull({"help", "settings", "set"}).out.contains("Usage: lull settings set KEY VALUE"));
    QCOMPARE(lull({"--version"}).out, QByteArray("lull 0.1.0\n"));
  }

private:
  [[nodiscard]] Ran lull(const QStringList& arguments) const { return run(m_service->socket(), arguments); }
  [[nodiscard]] qint64 pausedUntil() const {
    qint64 until = 0;
    m_service->change([&](auto& state) { until = state.pausedUntil; });
    return until;
  }

  std::unique_ptr<FakeService> m_service;
};

QTEST_GUILESS_MAIN(TestCommands)
#include "test_commands.moc"
