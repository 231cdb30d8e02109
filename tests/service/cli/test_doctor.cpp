// SPDX-License-Identifier: Apache-2.0
// lull doctor: each check with a machine in order and one that is not.
#include "cli/doctor_machine.h"
#include "cli/helper.h"

#include "service/cli/fake_service.h"
#include "service/cli/lull_process.h"

#include <QDir>
#include <QFile>
#include <QJsonArray>
#include <QtTest>

using namespace lull;
using namespace lull::cli;
using namespace lull::test;

namespace {

void write(const QString& path, const QByteArray& bytes, bool executable = false) {
  QVERIFY(QDir().mkpath(QFileInfo(path).path()));
  QFile file(path);
  QVERIFY(file.open(QIODevice::WriteOnly));
  file.write(bytes);
  file.close();
  if (executable) file.setPermissions(file.permissions() | QFileDevice::ExeOwner);
}

std::filesystem::path fs(const QString& path) { return path.toStdString(); }

v1::Status withGpu(const char* type, bool usable, const char* whyNot) {
  v1::Status status;
  auto& gpu = *status.add_gpus();
  gpu.set_name("Some GPU");
  gpu.set_type(type);
  gpu.set_usable(usable);
  gpu.set_why_not(whyNot);
  return status;
}

}  // namespace

class TestDoctor : public QObject {
  Q_OBJECT

private slots:
  void aProcessorThatIsLent() {
    const auto alone = checkGpus(withGpu("processor", true, ""));
    QCOMPARE(alone.state, Check::State::Note);
    QVERIFY2(alone.text.find("the processor (Some GPU) computes") != std::string::npos, alone.text.c_str());
    auto beside = withGpu("discrete", true, "");
    *beside.add_gpus() = withGpu("processor", true, "").gpus(0);
    QCOMPARE(checkGpus(beside).state, Check::State::Ok);
    QVERIFY(checkGpus(beside).text.find("lent too: the processor") != std::string::npos);
  }

  void gpus() {
    QCOMPARE(checkGpus(withGpu("discrete", true, "")).state, Check::State::Ok);
    const auto software = checkGpus(withGpu("software", false, "it computes on the processor"));
    QCOMPARE(software.state, Check::State::Problem);
    QVERIFY(software.mend.find("gpu.allow_software") != std::string::npos);
    const auto old = checkGpus(withGpu("discrete", false, "its driver is too old"));
    QVERIFY(old.text.find("too old") != std::string::npos && old.mend.find("allow_software") == std::string::npos);
    auto forbidden = withGpu("software", true, "");
    auto& reason = *forbidden.mutable_gpus(0)->mutable_verdict()->add_reasons();
    reason.set_rule("no_gpu");
    reason.set_text("Some GPU is no GPU");
    QCOMPARE(checkGpus(forbidden).state, Check::State::Problem);
    QVERIFY(checkGpus(forbidden).text.find("settings do not allow") != std::string::npos);
    QVERIFY(checkGpus({}).mend.find("mesa-vulkan-drivers") != std::string::npos);
    QVERIFY(checkGpus({}).mend.find("settings set sharing.cpu no_gpu") != std::string::npos);
  }

  void governedWork() {
    v1::Status status;
    QCOMPARE(checkGoverned(status).state, Check::State::Ok);
    auto& gpu = *status.add_gpus();
    gpu.set_name("Card");
    gpu.mutable_governor()->set_stops(12);
    gpu.mutable_governor()->set_stop_p99_ms(4.5);
    QVERIFY(checkGoverned(status).text.find("12 stops, 99 of 100 within 4.5 ms") != std::string::npos);
    gpu.mutable_governor()->set_unknown_commands(3);
    const auto met = checkGoverned(status);
    QCOMPARE(met.state, Check::State::Note);
    QVERIFY2(met.text.find("3 commands it does not know on Card") != std::string::npos, met.text.c_str());
    QVERIFY(!met.mend.empty());
  }

  void aiPrograms() {
    v1::RuntimeStore store;
    const auto none = checkRuntimes(store);
    QCOMPARE(none.state, Check::State::Note);
    QCOMPARE(none.mend, std::string("lull runtime install llama"));
    store.mutable_work()->set_state(v1::RuntimeWork::STATE_RUNNING);
    const auto installing = checkRuntimes(store);
    QCOMPARE(installing.state, Check::State::Note);
    QVERIFY(installing.text.find("is being installed") != std::string::npos && installing.mend.empty());
    store.clear_work();
    auto& runtime = *store.add_runtimes();
    runtime.set_source(v1::Runtime::SOURCE_IMAGE);
    runtime.set_version("20261122-0.7.0");
    runtime.set_trouble("1 file is damaged: usr/bin/llama-server");
    const auto damaged = checkRuntimes(store);
    QCOMPARE(damaged.state, Check::State::Problem);
    QVERIFY2(damaged.text.find("20261122-0.7.0 is damaged: 1 file") != std::string::npos, damaged.text.c_str());
    QVERIFY(!damaged.mend.empty());
    runtime.clear_trouble();
    runtime.set_current(true);
    QCOMPARE(checkRuntimes(store).state, Check::State::Ok);
    QCOMPARE(checkRuntimes(store).text, std::string("llama.cpp, image 20261122-0.7.0"));
    runtime.set_source(v1::Runtime::SOURCE_SYSTEM);
    runtime.set_place("/usr");
    QCOMPARE(checkRuntimes(store).text, std::string("llama.cpp in /usr"));
  }

  void presence() {
    v1::Presence presence;
    presence.set_trouble("/dev/input/event3 may not be read");
    const auto unknown = checkPresence(presence);
    QCOMPARE(unknown.state, Check::State::Problem);
    QVERIFY(unknown.text.find("event3") != std::string::npos);
    presence.set_state(v1::Presence::STATE_UNATTENDED);
    QCOMPARE(checkPresence(presence).state, Check::State::Note);
    presence.set_state(v1::Presence::STATE_AWAY);
    QCOMPARE(checkPresence(presence).state, Check::State::Ok);
  }

  void rights() {
    QCOMPARE(checkRight(v1::RIGHT_OBSERVE).state, Check::State::Note);
    QVERIFY(checkRight(v1::RIGHT_OBSERVE).mend.find("lull") != std::string::npos);
    QCOMPARE(checkRight(v1::RIGHT_ADMINISTER).state, Check::State::Ok);
  }

  void loaderAndDrivers() {
    const QTemporaryDir folder;
    Doors doors;
    doors.loader = "libthere-is-no-such-library.so.7";
    QCOMPARE(checkLoader(doors).state, Check::State::Problem);
    doors.loader = "libc.so.6";
    QCOMPARE(checkLoader(doors).state, Check::State::Ok);
    qunsetenv("VK_DRIVER_FILES");
    qunsetenv("VK_ICD_FILENAMES");
    doors.drivers = {fs(folder.path())};
    QCOMPARE(checkDrivers(doors).state, Check::State::Problem);
    write(folder.filePath("radeon_icd.x86_64.json"), "{}");
    QVERIFY(checkDrivers(doors).text.find("radeon_icd") != std::string::npos);
    const auto own = folder.filePath("radeon_icd.x86_64.json").toUtf8();
    qputenv("VK_DRIVER_FILES", "/nowhere/icd.json");
    QCOMPARE(checkDrivers(doors).state, Check::State::Problem);
    QVERIFY(checkDrivers(doors).text.find("VK_DRIVER_FILES names /nowhere/icd.json") != std::string::npos);
    qputenv("VK_DRIVER_FILES", "/nowhere/icd.json:" + own);
    QCOMPARE(checkDrivers(doors).state, Check::State::Ok);
    qunsetenv("VK_DRIVER_FILES");
  }

  void layer_data() {
    QTest::addColumn<QByteArray>("manifest");
    QTest::addColumn<bool>("ok");
    QTest::addColumn<QString>("part");
    const QByteArray name = R"("name": "VK_LAYER_LULL_governor")";
    QTest::newRow("a library that loads")
        << "{\"layer\": {" + name + R"(, "library_path": "/LIBC"}})" << true << "VkLayer";
    QTest::newRow("a library that is missing")
        << "{\"layer\": {" + name + R"(, "library_path": "./gone.so"}})" << false << "cannot be loaded";
    QTest::newRow("another layer") << QByteArray(R"({"layer": {"name": "other", "library_path": "./x.so"}})") << false
                                   << "does not describe";
    QTest::newRow("no JSON") << QByteArray("layer") << false << "does not describe";
    QTest::newRow("odd JSON") << QByteArray(R"({"layer": [1]})") << false << "does not describe";
  }
  void layer() {
    QFETCH(QByteArray, manifest);
    QFETCH(bool, ok);
    QFETCH(QString, part);
    const QTemporaryDir folder;
    // A library every machine has, wherever it lies: the Qt this test itself runs on would do as well.
    manifest.replace("/LIBC", libraryOfThisProcess("libc.so.6"));
    write(folder.filePath("VkLayer_lull_governor.json"), manifest);
    Doors doors;
    doors.layers = {fs(folder.filePath("none")), fs(folder.path())};
    const auto check = checkLayer(doors);
    QCOMPARE(check.state, ok ? Check::State::Ok : Check::State::Problem);
    QVERIFY2(QString::fromStdString(check.text).contains(part), check.text.c_str());
    QCOMPARE(check.mend.empty(), ok);
  }
  void noLayer() {
    Doors doors;
    QCOMPARE(checkLayer(doors).state, Check::State::Problem);
  }

  void inputAndSensors() {
    const QTemporaryDir machine;
    Doors doors{
        .input = fs(machine.filePath("input")), .sys = fs(machine.filePath("sys")), .drivers = {}, .layers = {}};
    QCOMPARE(checkInputHere(doors).state, Check::State::Note);
    QCOMPARE(checkSensorsHere(doors).state, Check::State::Note);
    write(machine.filePath("input/event0"), "");
    write(machine.filePath("input/mouse0"), "");
    QVERIFY(checkInputHere(doors).text.starts_with("1 input device,"));
    write(machine.filePath("sys/class/hwmon/hwmon0/temp1_input"), "45000\n");
    write(machine.filePath("sys/class/thermal/thermal_zone0/temp"), "45000\n");
    QCOMPARE(checkSensorsHere(doors).text, std::string("2 temperatures can be read"));
  }

  void helpers_data() {
    QTest::addColumn<QByteArray>("script");
    QTest::addColumn<QString>("answer");
    QTest::addColumn<QString>("trouble");
    QTest::newRow("answers") << QByteArray("echo noise; echo noise >&2; [ $1 = --fd ] && printf answer >&$2")
                             << "answer"
                             << "";
    QTest::newRow("says why not") << QByteArray("echo first >&2; echo 'no loader' >&2; exit 1") << ""
                                  << "no loader";
    QTest::newRow("says nothing") << QByteArray("exit 7") << ""
                                  << "code 7";
    QTest::newRow("crashes") << QByteArray("kill -SEGV $$") << ""
                             << "crashed";
    QTest::newRow("hangs") << QByteArray("exec sleep 600") << ""
                           << "has not ended";
    QTest::newRow("never stops") << QByteArray("exec yes >&3") << ""
                                 << "says too much";
  }
  void helpers() {
    QFETCH(QByteArray, script);
    QFETCH(QString, answer);
    QFETCH(QString, trouble);
    const QTemporaryDir folder;
    write(folder.filePath("helper"), "#!/bin/sh\n" + script + "\n", true);
    const Interrupt never;
    const auto output = runHelper(fs(folder.filePath("helper")), never,
                                  {.time = Milliseconds(trouble == "has not ended" ? 100 : 20'000)});
    QCOMPARE(output.ok(), trouble.isEmpty());
    if (output) {
      QCOMPARE(QString::fromStdString(*output), answer);
    } else {
      QVERIFY2(QString::fromStdString(output.error().text()).contains(trouble), output.error().text().c_str());
    }
    QVERIFY(!runHelper(fs(folder.filePath("none")), never).ok());
  }

  void withAService() {
    FakeService service;
    service.publish([](v1::Status& status) {
      status = withGpu("discrete", true, "");
      status.mutable_presence()->set_state(v1::Presence::STATE_AWAY);
      status.mutable_presence()->set_devices(2);
    });
    const auto ran = run(service.socket(), {"doctor", "--json"});
    QCOMPARE(state(ran, "Service"), "ok");
    QCOMPARE(state(ran, "Your rights"), "ok");
    QCOMPARE(state(ran, "GPU"), "ok");
    QCOMPARE(state(ran, "Presence"), "ok");
    QCOMPARE(state(ran, "Sensors"), "note");
    QCOMPARE(state(ran, "AI programs"), "note");
    QCOMPARE(ran.json()["ok"].toBool(), ran.code == 0);
    const auto words = run(service.socket(), {"doctor"});
    QVERIFY2(words.out.contains("the service watches 2 input devices"), words.out);
  }

  void withoutAService() {
    const QTemporaryDir folder;
    const auto ran = run(folder.filePath("none.sock"), {"doctor", "--json"});
    QCOMPARE(ran.code, 1);
    QCOMPARE(ran.json()["ok"].toBool(), false);
    QCOMPARE(state(ran, "Service"), "problem");
    QVERIFY(!state(ran, "GPU").isEmpty());
    QVERIFY(!state(ran, "Input devices").isEmpty());
    QVERIFY(!state(ran, "Governor layer").isEmpty());
    QVERIFY(run(folder.filePath("none.sock"), {"doctor"}).out.contains("Start it with"));
  }

private:
  static QString state(const Ran& ran, const QString& name) {
    for (const auto& check : ran.json()["checks"].toArray()) {
      if (check.toObject()["name"] == name) return check.toObject()["state"].toString();
    }
    return {};
  }
  static QByteArray libraryOfThisProcess(const QByteArray& name) {
    QFile maps("/proc/self/maps");
    if (!maps.open(QIODevice::ReadOnly)) return {};
    for (const auto& line : maps.readAll().split('\n')) {
      if (line.endsWith("/" + name)) return line.mid(line.indexOf('/'));
    }
    return {};
  }
};

QTEST_GUILESS_MAIN(TestDoctor)
#include "test_doctor.moc"
