// SPDX-License-Identifier: Apache-2.0
// The sample tasks, as they are, through a governed worker: right, and found wrong when they are.
#include "check/checks.h"
#include "fakes/sample_task.h"

#include <QFile>
#include <QTemporaryDir>
#include <QtTest>

#include <algorithm>

using namespace lull;
using namespace lull::fakes;

namespace {

struct Sample {
  const char* name;
  const char* output;
  samples::Verdict (*check)(std::string_view);
};
constexpr Sample kSamples[] = {
    {"mandelbrot", "mandelbrot.rgba", &samples::checkMandelbrot},
    {"heat", "heat.f32", &samples::checkHeat},
    {"matrix", "matrix.f32", &samples::checkMatrix},
};

}  // namespace

class TestSamples : public QObject {
  Q_OBJECT
private slots:
  void givesTheRightResult_data() {
    QTest::addColumn<int>("index");
    for (int i = 0; i < 3; ++i) QTest::newRow(kSamples[i].name) << i;
  }
  void givesTheRightResult() {
    QFETCH(int, index);
    const Sample& sample = kSamples[index];
    QTemporaryDir folder;
    const TaskFolders at(folder.path().toStdString());
    auto start = at.startFor(sampleTask(sample.name, at));
    start.set_piece_ms(4);
    ServicePage page;
    page.open();
    TestWorker worker(start, {.page = &page, .environment = {}});
    const auto last = worker.last(std::chrono::minutes(4));
    QVERIFY(last);
    QVERIFY2(last->has_finished(), last->ShortDebugString().c_str());
    qInfo("%s: %.2f s of GPU time in %llu pieces", sample.name, static_cast<double>(page.page().gpuNs.load()) / 1e9,
          static_cast<unsigned long long>(page.page().submits.load()));
    std::string bytes = at.output(sample.output);
    const auto verdict = sample.check(bytes);
    QVERIFY2(verdict.right, verdict.text.c_str());
    if (!verdict.picture.rgba.empty()) savePicture(sample.name, verdict.picture);
    // A result with one bad stretch is found out.
    std::fill_n(bytes.begin() + static_cast<std::ptrdiff_t>(bytes.size() / 2), 4096, '\x42');
    QVERIFY(!sample.check(bytes).right);
    QVERIFY(!sample.check(bytes.substr(1)).right);
  }
  void answersAreCompared() {
    const auto line = [](int number, const char* said) {
      return "{\"custom_id\": \"" + std::to_string(number) +
             "\", \"response\": {\"body\": {\"choices\": [{\"message\": {\"content\": \"" + said + "\"}}]}}}\n";
    };
    std::string questions;
    std::string results;
    for (int i = 1; i <= 20; ++i) {
      questions += "{\"question\": \"Which?\", \"answer\": \"This\"}\n";
      results += line(i, i == 7 ? "That" : "This");
    }
    const auto good = samples::checkAnswers(results, questions);
    QVERIFY(good.right);
    QCOMPARE(good.text, std::string("19 of 20 questions answered right; “Which?” was answered by “That”"));
    QVERIFY(!samples::checkAnswers(results, questions + questions).right);
    QVERIFY(!samples::checkAnswers(line(1, "That"), "{\"question\": \"Which?\", \"answer\": \"This\"}").right);
    QVERIFY(!samples::checkAnswers("", "").right);
  }
  void lossesAreCompared() {
    const auto task = [](const char* points) { return std::string("{\"task\": {\"losses\": [") + points + "]}}"; };
    const auto good =
        samples::checkLesson(task(R"({"step": "0", "held_out": 4.5}, {"step": "3"}, {"step": "9", "held_out": 2})"));
    QVERIFY(good.right);
    QCOMPARE(good.text, std::string("loss on what was held out: 4.5 at first, 2 at the end"));
    QVERIFY(!samples::checkLesson(task(R"({"held_out": 2}, {"held_out": 2.5})")).right);
    QVERIFY(!samples::checkLesson(task(R"({"held_out": 2})")).right);
    QVERIFY(!samples::checkLesson("not JSON").right);
  }
  void picturesArePng() {
    samples::Picture picture{.width = 3, .height = 2, .rgba = std::vector<std::uint8_t>(24, 200)};
    const std::string png = samples::pngOf(picture);
    QVERIFY(png.starts_with("\x89PNG"));
    QVERIFY(png.find("IDAT") != std::string::npos);
    QVERIFY(png.ends_with(std::string_view("IEND\xae\x42\x60\x82", 8)));
  }

private:
  static void savePicture(const char* name, const samples::Picture& picture) {
    const std::string png = samples::pngOf(picture);
    QFile file(QString::fromStdString((buildFolder() / "tests" / (std::string(name) + ".png")).string()));
    QVERIFY(file.open(QIODevice::WriteOnly));
    QCOMPARE(file.write(png.data(), static_cast<qint64>(png.size())), static_cast<qint64>(png.size()));
  }
};

QTEST_GUILESS_MAIN(TestSamples)
#include "test_samples.moc"
