// SPDX-License-Identifier: Apache-2.0
// How much of the GPU's time may be lent: each answer alone, then whole machines that warm up and cool down.
#include "base/file.h"
#include "policy/duty.h"
#include "senses/linux/thermometers.h"
#include "service/policy/cases.h"

#include <QTemporaryDir>
#include <QTest>

#include <cmath>
#include <utility>

using namespace lull;
using namespace lull::test;

namespace {

int percentOf(const model::Verdicts& verdicts) { return static_cast<int>(std::lround(verdicts.device.duty * 100)); }

// A device that is looked at with one GPU temperature after the other.
class Watched {
public:
  explicit Watched(v1::Settings settings = sharing()) : m_settings(std::move(settings)) {}

  int at(Nanoseconds since, double celsius) {
    m_facts.now = test::at(since);
    m_facts.temperatures = {.value = {temperature("GPU", celsius, true)}, .at = m_facts.now.instant};
    m_facts.power.at = m_facts.memory.at = m_facts.now.instant;
    m_verdicts = policy::decide(m_facts, m_settings, m_verdicts);
    return percentOf(m_verdicts);
  }
  [[nodiscard]] const model::Verdicts& verdicts() const { return m_verdicts; }
  [[nodiscard]] std::string reason() const {
    return m_verdicts.device.dutyReason ? m_verdicts.device.dutyReason->rule() : "";
  }

private:
  v1::Settings m_settings;
  model::Facts m_facts = quietMachine();
  model::Verdicts m_verdicts;
};

v1::Settings withMost(std::uint32_t percent) {
  auto settings = sharing();
  settings.mutable_gpu()->set_max_duty(percent);
  return settings;
}

// How a GPU warms up: at once by `quick` °C at full load, and by `slow` °C within some `lag`s.
struct Machine {
  double ambient;
  double quick;
  double slow;
  double lag;
};

// A captured machine whose GPU follows what is lent of it.
class Living {
public:
  explicit Living(const Machine& machine) : m_machine(machine), m_slow(machine.ambient) {
    const auto captured = std::filesystem::path(qEnvironmentVariable("LULL_SOURCE_DIR").toStdString()) /
                          "tests/machines/desktop-amd-card";
    std::filesystem::copy(captured / "sys", root() / "sys", std::filesystem::copy_options::recursive);
  }
  void setAmbient(double celsius) { m_machine.ambient = celsius; }
  // One second passes under this load.
  void live(double load) {
    m_slow += (m_machine.ambient + m_machine.slow * load - m_slow) * (1 - std::exp(-1 / m_machine.lag));
    const auto milli = std::lround(m_slow + m_machine.quick * load) * 1000;  // the driver tells whole degrees
    if (std::exchange(m_milli, milli) == milli) return;
    const auto hwmon = root() / "sys/class/hwmon/hwmon1";
    for (const char* sensor : {"temp1_input", "temp2_input", "temp3_input"}) {
      if (!replaceFile(hwmon / sensor, std::to_string(milli) + "\n", Durability::Rename)) qFatal("no machine");
    }
  }
  [[nodiscard]] std::vector<v1::Temperature> look() const { return senses::Thermometers(root() / "sys").read(); }

private:
  [[nodiscard]] std::filesystem::path root() const { return m_folder.path().toStdString(); }

  Machine m_machine;
  double m_slow;
  long m_milli = 0;
  QTemporaryDir m_folder;
};

struct Course {
  std::vector<int> percents;  // one per second; 0 while it rests
  int rests = 0;
  // How often it turned from rising to falling or back, from this second on.
  [[nodiscard]] int turnsFrom(std::size_t second) const {
    int turns = 0;
    int before = 0;
    for (std::size_t i = second + 1; i < percents.size(); ++i) {
      const int step = percents[i] - percents[i - 1];
      if (step == 0) continue;
      turns += before * step < 0 ? 1 : 0;
      before = step;
    }
    return turns;
  }
};

constexpr int kLookEvery = 2;  // s, as under Attention::Close
constexpr int kWarmFor = 900;
constexpr int kCoolFor = 600;

// Warm for a quarter of an hour, then the window is opened.
Course lived(const Machine& machine) {
  Living living(machine);
  auto facts = quietMachine();
  const auto settings = sharing();
  model::Verdicts verdicts;
  Course course;
  for (int second = 0; second < kWarmFor + kCoolFor; ++second) {
    if (second == kWarmFor) living.setAmbient(machine.ambient - 30);
    living.live(verdicts.device.duty);
    if (second % kLookEvery == 0) {
      facts.now = test::at(Seconds(second));
      facts.temperatures = {.value = living.look(), .at = facts.now.instant};
      facts.power.at = facts.memory.at = facts.now.instant;
      const bool ran = verdicts.device.limit == v1::LIMIT_RUN;
      verdicts = policy::decide(facts, settings, verdicts);
      course.rests += ran && verdicts.device.limit != v1::LIMIT_RUN ? 1 : 0;
    }
    course.percents.push_back(percentOf(verdicts));
  }
  return course;
}

}  // namespace

class TestDuty : public QObject {
  Q_OBJECT

private slots:
  void atFirstSight_data() {
    QTest::addColumn<double>("celsius");
    QTest::addColumn<int>("most");
    QTest::addColumn<int>("percent");
    QTest::addColumn<QString>("rule");
    QTest::newRow("cool") << 50.0 << 100 << 100 << "";
    QTest::newRow("at the soft limit") << 72.0 << 100 << 100 << "";
    QTest::newRow("above it") << 74.0 << 100 << 79 << "warm";
    QTest::newRow("half way") << 75.0 << 100 << 68 << "warm";
    QTest::newRow("all but stopped") << 79.9 << 100 << 16 << "warm";
    QTest::newRow("stopped") << 80.0 << 100 << 0 << "";
    QTest::newRow("the owner's limit") << 50.0 << 40 << 40 << "max_duty";
    QTest::newRow("the owner's limit is stricter") << 74.0 << 40 << 40 << "max_duty";
    QTest::newRow("heat is stricter") << 79.0 << 40 << 26 << "warm";
    QTest::newRow("a limit of nothing is none") << 50.0 << 0 << 100 << "";
  }
  void atFirstSight() {
    QFETCH(double, celsius);
    QFETCH(int, most);
    QFETCH(int, percent);
    QFETCH(QString, rule);
    Watched device(withMost(static_cast<std::uint32_t>(most)));
    QCOMPARE(device.at({}, celsius), percent);
    QCOMPARE(QString::fromStdString(device.reason()), rule);
    QCOMPARE(percentOf(device.verdicts()), static_cast<int>(std::lround(device.verdicts().byGpu.at("a").duty * 100)));
  }
  void memoryIsGrantedWithTheGpu() {
    auto settings = sharing();
    settings.mutable_gpu()->set_max_memory(3);
    Watched device(settings);
    device.at({}, 50);
    QCOMPARE(device.verdicts().byGpu.at("a").memoryLimit, std::uint64_t{3} << 20U);
    device.at({}, 90);  // too hot: nothing is granted
    QCOMPARE(device.verdicts().byGpu.at("a").memoryLimit, std::uint64_t{0});
  }
  void theReasonIsWhole() {
    Watched device;
    device.at({}, 76);
    const auto& reason = *device.verdicts().device.dutyReason;
    QCOMPARE(reason.limit(), v1::LIMIT_RUN);
    QCOMPARE(reason.text(), std::string("The GPU is at 76 °C"));
    QCOMPARE(reason.threshold(), std::string("72 °C"));
    QCOMPARE(reason.setting(), std::string("thermal.soften"));
    QVERIFY(!reason.remedy().empty());
    QVERIFY(device.verdicts().device.reasons.empty());  // nothing holds it back
  }
  void switchedOffHeatTakesNothing() {
    auto settings = sharing();
    settings.mutable_thermal()->set_soften(0);
    Watched device(settings);
    QCOMPARE(device.at({}, 79), 100);
  }
  void whereNoTemperatureIsToldAllMayBeLent() {
    auto facts = quietMachine();
    facts.temperatures.value.clear();
    QCOMPARE(percentOf(policy::decide(facts, sharing(), {})), 100);
  }
  void itFallsStepByStep() {
    Watched device;
    QCOMPARE(device.at({}, 60), 100);
    QCOMPARE(device.at(Seconds(4), 78), 100);  // not so soon
    QCOMPARE(device.verdicts().lookAgain, std::optional(kStart + policy::kDutyStep));
    int before = 100;
    for (int second = 5; second < 60; second += 5) {
      const int now = device.at(Seconds(second), 78);
      QVERIFY(now < before || before == 36);
      QVERIFY(before - now <= 22);  // a third of the way
      before = now;
    }
    QCOMPARE(before, 36);  // where the line is at 78 °C
  }
  void itRisesSlowlyAndOnlyWhenItWillStay() {
    Watched device;
    QCOMPARE(device.at({}, 78), 36);
    QCOMPARE(device.at(Seconds(10), 76), 36);  // 79 °C would be too much again
    QCOMPARE(device.at(Seconds(20), 75), 36);
    QVERIFY(!device.verdicts().lookAgain || *device.verdicts().lookAgain > kStart + Seconds(25));  // settled
    int before = 36;
    for (int second = 25; second < 60; second += 5) {
      const int now = device.at(Seconds(second), 60);
      QVERIFY(now > before && now <= before + 5);
      before = now;
    }
    QCOMPARE(device.at(Seconds(600), 60), 100);  // nobody looked for a while, and it is cool
  }
  // Work that stops for heat comes back as it was: not with everything at once, only to be stopped again.
  void afterAStopItBeginsLow() {
    Watched device;
    device.at({}, 79);
    QCOMPARE(device.at(Seconds(2), 81), 0);
    QCOMPARE(device.at(Seconds(4), 75), 0);
    const int again = device.at(Seconds(6), 70);
    QVERIFY(again > 0 && again <= 31);
  }
  void timeAloneChangesNothingOnceItHasSettled() {
    Watched device;
    for (int second = 0; second < 200; second += 5) device.at(Seconds(second), 77);
    const int settled = percentOf(device.verdicts());
    QCOMPARE(device.at(Seconds(205), 77), settled);
    QVERIFY(*device.verdicts().lookAgain >= kStart + Seconds(205) + policy::kReadingHolds);
  }

  // The captured machine, its temperature following the work: the duty falls, settles, and recovers when it can.
  void aWarmMachineSettlesAndRecovers_data() {
    QTest::addColumn<double>("ambient");
    QTest::addColumn<double>("quick");
    QTest::addColumn<double>("slow");
    QTest::addColumn<double>("lag");
    QTest::newRow("a summer's day") << 45.0 << 5.0 << 35.0 << 60.0;
    QTest::newRow("a small cooler") << 45.0 << 15.0 << 35.0 << 30.0;
    QTest::newRow("a heavy one") << 45.0 << 5.0 << 50.0 << 120.0;
    QTest::newRow("dust") << 48.0 << 8.0 << 40.0 << 90.0;
    QTest::newRow("a card that warms at once") << 45.0 << 20.0 << 35.0 << 30.0;
  }
  void aWarmMachineSettlesAndRecovers() {
    QFETCH(double, ambient);
    QFETCH(double, quick);
    QFETCH(double, slow);
    QFETCH(double, lag);
    const auto course = lived({ambient, quick, slow, lag});
    QCOMPARE(course.rests, 0);
    const int warm = course.percents[kWarmFor - 1];
    QVERIFY2(warm >= 15 && warm < 95, qPrintable(QString::number(warm)));
    QVERIFY2(course.turnsFrom(0) <= 4, qPrintable(QString::number(course.turnsFrom(0))));
    QCOMPARE(course.turnsFrom(kWarmFor / 2), 0);  // settled: from then on only up, when the air is cooler
    QCOMPARE(course.percents.back(), 100);
  }
};

QTEST_GUILESS_MAIN(TestDuty)
#include "test_duty.moc"
