// SPDX-License-Identifier: Apache-2.0
// What people are told of a training.
#include "cli/destination.h"
#include "cli/training_view.h"

#include <QTemporaryDir>
#include <QtTest>

#include <fstream>

using namespace lull;
using namespace lull::cli;

namespace {

void measure(v1::Task& task, std::uint64_t step, std::optional<double> training, std::optional<double> heldOut) {
  auto& point = *task.add_losses();
  point.set_step(step);
  if (training) point.set_training(*training);
  if (heldOut) point.set_held_out(*heldOut);
}

v1::Status running(double progress, double secondsLeft) {
  v1::Status status;
  auto& task = *status.add_running();
  task.set_id("t-1");
  task.set_state(v1::TASK_STATE_RUNNING);
  task.set_progress(progress);
  task.set_seconds_left(secondsLeft);
  return status;
}

}  // namespace

class TestTrainingView : public QObject {
  Q_OBJECT

private slots:
  void itTellsHowItGoes() {
    TrainingView view("t-1", 6);
    v1::Task task;
    measure(task, 0, {}, 2);
    view.take(task);
    view.take(running(0, 0));
    QCOMPARE(view.line(), std::string("epoch 1 of 6, 0 %, held out 2.000"));
    measure(task, 4, 1.5, {});
    measure(task, 8, 0.6523, 0.711);
    measure(task, 9, 0.65, {});
    view.take(task);
    view.take(running(0.31, 180));
    QCOMPARE(view.line(), std::string("epoch 2 of 6, 31 %, loss 0.650, held out 0.711, 3 min of GPU time left"));
    auto lent = running(0.31, 180);
    lent.add_gpus()->set_task_id("t-1");
    lent.mutable_gpus(0)->set_type("processor");
    view.take(lent);
    QVERIFY2(view.line().ends_with(", 3 min of computing left"), view.line().c_str());
    view.take(running(1, 0));
    QVERIFY(view.line().starts_with("epoch 6 of 6, 100 %"));
    auto parked = running(1, 0);
    parked.mutable_running(0)->set_state(v1::TASK_STATE_PARKED);
    view.take(parked);
    QVERIFY(view.line().find("; waits: ") != std::string::npos);
  }

  void itSumsUp() {
    v1::Task task;
    task.set_gpu_ns(41'000'000'000);
    QCOMPARE(summaryOfTraining(task), std::string("0 samples learned; 41.0 s of GPU time."));
    measure(task, 0, {}, 2.011);
    measure(task, 4, 1.952, {});
    measure(task, 9, 0.16, 0.2014);
    QCOMPARE(summaryOfTraining(task),
             std::string("9 samples learned: loss 1.952 → 0.160, held out 2.011 → 0.201; 41.0 s of GPU time."));
  }

  void aPlaceIsLookedAtFirst() {
    const QTemporaryDir folder;
    const auto in = [&](const char* name) { return folder.path().toStdString() + "/" + name; };
    std::ofstream(in("there")) << "x";
    QVERIFY(check(destinationOf(in("new"), false), "the model").ok());
    QVERIFY(check(destinationOf("", false), "the model").ok());
    QVERIFY(check(destinationOf("-", false), "the model").ok());
    QCOMPARE(check(destinationOf(in("there"), false), "the model").error().kind(), Error::Kind::Conflict);
    QVERIFY(check(destinationOf(in("there"), true), "the model").ok());
    QCOMPARE(check(destinationOf(in("none/new"), false), "the model").error().kind(), Error::Kind::NotFound);
    QCOMPARE(check(destinationOf(folder.path().toStdString(), true), "the model").error().kind(), Error::Kind::Invalid);
  }
};

QTEST_GUILESS_MAIN(TestTrainingView)
#include "test_training_view.moc"
