// SPDX-License-Identifier: Apache-2.0
#include "fakes/scenes.h"
#include "models/history.h"
#include "models/pause_choices.h"
#include "models/study.h"
#include "models/views.h"

#include <QDateTime>
#include <QLocale>
#include <QTemporaryDir>
#include <QtTest>

#include <limits>

using namespace lull;
using namespace lull::models;

namespace {

QString plain(QString text) { return text.replace(QChar(QChar::Nbsp), QChar(' ')); }

void addTemperature(v1::Status& status, const char* name, double celsius, bool gpu) {
  auto* t = status.add_temperatures();
  t->set_name(name);
  t->set_celsius(celsius);
  t->set_is_gpu(gpu);
}

const Thresholds kLimits{.stop = 80, .resume = 70};

}  // namespace

class TestViews : public QObject {
  Q_OBJECT

  QTemporaryDir m_folder;

  v1::Status scene(const char* name) {
    fakes::FakeService service(m_folder.filePath("s"));
    if (!fakes::play(service, name)) qFatal("no scene %s", name);
    return service.status();
  }

private slots:
  void initTestCase() { QLocale::setDefault(QLocale(QLocale::English, QLocale::UnitedStates)); }

  void heatShowsWhatTheServiceGoesBy() {
    v1::Status status;
    addTemperature(status, "NVMe", 90, false);
    QVERIFY(!heat(status, kLimits).known);
    addTemperature(status, "CPU", 71, false);
    QCOMPARE(heat(status, kLimits).name, "CPU");
    addTemperature(status, "GPU edge", 52, true);
    addTemperature(status, "GPU junction", 66, true);
    const auto shown = heat(status, kLimits);
    QCOMPARE(shown.name, "GPU junction");
    QCOMPARE(plain(shown.value), "66 °C");
    QCOMPARE(plain(shown.limits), "rests at 80 °C, goes on below 70 °C");
    QVERIFY(shown.position < shown.resumePosition && shown.resumePosition < shown.stopPosition);
  }

  void heatLevels_data() {
    QTest::addColumn<double>("celsius");
    QTest::addColumn<int>("level");
    QTest::newRow("cool") << 69.9 << 0;
    QTest::newRow("between") << 70.0 << 1;
    QTest::newRow("still between") << 79.9 << 1;
    QTest::newRow("hot") << 80.0 << 2;
  }
  void heatLevels() {
    QFETCH(double, celsius);
    v1::Status status;
    addTemperature(status, "GPU", celsius, true);
    QTEST(heat(status, kLimits).level, "level");
    QCOMPARE(heat(status, {}).level, 0);
    QVERIFY(heat(status, {}).stopPosition < 0);
  }

  void thresholdsFromSettings() {
    v1::GetSettingsReply reply;
    auto* stop = reply.add_settings();
    stop->set_key("thermal.stop");
    stop->set_value("82");
    auto* bad = reply.add_settings();
    bad->set_key("thermal.resume");
    bad->set_value("cool");
    const auto limits = thresholds(reply);
    QCOMPARE(limits.stop.value_or(0), 82.0);
    QVERIFY(!limits.resume);
  }

  void shareOfTheGpuAtWork() {
    auto status = scene("working");
    auto* other = status.add_gpus();
    other->set_name("idle one");
    other->set_usable(true);
    const auto shown = share(status);
    QCOMPARE(shown.gpu, "Radeon RX 7800 XT");
    QCOMPARE(plain(shown.value), "87 %");
    QCOMPARE(shown.position, 0.87);
    status.clear_gpus();
    QVERIFY(!share(status).known);
  }

  void aPartOfTheGpuIsMarked() {
    QVERIFY(share(scene("working")).most.isEmpty());
    QVERIFY(share(scene("working")).mostPosition < 0);
    const auto shown = share(scene("warm"));
    QCOMPARE(plain(shown.most), "58 %");
    QCOMPARE(shown.mostPosition, 0.58);
  }

  void howFastTheGovernorStops() {
    QVERIFY(givenBack(scene("working"), 0).stops.isEmpty());
    auto status = scene("warm");
    QCOMPARE(plain(givenBack(status, 0).stops), "GPU work stops in 1.6 ms to 4.5 ms");
    status.clear_give_back();  // it stopped for heat, never for the owner
    QVERIFY(!givenBack(status, 0).known);
    QVERIFY(!givenBack(status, 0).stops.isEmpty());
  }

  void workOfARunningTask() {
    auto status = scene("working");
    auto shown = work(status);
    QCOMPARE(shown.name, "Galaxy collision, 200,000 stars");
    QCOMPARE(shown.state, "Running");
    QCOMPARE(plain(shown.done), "42 %");
    QCOMPARE(shown.left, "about 12 minutes left");
    QCOMPARE(shown.queue, "3 more tasks wait");
    status.mutable_running(0)->set_progress(0.9999);
    status.mutable_running(0)->set_seconds_left(0);
    status.mutable_running(0)->set_attempt(2);
    status.set_queued(1);
    shown = work(status);
    QCOMPARE(plain(shown.done), "99 %");  // 100 % is only what is done
    QVERIFY(shown.left.isEmpty());
    QCOMPARE(shown.state, "Running (attempt 2)");
    QCOMPARE(shown.queue, "1 more task waits");
    status.clear_running();
    QVERIFY(work(status).id.isEmpty());
    QCOMPARE(work(status).queue, "1 task waits");
  }

  void answersOfALanguageModel() {
    auto status = scene("answering");
    QCOMPARE(plain(work(status).requests), "210 of 500 requests, 2 failed");
    QCOMPARE(plain(work(status).tokens), "412,380 tokens read, 51,204 written, 48 a second");
    auto& task = *status.mutable_running(0);
    task.mutable_usage()->clear_requests_failed();
    QCOMPARE(plain(work(status).requests), "208 of 495 requests");
    task.set_gpu_ns(0);
    task.set_cpu_ns(10'000'000'000'000);
    QVERIFY(plain(work(status).tokens).endsWith("51,204 written, 5.1 a second"));
    task.clear_usage();
    QVERIFY(work(status).requests.isEmpty() && work(status).tokens.isEmpty());
    QVERIFY(work(scene("working")).tokens.isEmpty());
  }

  void lossesOfATraining() {
    v1::Task task;
    QVERIFY(study(task, {}) == Study());
    task.mutable_spec()->mutable_llama_training()->set_model("abc");
    QCOMPARE(modelOf(task), std::string("abc"));
    for (int i = 0; i <= 120; ++i) {
      auto* point = task.add_losses();
      point->set_step(static_cast<std::uint64_t>(i));
      point->set_training(i == 0 ? 99 : i <= 60 ? 4 : 1);  // at step 0 nothing was learned: it is not shown
    }
    const auto shown = study(task, "tiny");
    QCOMPARE(shown.model, "tiny");
    QCOMPARE(shown.losses.size(), qsizetype{kLossBars});
    QCOMPARE(shown.losses.first(), 1.0);
    QCOMPARE(shown.losses.last(), 0.25);
    QCOMPARE(shown.loss, "loss 1.00, at first 4.00");
    task.mutable_losses(5)->set_training(std::numeric_limits<double>::quiet_NaN());
    QCOMPARE(study(task, "tiny").losses.first(), 1.0);
  }

  void aRunningTaskGoesBeforeAParkedOne() {
    auto status = scene("working");
    status.mutable_running(0)->set_state(v1::TASK_STATE_PARKED);
    auto* second = status.add_running();
    second->set_id("t-2");
    second->set_state(v1::TASK_STATE_RUNNING);
    QCOMPARE(work(status).id, "t-2");
  }

  void contributionMarksEstimates() {
    auto status = scene("working");
    const auto shown = contributed(status);
    QCOMPARE(plain(shown.gpuTime), "3 h 14 min");
    QCOMPARE(shown.tasks, "18");
    QCOMPARE(shown.credits, "3.23");
    QCOMPARE(plain(shown.energy), "194 Wh");
    QCOMPARE(shown.energyLabel, "Energy, estimated");
    QCOMPARE(plain(shown.inAll), "In all: 214 h of GPU time, 1,204 tasks, 214 credits");
    status.mutable_today()->set_energy_estimated(false);
    QCOMPARE(contributed(status).energyLabel, "Energy");
  }

  void giveBack() {
    const auto at = QDateTime(QDate(2026, 11, 23), QTime(14, 2)).toMSecsSinceEpoch();
    v1::Status status;
    QVERIFY(!givenBack(status, at).known);
    auto* stats = status.mutable_give_back();
    stats->set_count(41);
    stats->set_last_ms(3.14);
    stats->set_p50_ms(2.8);
    stats->set_p99_ms(7.4);
    stats->set_last_unix_ms(at);
    const auto shown = givenBack(status, at + 60'000);
    QCOMPARE(plain(shown.sentence), "Gave the GPU back in 3.1 ms");
    QCOMPARE(shown.when, "today 14:02");
    QCOMPARE(plain(shown.half), "2.8 ms");
    QCOMPARE(plain(shown.nearlyAll), "7.4 ms");
    QCOMPARE(shown.times, "41 times so far");
    QCOMPARE(givenBack(status, nextMidnight(at)).when, "yesterday 14:02");
  }

  void troublesAreTold() {
    QVERIFY(headline(scene("many-reasons"), 0).troubles.startsWith("The settings file was damaged"));
  }

  void pauseChoices() {
    const auto now = QDateTime(QDate(2026, 11, 23), QTime(23, 30)).toMSecsSinceEpoch();
    QCOMPARE(PauseChoices::until(PauseChoices::HalfAnHour, now), now + 30 * 60'000);
    QCOMPARE(PauseChoices::until(PauseChoices::AnHour, now), now + 60 * 60'000);
    QCOMPARE(PauseChoices::until(PauseChoices::UntilTomorrowMorning, now),
             QDateTime(QDate(2026, 11, 24), QTime(7, 0)).toMSecsSinceEpoch());
    QCOMPARE(PauseChoices::until(PauseChoices::UntilResumed, now), UnixMs(-1));
    PauseChoices choices;
    QCOMPARE(choices.rowCount(), 4);
    for (int i = 0; i < choices.rowCount(); ++i) {
      QVERIFY(!choices.data(choices.index(i), PauseChoices::Label).toString().isEmpty());
    }
  }

  void historyBars() {
    const auto request = historyRequest(1'795'000'000'000);
    QCOMPARE(request.to_unix_ms() - request.from_unix_ms(), kHistorySpan);
    QVERIFY(request.to_unix_ms() > 1'795'000'000'000);
    v1::GetHistoryReply reply;
    const auto add = [&reply, &request](std::int64_t after, double value) {
      auto* point = reply.add_points();
      point->set_unix_ms(request.from_unix_ms() + after);
      point->set_value(value);
    };
    QCOMPARE(history(request, reply).heights, QList<double>(kHistoryBars, 0.0));
    add(0, 450);
    add(30 * 60'000, 900);
    add(kHistorySpan - 1, 1800);
    add(kHistorySpan, 5000);  // outside
    add(-1, 5000);            // outside
    const auto shown = history(request, reply);
    QCOMPARE(shown.heights.size(), kHistoryBars);
    QCOMPARE(shown.heights.first(), 0.25);
    QCOMPARE(shown.heights.at(1), 0.5);
    QCOMPARE(shown.heights.last(), 1.0);
    QCOMPARE(plain(shown.summary), "GPU time in the last 24 hours: 52 min");
  }

  void aLittleWorkLooksLittle() {
    const auto request = historyRequest(1'795'000'000'000);
    v1::GetHistoryReply reply;
    auto* point = reply.add_points();
    point->set_unix_ms(request.from_unix_ms());
    point->set_value(6);
    QCOMPARE(history(request, reply).heights.first(), 0.1);
  }
};

QTEST_GUILESS_MAIN(TestViews)
#include "test_views.moc"
