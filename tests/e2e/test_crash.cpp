// SPDX-License-Identifier: Apache-2.0
// kill -9 of worker and service at random instants: every task ends done exactly once with the right bytes, credits add
// up, no orphan process, no leaked page. LULL_SEED repeats a run, LULL_KILLS changes how often.
#include "fakes/device.h"

#include <QRandomGenerator>
#include <QtTest>

#include <unistd.h>

#include <csignal>
#include <set>

using namespace lull;
using test::chainModule;
using test::chainOf;
using test::chainTask;
using test::Device;
namespace fs = std::filesystem;

namespace {

constexpr int kAttempts = 20;  // the most that may be set
constexpr std::uint32_t kGroups = 32;
constexpr std::uint64_t kIterations = 1500;
constexpr int kTasks = 12;

}  // namespace

class TestCrash : public QObject {
  Q_OBJECT

private slots:
  void everythingEndsOnce() {
    const auto seed = static_cast<quint32>(qEnvironmentVariableIntValue("LULL_SEED") != 0
                                               ? qEnvironmentVariableIntValue("LULL_SEED")
                                               : static_cast<int>(QRandomGenerator::global()->generate() >> 1U));
    const int kills = qEnvironmentVariableIsSet("LULL_KILLS") ? qEnvironmentVariableIntValue("LULL_KILLS") : 50;
    qInfo("LULL_SEED=%u", seed);
    QRandomGenerator random(seed);

    Device device({.input = false,
                   .settings = {{"tasks.checkpoint_every", "1"},
                                {"tasks.attempts", std::to_string(kAttempts)},
                                {"tasks.retry_delay", "0"}}});
    device.start();
    std::vector<std::string> tasks;
    const auto submitOne = [&] {
      tasks.push_back(device.submit(
          chainTask("chain " + std::to_string(tasks.size()), kGroups, kIterations + tasks.size()), chainModule()));
    };
    for (int i = 0; i < 3; ++i) submitOne();

    int serviceKills = 0;
    int workerKills = 0;
    for (int i = 0; i < kills; ++i) {
      QThread::msleep(random.bounded(250));  // the random instant of the kill: what is tested, not a wait for something
      const auto workers = device.workers();
      // On a slow machine all of them may hit one task, which must have an attempt left.
      if (random.bounded(2) == 0 || workers.empty() || workerKills == kAttempts - 1) {
        device.kill9();
        ++serviceKills;
        device.start();
      } else {
        ::kill(*workers.begin(), SIGKILL);
        ++workerKills;
      }
      if (static_cast<int>(tasks.size()) < kTasks && random.bounded(3) == 0) submitOne();
    }
    qInfo("killed the service %d times, workers %d times, %zu tasks", serviceKills, workerKills, tasks.size());

    for (std::size_t i = 0; i < tasks.size(); ++i) {
      const auto task = device.waitForTask(tasks[i], v1::TASK_STATE_DONE, Milliseconds(120'000));
      QVERIFY2(device.result(tasks[i], "chain.bin") == chainOf(kGroups, kIterations + i), tasks[i].c_str());
      QVERIFY(task.gpu_ns() > 0);
    }
    verifyLedger(device, tasks);
    QCOMPARE(device.stop(), 0);
    QVERIFY(device.workers().empty());
    QVERIFY(fs::is_empty(device.pages()));
    for (const auto& id : tasks) QVERIFY(!fs::exists(device.state() / "tasks" / id / "work"));
  }

private:
  static void verifyLedger(Device& device, const std::vector<std::string>& tasks) {
    std::multiset<std::string> credited;
    std::int64_t sum = 0;
    std::uint64_t gpuNs = 0;
    v1::ListLedgerRequest request;
    do {
      const auto page = device.client().call(request);
      QVERIFY(page.ok());
      for (const auto& entry : page->entries()) {
        if (entry.kind() != v1::LedgerEntry::KIND_CREDIT) continue;
        credited.insert(entry.task_id());
        sum += entry.micro_credits();
        gpuNs += entry.gpu_ns();
      }
      request.set_page_token(page->next_page_token());
    } while (!request.page_token().empty());
    QCOMPARE(credited.size(), tasks.size());
    for (const auto& id : tasks) QCOMPARE(credited.count(id), 1U);
    const auto total = device.waitFor("rest", [](const auto& s) { return s.running_size() == 0; }).total();
    QCOMPARE(total.tasks_done(), tasks.size());
    QCOMPARE(total.micro_credits(), sum);
    QCOMPARE(total.gpu_ns(), gpuNs);
    std::uint64_t metered = 0;
    for (const auto& id : tasks) metered += device.task(id).gpu_ns();
    QCOMPARE(metered, gpuNs);
  }
};

QTEST_GUILESS_MAIN(TestCrash)
#include "test_crash.moc"
