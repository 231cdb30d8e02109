// SPDX-License-Identifier: Apache-2.0
// The tiny model of assets/models: it answers questions that it never saw, and it can be trained further.
#include "llama/need.h"
#include "llama/server.h"

#include <QFile>
#include <QJsonDocument>
#include <QJsonObject>
#include <QTemporaryDir>
#include <QtTest>

#include <regex>
#include <set>

using namespace lull::llama;

namespace {

constexpr std::chrono::minutes kPatience{5};
constexpr int kAsked = 60;
const std::filesystem::path kModels = LULL_MODELS;
const std::filesystem::path kModel = kModels / "lull-tiny.gguf";

struct Question {
  std::string text;
  std::string answer;
};

std::vector<Question> heldOut() {
  std::vector<Question> out;
  QFile file(QString::fromStdString(kModels / "held-out.jsonl"));
  if (!file.open(QIODevice::ReadOnly)) return out;
  while (!file.atEnd()) {
    const auto line = QJsonDocument::fromJson(file.readLine());
    out.push_back({line["question"].toString().toStdString(), line["answer"].toString().toStdString()});
  }
  return out;
}

bool copyBeginning(const std::filesystem::path& from, const std::filesystem::path& to, qint64 bytes) {
  QFile source(QString::fromStdString(from));
  QFile copy(QString::fromStdString(to));
  return source.open(QIODevice::ReadOnly) && copy.open(QIODevice::WriteOnly) && copy.write(source.read(bytes)) == bytes;
}

// The running mean of the loss after each window, as llama-finetune prints it.
std::vector<double> losses(const std::string& errors) {
  static const std::regex kLine("train: [^\n\r]*loss=([0-9.]+)");
  std::vector<double> out;
  for (std::sregex_iterator at(errors.begin(), errors.end(), kLine), end; at != end; ++at) {
    out.push_back(std::stod((*at)[1]));
  }
  return out;
}

}  // namespace

class TestTiny : public QObject {
  Q_OBJECT
private slots:
  void initTestCase() {
    LULL_NEED_LLAMA();
    QVERIFY(m_folder.isValid());
  }

  void isSmall() {
    const auto size = std::filesystem::file_size(kModel);
    QVERIFY2(size <= 4'000'000, std::to_string(size).c_str());
  }

  // Every n-th of the file, so that each relation is asked for.
  void answersQuestionsItNeverSaw() {
    const auto questions = heldOut();
    QVERIFY(questions.size() >= static_cast<std::size_t>(kAsked));
    Server server(kModel, m_folder.path().toStdString(), {});
    QVERIFY2(server.waitReady(kPatience), server.program().errors().c_str());
    std::set<std::string> answers;
    int right = 0;
    for (int i = 0; i < kAsked; ++i) {
      const auto& [text, answer] = questions[static_cast<std::size_t>(i) * questions.size() / kAsked];
      const auto given = server.chat(text);
      if (given == answer) ++right;
      if (given != answer) qInfo("%s: %s, not %s", text.c_str(), given.c_str(), answer.c_str());
      answers.insert(given);
    }
    qInfo("%d of %d right", right, kAsked);
    QVERIFY2(10 * right > 9 * kAsked, std::to_string(right).c_str());
    QVERIFY(answers.size() > kAsked / 4);
  }

  // Its weights are of the type that llama-finetune trains. A text of a dozen windows only: it never clears its
  // gradients, so that the loss would rise again later.
  void canBeTrained() {
    const std::filesystem::path folder = m_folder.path().toStdString();
    const auto text = folder / "text";
    const auto trained = folder / "trained.gguf";
    QVERIFY(copyBeginning(kModels / "lesson.jsonl", text, 2000));
    Program program(
        {.program = "llama-finetune",
         .arguments = {"-m",  kModel, "-f",      text, "-o",         trained, "-c", "256", "-b",   "256", "-ub",  "256",
                       "-lr", "1e-3", "-epochs", "1",  "-val-split", "0",     "-t", "1",   "-fit", "off", "-ngl", "0"},
         .environment = {"VK_DRIVER_FILES=/nonexistent"}});
    QVERIFY2(program.waitExit(kPatience) == 0, program.errors().c_str());
    const auto means = losses(program.errors());
    QVERIFY2(means.size() >= 4, program.errors().c_str());
    QVERIFY2(means.back() < 0.8 * means.front(), program.errors().c_str());
    QVERIFY(std::filesystem::exists(trained));
  }

private:
  QTemporaryDir m_folder;
};

QTEST_GUILESS_MAIN(TestTiny)
#include "test_tiny.moc"
