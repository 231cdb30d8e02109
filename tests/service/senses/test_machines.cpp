// SPDX-License-Identifier: Apache-2.0
// Every sense over every captured machine in tests/machines. expect.json is a lull.v1.Status of what must be seen;
// a part that is absent there must not be told.
#include "base/file.h"
#include "senses/linux/memory.h"
#include "senses/linux/power.h"
#include "senses/linux/thermometers.h"

#include <google/protobuf/util/json_util.h>

#include <QDir>
#include <QTemporaryDir>
#include <QTest>

using namespace lull;

namespace {

QDir machines() { return QDir(qEnvironmentVariable("LULL_SOURCE_DIR") + "/tests/machines"); }

std::filesystem::path machine(const QString& name) { return machines().filePath(name).toStdString(); }

QByteArray text(const google::protobuf::Message& message) { return QByteArray::fromStdString(message.DebugString()); }

}  // namespace

class TestMachines : public QObject {
  Q_OBJECT

  static void everyMachine() {
    QTest::addColumn<QString>("name");
    for (const auto& name : machines().entryList(QDir::Dirs | QDir::NoDotAndDotDot)) {
      QTest::newRow(qPrintable(name)) << name;
    }
  }
  static v1::Status expected(const QString& name) {
    v1::Status status;
    const auto json = readFile(machine(name) / "expect.json");
    if (!json || !google::protobuf::util::JsonStringToMessage(*json, &status).ok()) status.set_version("unreadable");
    return status;
  }

private slots:
  void thereAreMachines() { QVERIFY(machines().entryList(QDir::Dirs | QDir::NoDotAndDotDot).size() >= 6); }

  void temperatures_data() { everyMachine(); }
  void temperatures() {
    QFETCH(QString, name);
    const v1::Status wanted = expected(name);
    QVERIFY(wanted.version().empty());
    v1::Status seen;
    const senses::Thermometers thermometers(machine(name) / "sys");
    for (const auto& t : thermometers.read()) *seen.add_temperatures() = t;
    v1::Status only;
    *only.mutable_temperatures() = wanted.temperatures();
    QCOMPARE(text(seen), text(only));
  }

  void power_data() { everyMachine(); }
  void power() {
    QFETCH(QString, name);
    QCOMPARE(text(senses::readPower(machine(name) / "sys")), text(expected(name).power()));
  }

  void memory_data() { everyMachine(); }
  void memory() {
    QFETCH(QString, name);
    const v1::Status wanted = expected(name);
    const auto seen = senses::readMemory(machine(name) / "proc");
    QCOMPARE(seen.has_value(), wanted.has_memory());
    if (seen) QCOMPARE(text(*seen), text(wanted.memory()));
  }

  void namesMeanTheSameToPolicy() {
    // policy's "too_hot" knows processors by how their names begin
    const senses::Thermometers thermometers(machine("laptop-intel-discharging") / "sys");
    int processors = 0;
    for (const auto& t : thermometers.read()) processors += t.name().starts_with("CPU") ? 1 : 0;
    QCOMPARE(processors, 3);
  }

  void thermometersComeAndGo() {
    QTemporaryDir folder;
    const std::filesystem::path sys = folder.path().toStdString();
    senses::Thermometers thermometers(sys);
    QVERIFY(thermometers.read().empty());
    std::filesystem::copy(machine("desktop-amd-card") / "sys", sys, std::filesystem::copy_options::recursive);
    thermometers.find();
    QCOMPARE(thermometers.read().size(), std::size_t(4));
    std::filesystem::remove_all(sys / "class/hwmon/hwmon1");
    QCOMPARE(thermometers.read().size(), std::size_t(1));
  }

  void thisMachine() {
    const auto memory = senses::readMemory("/proc");
    QVERIFY(memory);
    QVERIFY(memory->available_bytes() > 0 && memory->available_bytes() <= memory->total_bytes());
  }
};

QTEST_GUILESS_MAIN(TestMachines)
#include "test_machines.moc"
