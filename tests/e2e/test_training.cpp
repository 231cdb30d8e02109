// SPDX-License-Identifier: Apache-2.0
// `lull train` through the whole service: model store, sandbox, worker, llama-finetune under the governor, the curve in
// the history, and the trained model among the others.
#include "base/file.h"
#include "fakes/device.h"
#include "fakes/test_worker.h"
#include "llama/need.h"

#include <QProcess>
#include <QtTest>

#include <fstream>

using namespace lull;
using namespace lull::test;

namespace {

constexpr int kLimitMs = 300'000;
const std::filesystem::path kModels = LULL_MODELS;

// Some samples: lavapipe takes seconds for each.
void writeLesson(const std::filesystem::path& file, int lines) {
  std::ifstream from(kModels / "lesson.jsonl");
  std::ofstream to(file);
  std::string line;
  while (lines-- > 0 && std::getline(from, line)) to << line << '\n';
}

}  // namespace

class TestTraining : public QObject {
  Q_OBJECT

private slots:
  void initTestCase() { LULL_NEED_LLAMA(); }

  void aModelIsTrained() {
    Device device({.input = false, .llamaRoot = llama::rootFolder()});
    device.start();
    const auto model = device.addModel(kModels / "lull-tiny.gguf");
    const auto lesson = device.folder() / "lesson.jsonl";
    const auto taught = device.folder() / "taught.gguf";
    writeLesson(lesson, 30);
    QProcess lull;
    lull.start(QString::fromStdString(fakes::buildFolder() / "bin/lull"),
               {"--socket", QString::fromStdString(device.socket()), "train", QString::fromStdString(lesson), "-m",
                QString::fromStdString(model), "-o", QString::fromStdString(taught), "--epochs", "1", "--learning-rate",
                "7e-4", "--add", "taught"});
    QVERIFY(lull.waitForFinished(kLimitMs));
    const auto said = lull.readAllStandardOutput();
    QVERIFY2(lull.exitCode() == 0, (said + lull.readAllStandardError() + device.log().c_str()).constData());
    QVERIFY2(said.contains("samples learned: loss") && said.contains("taught is here"), said.constData());

    const auto task = device.task(said.left(said.indexOf(' ')).toStdString());
    QCOMPARE(task.state(), v1::TASK_STATE_DONE);
    QVERIFY(task.gpu_ns() > 0);
    QVERIFY(task.losses_size() >= 4);
    QCOMPARE(task.losses(0).step(), 0U);
    QVERIFY(!task.losses(0).has_training());
    const auto& last = task.losses(task.losses_size() - 1);
    QVERIFY(last.held_out() < task.losses(0).held_out());
    QVERIFY(last.training() < task.losses(1).training());
    QCOMPARE(std::filesystem::file_size(taught), std::filesystem::file_size(kModels / "lull-tiny.gguf"));
  }
};

QTEST_GUILESS_MAIN(TestTraining)
#include "test_training.moc"
