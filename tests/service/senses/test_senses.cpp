// SPDX-License-Identifier: Apache-2.0
// All senses together over a captured machine, as the service uses them.
#include "service/senses/input_folder.h"
#include "service/senses/loop.h"

#include "senses/calm.h"
#include "senses/senses.h"

#include <QDir>
#include <QFile>
#include <QTest>

using namespace lull;
using namespace lull::test;
using model::Attention;
using Source = model::Presence::Source;

namespace {

namespace fs = std::filesystem;

// Counts how often it is asked: who does not look at the clock does not read either.
class CountingClock final : public Clock {
public:
  [[nodiscard]] Now now() const override {
    ++m_asked;
    return SystemClock().now();
  }
  [[nodiscard]] int asked() const { return m_asked; }

private:
  mutable int m_asked = 0;
};

struct Bench {
  QTemporaryDir machine;
  InputFolder input;
  asio::io_context loop;
  CountingClock clock;
  int changes = 0;
  bool inCall = false;
  bool calledInside = false;
  std::unique_ptr<senses::Senses> senses;

  explicit Bench(const char* name) {
    const fs::path captured = qEnvironmentVariable("LULL_SOURCE_DIR").toStdString() + "/tests/machines/" + name;
    fs::copy(captured, machine.path().toStdString(), fs::copy_options::recursive);
    const fs::path bin = qEnvironmentVariable("LULL_BUILD_DIR").toStdString() + "/bin";
    senses::Doors doors;
    doors.input = input.path();
    doors.sys = file("sys");
    doors.proc = file("proc");
    doors.presenceProgram = bin / "lull-presence";
    doors.gpusProgram = bin / "lull-gpus";
    call([&] {
      auto made = senses::Senses::create(loop, clock, doors, [this] {
        ++changes;
        calledInside |= inCall;
      });
      if (made) senses = std::move(*made);
    });
  }
  fs::path file(const std::string& path) const { return fs::path(machine.path().toStdString()) / path; }
  void write(const std::string& path, const QByteArray& text) const {
    QFile f(QString::fromStdString(file(path).native()));
    if (f.open(QIODevice::WriteOnly | QIODevice::Truncate)) f.write(text);
  }
  template <typename Call>
  void call(Call what) {
    inCall = true;
    what();
    inCall = false;
  }
  void attend(Attention attention) {
    call([&] { senses->attend(attention); });
  }
  model::Facts facts() const { return senses->facts(); }
  template <typename Condition>
  bool until(Condition condition) {
    return runUntil(loop, [&] { return condition(facts()); });
  }
};

v1::Temperature temperature(double celsius) {
  v1::Temperature t;
  t.set_source("hwmon0/temp1");
  t.set_celsius(celsius);
  return t;
}

}  // namespace

class TestSenses : public QObject {
  Q_OBJECT

private slots:
  void atRestNothingIsRead() {
    Bench b("desktop-amd-card");
    QVERIFY(b.senses);
    QVERIFY(b.until([](const auto& f) { return f.presence.source == Source::Unattended; }));
    const int changes = b.changes;
    const int asked = b.clock.asked();
    runFor(b.loop, std::chrono::milliseconds(300));
    QCOMPARE(b.changes, changes);
    QCOMPARE(b.clock.asked(), asked);
    const auto facts = b.facts();
    QVERIFY(!facts.temperatures.at && !facts.power.at && !facts.memory.at && !facts.gpus.at);
  }

  void risingAttentionReadsAtOnce() {
    Bench b("laptop-amd-charging");
    b.attend(Attention::Slow);
    const auto facts = b.facts();
    QVERIFY(facts.temperatures.at && facts.power.at && facts.memory.at);
    QCOMPARE(facts.power.value.battery_percent(), 77.0);
    QVERIFY(!b.calledInside);
    QVERIFY(runUntil(b.loop, [&] { return b.changes > 0; }));
    QVERIFY(!b.calledInside);
  }

  void closeAttentionSeesWhatChanges() {
    Bench b("desktop-amd-card");
    b.attend(Attention::Close);
    const Instant first = *b.facts().temperatures.at;
    b.write("sys/class/hwmon/hwmon1/temp1_input", "83000\n");
    QVERIFY(b.until([](const auto& f) { return f.temperatures.value[1].celsius() == 83; }));
    QVERIFY(*b.facts().temperatures.at - first >= Milliseconds(1900));
    const int changes = b.changes;
    const Instant second = *b.facts().temperatures.at;
    QVERIFY(b.until([&](const auto& f) { return *f.temperatures.at > second; }));
    QCOMPARE(b.changes, changes);  // read again, nothing new: nobody is told
    b.attend(Attention::Rest);
    const Instant last = *b.facts().temperatures.at;
    runFor(b.loop, std::chrono::milliseconds(2500));
    QCOMPARE(toNs(*b.facts().temperatures.at), toNs(last));
  }

  void memoryThatIsNoLongerToldGrowsOld() {
    Bench b("headless-server");
    b.attend(Attention::Close);
    QVERIFY(b.facts().memory.at);
    b.write("proc/meminfo", "nonsense\n");
    QVERIFY(b.until([](const auto& f) { return !f.memory.at; }));
  }

  void inputIsToldAtOnceWhateverTheAttention() {
    Bench b("desktop-amd-card");
    QVERIFY(b.input.plug("event0"));
    QVERIFY(b.until([](const auto& f) { return f.presence.source == Source::Watching; }));
    const int changes = b.changes;
    QVERIFY(b.input.press("event0"));
    QVERIFY(runUntil(b.loop, [&] { return b.changes > changes; }));
    QVERIFY(b.facts().presence.lastActivity);
  }

  void gpusAreListed() {
    Bench b("desktop-amd-card");
    b.call([&] { b.senses->lookForGpus(); });
    QVERIFY(b.until([](const auto& f) { return f.gpus.at.has_value(); }));
    QCOMPARE(b.facts().gpuTrouble, std::string());
    const auto devices = b.facts().gpus.value;
    QVERIFY(devices.size() > 1);
    QCOMPARE(devices.back().type(), std::string("processor"));  // after all GPUs
    QVERIFY(!b.calledInside);
  }

  void programsMustBeNamed() {
    asio::io_context loop;
    const SystemClock clock;
    QVERIFY(!senses::Senses::create(loop, clock, {}, [] {}));
  }

  void tremblingReadingsAreCalm() {
    const std::vector before{temperature(60)};
    QCOMPARE(senses::calm({temperature(60.4)}, before)[0].celsius(), 60.0);
    QCOMPARE(senses::calm({temperature(60.5)}, before)[0].celsius(), 60.5);
    v1::Memory old, now;
    old.set_available_bytes(8ULL << 30U);
    now.set_available_bytes((8ULL << 30U) - (31ULL << 20U));
    QCOMPARE(senses::calm(now, old).available_bytes(), old.available_bytes());
    now.set_available_bytes((8ULL << 30U) - (32ULL << 20U));
    QCOMPARE(senses::calm(now, old).available_bytes(), now.available_bytes());
    old.set_pressure_percent(-1);
    now.set_pressure_percent(0.1);
    QCOMPARE(senses::calm(now, old).pressure_percent(), 0.1);
  }
};

QTEST_GUILESS_MAIN(TestSenses)
#include "test_senses.moc"
