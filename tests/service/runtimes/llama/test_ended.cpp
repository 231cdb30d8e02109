// SPDX-License-Identifier: Apache-2.0
// Whose doing the end of a program was.
#include "governor/page.h"
#include "runtimes/llama/ended.h"

#include <QtTest>

#include <csignal>

using namespace lull;
using namespace lull::runtimes::llama;

class TestEnded : public QObject {
  Q_OBJECT

private slots:
  void lossesAreTold_data();
  void lossesAreTold();
  void whatWasEndedHereIsNoLoss();
  void aGpuThatDoesNotAnswerIsLost();
};

void TestEnded::lossesAreTold_data() {
  QTest::addColumn<int>("code");
  QTest::addColumn<int>("signal");
  QTest::addColumn<QString>("log");
  QTest::addColumn<int>("kind");  // 0: no loss
  const QString lost =
      "terminate called after throwing 'vk::DeviceLostError'\n what(): vk::Queue::submit: ErrorDeviceLost";
  const int device = worker::Failure::KIND_DEVICE_LOST;
  const int memory = worker::Failure::KIND_OUT_OF_MEMORY;
  const int died = worker::Failure::KIND_WORKER_DIED;
  QTest::newRow("well") << 0 << 0 << lost << 0;
  QTest::newRow("a failure") << 1 << 0 << "failed to load model" << 0;
  QTest::newRow("a crash") << 0 << SIGSEGV << "" << 0;
  QTest::newRow("the device, by abort") << 0 << SIGABRT << lost + QString(5000, 'x') << device;
  QTest::newRow("the device, by exit") << 1 << 0 << "ggml_vulkan: VK_ERROR_DEVICE_LOST" << device;
  QTest::newRow("the GPU's memory") << 0 << SIGABRT << "what(): vk::Device::allocateMemory: ErrorOutOfDeviceMemory"
                                    << memory;
  QTest::newRow("main memory") << 0 << SIGABRT << "what(): std::bad_alloc" << memory;
  QTest::newRow("a model's memory") << 1 << 0 << "load_tensors: unable to allocate Vulkan0 buffer" << memory;
  QTest::newRow("memory it did without") << 0 << 0 << "failed to allocate" << 0;
  QTest::newRow("the device before memory") << 0 << SIGABRT << lost + "\nErrorOutOfHostMemory" << device;
  const QString warning =
      "WARNING: failed to allocate 96.00 MB of pinned memory\n"
      "ggml_vulkan: Failed to allocate pinned memory (vk::Device::allocateMemory: ErrorOutOfDeviceMemory)\n";
  QTest::newRow("a warning, then a crash") << 0 << SIGSEGV << warning + "slot 0: released" << 0;
  QTest::newRow("a warning, then an exit") << 1 << 0 << "loading\n" + warning << 0;
  QTest::newRow("a warning, then a shortage") << 0 << SIGABRT << warning + "what(): std::bad_alloc" << memory;
  QTest::newRow("a warning, then the device") << 0 << SIGABRT << warning + lost << device;
  QTest::newRow("the computer's memory") << 0 << SIGKILL << "" << memory;
  QTest::newRow("the service") << governor::kExitWithoutService << 0 << "" << died;
  QTest::newRow("the service before all") << governor::kExitWithoutService << 0 << lost + "\nbad_alloc" << died;
}

void TestEnded::lossesAreTold() {
  QFETCH(int, code);
  QFETCH(int, signal);
  QFETCH(QString, log);
  QFETCH(int, kind);
  const auto loss = lossOf({.code = code, .signal = signal}, log.toStdString());
  QCOMPARE(loss ? static_cast<int>(loss->kind()) : 0, kind);
  if (loss) QVERIFY(!loss->message().empty() && !loss->technical().empty());
}

void TestEnded::whatWasEndedHereIsNoLoss() {
  const Ended ended{.signal = SIGKILL, .killed = Killed::StoodStill};
  QVERIFY(!lossOf(ended, "slot 0: released").has_value());
  QCOMPARE(ended.text(), std::string("did nothing any more and was killed"));
}

void TestEnded::aGpuThatDoesNotAnswerIsLost() {
  const auto loss = lossOf({.signal = SIGKILL, .killed = Killed::GpuSilent}, "slot 0: released");
  QVERIFY(loss.has_value());
  QCOMPARE(loss->kind(), worker::Failure::KIND_DEVICE_LOST);
}

QTEST_GUILESS_MAIN(TestEnded)
#include "test_ended.moc"
