// SPDX-License-Identifier: Apache-2.0
// The processor as a device, from what kernels tell of it.
#include "senses/linux/processor.h"

#include <QTemporaryDir>
#include <QTest>

#include <fstream>

using namespace lull;

class TestProcessor : public QObject {
  Q_OBJECT

private slots:
  void isNamed_data() {
    QTest::addColumn<QString>("cpuinfo");
    QTest::addColumn<QString>("name");
    QTest::addColumn<QString>("vendor");
    QTest::newRow("x86")
        << "processor\t: 0\nvendor_id\t: GenuineIntel\nmodel\t\t: 142\nmodel name\t: Intel(R) Core(TM) i5\n"
        << "Intel(R) Core(TM) i5"
        << "Intel";
    QTest::newRow("the first counts") << "vendor_id : AuthenticAMD\nmodel name : Ryzen 7\n\nmodel name : Ryzen 9\n"
                                      << "Ryzen 7"
                                      << "AMD";
    QTest::newRow("a board") << "processor\t: 0\nBogoMIPS\t: 108.00\n\nRevision\t: c03115\nModel\t\t: Raspberry Pi 4\n"
                             << "Raspberry Pi 4"
                             << "";
    QTest::newRow("an old board") << "Hardware\t: BCM2835\n"
                                  << "BCM2835"
                                  << "";
    QTest::newRow("no name") << "processor\t: 0\nCPU part\t: 0xd0c\n"
                             << "Processor"
                             << "";
    QTest::newRow("an empty one") << "model name\t:\nvendor_id\t: Other\n"
                                  << "Processor"
                                  << "";
    QTest::newRow("not for terminals") << "model name\t: \x1b[31mred\n"
                                       << "?[31mred"
                                       << "";
    QTest::newRow("nothing at all") << QString() << "Processor"
                                    << "";
  }
  void isNamed() {
    QFETCH(QString, cpuinfo);
    QTemporaryDir folder;
    const std::filesystem::path proc = folder.path().toStdString();
    if (!cpuinfo.isNull()) std::ofstream(proc / "cpuinfo") << cpuinfo.toStdString();
    std::ofstream(proc / "meminfo") << "MemTotal: 4096 kB\nMemAvailable: 1024 kB\n";
    const auto device = senses::readProcessor(proc);
    QTEST(QString::fromStdString(device.name()), "name");
    QTEST(QString::fromStdString(device.vendor()), "vendor");
    QCOMPARE(device.id(), std::string("cpu"));
    QCOMPARE(device.type(), std::string("processor"));
    QCOMPARE(device.memory_bytes(), std::uint64_t{4096} << 10U);
    QVERIFY(device.usable());
  }
};

QTEST_GUILESS_MAIN(TestProcessor)
#include "test_processor.moc"
