// SPDX-License-Identifier: Apache-2.0
// lull status and lull why: what is so now, in words and as JSON.
#include "base/time.h"
#include "service/cli/command_test.h"

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

}  // namespace

class TestStatus : public CommandTest {
  Q_OBJECT

private slots:
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

  void tokensAreTold() {
    m_service->publish(fillStatus);
    QVERIFY(!lull({"status"}).out.contains("oken"));  // no language model: not a word of it
    m_service->publish([](v1::Status& status) {
      auto& usage = *status.mutable_today()->mutable_usage();
      usage.set_prompt(1'234'567);
      usage.set_completion(89);
      status.mutable_total()->set_cpu_ns(7'500'000'000'000);
      auto& running = *status.mutable_running(0)->mutable_usage();
      running.set_requests(1);
      running.set_prompt(1200);
    });
    const auto ran = lull({"status"});
    const auto text = QString::fromUtf8(ran.out).simplified();
    for (const auto* part : {"Tokens today 1,234,567 read, 89 written", "2 h 5 min of processor time",
                             "GPU time left, tokens: 1,200 read, 0 written"}) {
      QVERIFY2(text.contains(part), qPrintable(text + "\nlacks " + part));
    }
    QVERIFY(fits80(ran.out));
  }

  void aProcessorThatIsLent() {
    m_service->publish([](v1::Status& status) {
      fillStatus(status);
      auto& processor = *status.mutable_gpus(0);
      processor.set_name("Testor 3000");
      processor.set_type("processor");
      processor.set_task_id(status.running(0).id());
    });
    const auto text = QString::fromUtf8(lull({"status"}).out).simplified();
    for (const auto* part : {"Processor Testor 3000: 0 %", "GPU none found", "about 2 min of computing left"}) {
      QVERIFY2(text.contains(part), qPrintable(text + "\nlacks " + part));
    }
    const auto why = QString::fromUtf8(lull({"why"}).out);
    QVERIFY2(why.contains("The task stays on the processor and stands still."), qPrintable(why));
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
};

QTEST_GUILESS_MAIN(TestStatus)
#include "test_status.moc"
