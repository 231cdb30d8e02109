// SPDX-License-Identifier: Apache-2.0
#include "senses/linux/power_meter.h"

#include <QTemporaryDir>
#include <QtTest>

#include <fstream>

using lull::senses::readGpuWatts;
namespace fs = std::filesystem;

class TestPowerMeter : public QObject {
  Q_OBJECT

private slots:
  void init() { m_sys = std::make_unique<QTemporaryDir>(); }

  void averageComesFirst() {
    chip("hwmon0", "amdgpu", {{"power1_average", "45000000"}, {"power1_input", "99000000"}});
    QCOMPARE(readGpuWatts(sys()).value_or(-1), 45.0);
  }
  void inputWhereThereIsNoAverage() {
    chip("hwmon0", "amdgpu", {{"power1_input", "17500000"}});
    QCOMPARE(readGpuWatts(sys()).value_or(-1), 17.5);
  }
  void noneTold() {
    QVERIFY(!readGpuWatts(sys()));
    chip("hwmon0", "k10temp", {{"power1_average", "45000000"}});
    chip("hwmon1", "amdgpu", {{"temp1_input", "45000"}});
    QVERIFY(!readGpuWatts(sys()));
  }
  void twoCannotBeToldApart() {
    chip("hwmon0", "amdgpu", {{"power1_average", "45000000"}});
    chip("hwmon1", "amdgpu", {{"power1_average", "12000000"}});
    QVERIFY(!readGpuWatts(sys()));
  }
  void nonsenseIsNotBelieved() {
    for (const auto* value : {"-5", "0", "9999999999999", "much", ""}) {
      chip("hwmon0", "amdgpu", {{"power1_average", value}});
      QVERIFY2(!readGpuWatts(sys()), value);
    }
  }
  void aSleepingGpuIsNotWoken() {
    chip("hwmon0", "amdgpu", {{"power1_average", "45000000"}, {"device/power/runtime_status", "suspended"}});
    QVERIFY(!readGpuWatts(sys()));
  }

private:
  fs::path sys() const { return m_sys->path().toStdString(); }
  void chip(const char* folder, const char* name, const std::map<std::string, std::string>& files) {
    const auto chipFolder = sys() / "class/hwmon" / folder;
    fs::create_directories(chipFolder / "device/power");
    std::ofstream(chipFolder / "name") << name << "\n";
    for (const auto& [file, value] : files) std::ofstream(chipFolder / file) << value << "\n";
  }

  std::unique_ptr<QTemporaryDir> m_sys;
};

QTEST_GUILESS_MAIN(TestPowerMeter)
#include "test_power_meter.moc"
