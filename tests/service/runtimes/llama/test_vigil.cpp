// SPDX-License-Identifier: Apache-2.0
// A program that stands still is ended, and no other.
#include "base/file.h"
#include "runtimes/llama/processor_time.h"
#include "runtimes/llama/vigil.h"

#include <QTemporaryDir>
#include <QtTest>

#include <sys/mman.h>

#include <csignal>
#include <functional>

using namespace lull;
using namespace std::chrono_literals;
using namespace lull::runtimes::llama;

namespace {

constexpr auto kLongest = 1s;

}  // namespace

class TestVigil : public QObject {
  Q_OBJECT

private slots:
  void init();
  void cleanup();
  void aStandstillIsEnded();
  void whatComputesIsNot();
  void whatIsParkedIsNot();
  void whoMayRunSeldomIsGivenTime();
  void whatTheGpuComputesIsNot();
  void whoWaitsBusilyForTheGpuIsEnded();
  void whatThisProcessEndsIsToldApart();

private:
  [[nodiscard]] worker::Attempt<Program> sleeper() const { return program("sleep", {"100000"}); }
  [[nodiscard]] worker::Attempt<Program> computer() const { return program("sh", {"-c", "while :; do :; done"}); }
  [[nodiscard]] worker::Attempt<Program> program(const char* name, const std::vector<std::string>& arguments) const {
    return Program::start({}, name, arguments, m_folder.filePath("log").toStdString());
  }
  // It outlives another one that stands still under no governor, and not what comes then.
  void isSpared(const std::function<void()>& noLonger);
  // From here on governed, by a page with its gate open.
  governor::Page& govern();
  const QTemporaryDir m_folder;
  Fd m_file;
};

void TestVigil::init() { ::unsetenv(governor::kPageFdVariable); }
void TestVigil::cleanup() { ::unsetenv(governor::kPageFdVariable); }

governor::Page& TestVigil::govern() {
  m_file = Fd(::memfd_create("page", MFD_CLOEXEC));
  if (::ftruncate(m_file.get(), governor::kPageBytes) != 0) qFatal("no page");
  void* memory = ::mmap(nullptr, governor::kPageBytes, PROT_READ | PROT_WRITE, MAP_SHARED, m_file.get(), 0);
  if (memory == MAP_FAILED) qFatal("no page");
  auto& page = *governor::initialise(memory);
  page.gate = governor::nextGate(page.gate, true);
  ::setenv(governor::kPageFdVariable, std::to_string(m_file.get()).c_str(), 1);
  return page;
}

void TestVigil::aStandstillIsEnded() {
  auto still = sleeper();
  QVERIFY(still.ok());
  const Vigil vigil(*still, kLongest);
  const auto ended = still->waitEnd();
  QCOMPARE(ended.signal, SIGKILL);
  QVERIFY(ended.killed == Killed::StoodStill);
}

void TestVigil::whatComputesIsNot() {
  auto busy = computer();
  QVERIFY(busy.ok());
  const Vigil vigil(*busy, kLongest);
  QTRY_VERIFY_WITH_TIMEOUT(processorTime(busy->pid()) > 2 * kLongest || busy->ended(), 120'000);
  QVERIFY(!busy->ended());
}

void TestVigil::isSpared(const std::function<void()>& noLonger) {
  auto spared = sleeper();
  QVERIFY(spared.ok());
  const Vigil vigil(*spared, kLongest);
  ::unsetenv(governor::kPageFdVariable);
  aStandstillIsEnded();
  QVERIFY(!spared->ended());
  noLonger();
  QVERIFY(spared->waitEnd().killed == Killed::StoodStill);
}

void TestVigil::whatIsParkedIsNot() {
  auto& page = govern();
  page.gate = governor::nextGate(page.gate, false);
  isSpared([&page] { page.gate = governor::nextGate(page.gate, true); });
}

void TestVigil::whoMayRunSeldomIsGivenTime() {
  auto& page = govern();
  page.dutyPercent = 10;
  isSpared([&page] { page.dutyPercent = 0; });  // always
}

void TestVigil::whatTheGpuComputesIsNot() {
  auto& page = govern();
  auto waiting = sleeper();
  QVERIFY(waiting.ok());
  const Vigil vigil(*waiting, kLongest);
  ::unsetenv(governor::kPageFdVariable);
  auto still = sleeper();
  QVERIFY(still.ok());
  const Vigil other(*still, kLongest);
  while (!still->ended()) {
    page.gpuNs += 1;
    std::this_thread::yield();
  }
  QVERIFY(!waiting->ended());
  QVERIFY(waiting->waitEnd().killed == Killed::StoodStill);
}

void TestVigil::whoWaitsBusilyForTheGpuIsEnded() {
  auto& page = govern();
  page.inFlight = 1;  // left behind by another program
  auto busy = computer();
  QVERIFY(busy.ok());
  const Vigil vigil(*busy, kLongest);
  QTRY_VERIFY_WITH_TIMEOUT(processorTime(busy->pid()) > 2 * kLongest || busy->ended(), 120'000);
  QVERIFY(!busy->ended());
  page.slices = 1;
  QVERIFY(busy->waitEnd().killed == Killed::GpuSilent);
}

void TestVigil::whatThisProcessEndsIsToldApart() {
  auto others = sleeper();
  QVERIFY(others.ok());
  QCOMPARE(::kill(others->pid(), SIGKILL), 0);
  QVERIFY(others->waitEnd().killed == Killed::No);
  auto ours = sleeper();
  QVERIFY(ours.ok());
  ours->kill(Killed::Lingered);
  QVERIFY(ours->waitEnd().killed == Killed::Lingered);
  ours->kill(Killed::StoodStill);  // is nobody's any more
  QVERIFY(ours->waitEnd().killed == Killed::Lingered);
}

QTEST_GUILESS_MAIN(TestVigil)
#include "test_vigil.moc"
