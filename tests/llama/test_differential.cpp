// SPDX-License-Identifier: Apache-2.0
// Debian's llama.cpp, as it is, on the software GPU: what it answers under the governor is what it answers without,
// bit by bit.
#include "llama/jobs.h"
#include "llama/modes.h"
#include "llama/need.h"

#include <QtTest>

#include <sys/wait.h>

#include <algorithm>
#include <map>

using namespace lull;
using namespace lull::llama;

namespace {

constexpr std::chrono::minutes kPatience{5};

struct Answer {
  bool ended = false;  // by itself, and content
  std::string bytes;
  std::string errors;
  std::string fault;     // how it ended else
  bool changes = false;  // the program itself answers otherwise another time
};

// Where the driver is not one that these tests chose (tests/bench/gpu), the program itself may fail on it, and nothing
// is left to compare.
const char* noComparison(const Answer& bare) {
  if (!qEnvironmentVariableIsSet("LULL_STRANGE_DRIVER")) return nullptr;
  static std::string reason;
  if (!bare.ended) reason = "the program itself " + bare.fault + " on this driver";
  if (bare.ended && bare.changes) reason = "the program itself answers otherwise each time on this driver";
  return bare.ended && !bare.changes ? nullptr : reason.c_str();
}

std::string faultOf(const std::optional<int>& status) {
  if (!status) return "does not end";
  if (WIFSIGNALED(*status)) return "crashes (signal " + std::to_string(WTERMSIG(*status)) + ")";
  return "fails (exit code " + std::to_string(WEXITSTATUS(*status)) + ")";
}

Answer run(const Job& job) {
  std::error_code code;
  if (!job.result.empty()) std::filesystem::remove(job.result, code);
  Program program(job.launch);
  const auto status = program.waitExit(kPatience);
  return {.ended = status == 0, .bytes = answerOf(job, program), .errors = program.errors(), .fault = faultOf(status)};
}

// Where two answers part.
std::string difference(const std::string& answer, const std::string& expected) {
  const auto parts = std::ranges::mismatch(answer, expected);
  const auto at = static_cast<std::size_t>(parts.in1 - answer.begin());
  return "byte " + std::to_string(at) + " of " + std::to_string(answer.size()) + ", expected " +
         std::to_string(expected.size()) + " bytes: \"" + answer.substr(at, 40) + "\", not \"" +
         expected.substr(at, 40) + "\"\n";
}

std::string tail(const std::string& text) { return text.size() > 2000 ? text.substr(text.size() - 2000) : text; }

}  // namespace

class TestDifferential : public QObject {
  Q_OBJECT
private slots:
  void initTestCase() {
    LULL_NEED_LLAMA();
    QVERIFY(m_folder.isValid());
    QVERIFY2(makeModels(folder()), "no models");
    // Without it answers are cut off now and then, see whole_log.cpp.
    QVERIFY(
        std::filesystem::exists(qEnvironmentVariable("LULL_BUILD_DIR").toStdString() + "/lib/lull_llama_whole_log.so"));
  }

  // Else the comparisons below would mean nothing.
  void bareEqualsBare_data() { jobs(false); }
  void bareEqualsBare() {
    QFETCH(QString, job);
    QFETCH(QString, model);
    const Job work = jobFor(job, model);
    Answer& first = bare(work, model);
    if (const char* reason = noComparison(first)) QSKIP(reason);
    QVERIFY2(first.ended, tail(first.errors).c_str());
    QVERIFY(first.bytes.size() > 20);
    const Answer second = run(work);
    QVERIFY2(second.ended, tail(second.errors).c_str());
    first.changes = first.bytes != second.bytes;
    if (const char* reason = noComparison(first)) QSKIP(reason);
    QVERIFY(first.bytes == second.bytes);
  }

  // A comparison that tells nothing apart would pass as well.
  void answersDependOnTheModel() {
    for (const char* job : {"text", "logits", "embedding"}) {
      QVERIFY(bare(jobFor(job, "F16"), "F16").bytes != bare(jobFor(job, "Q4_K_M"), "Q4_K_M").bytes);
    }
    const Answer& trained = bare(jobFor("training", "F16"), "F16");
    const Job untouched{.name = "model", .launch = {}, .result = modelFile(folder(), "F16")};
    QVERIFY(trained.bytes.size() > 1'000'000);
    QFile model(QString::fromStdString(untouched.result.string()));
    QVERIFY(model.open(QIODevice::ReadOnly));
    QVERIFY(trained.bytes != model.readAll().toStdString());
  }

  void governedEqualsBare_data() { jobs(true); }
  void governedEqualsBare() {
    QFETCH(QString, job);
    QFETCH(QString, model);
    QFETCH(QString, mode);
    const Mode& how = modeNamed(mode.toStdString());
    Job work = jobFor(job, model);
    const Answer& expected = bare(work, model);
    if (const char* reason = noComparison(expected)) QSKIP(reason);
    fakes::ServicePage page;
    Owner owner(page, how);
    work.launch.page = &page;
    work.launch.environment = how.environment;
    const Answer answer = run(work);
    owner.programEnded();
    QVERIFY2(answer.ended, tail(answer.errors).c_str());
    QVERIFY2(answer.bytes == expected.bytes, (difference(answer.bytes, expected.bytes) + tail(answer.errors)).c_str());
    checkFigures(page.page(), how);
    QCOMPARE(owner.unanswered(), std::uint64_t{0});
    if (how.toggled) QVERIFY(owner.closings() > 3);
  }

private:
  std::filesystem::path folder() const { return m_folder.path().toStdString(); }

  void jobs(bool governed) {
    QTest::addColumn<QString>("job");
    QTest::addColumn<QString>("model");
    QTest::addColumn<QString>("mode");
    for (const char* job : {"text", "logits", "embedding", "training"}) {
      for (const auto& model : modelKinds()) {
        if (std::string(job) == "training" && model != "F16") continue;  // quantised weights cannot be trained
        if (!governed) QTest::addRow("%s, %s", job, model.c_str()) << job << QString::fromStdString(model) << "";
        if (!governed) continue;
        for (const auto& mode : modes()) {
          QTest::addRow("%s, %s, %s", job, model.c_str(), mode.name.c_str())
              << job << QString::fromStdString(model) << QString::fromStdString(mode.name);
        }
      }
    }
  }

  Job jobFor(const QString& job, const QString& kind) const {
    const auto model = modelFile(folder(), kind.toStdString());
    if (job == "text") return greedyText(model);
    if (job == "logits") return logits(model, folder());
    if (job == "embedding") return embedding(model);
    return training(model, folder());
  }

  Answer& bare(const Job& job, const QString& model) {
    const auto [at, isNew] = m_bare.try_emplace(job.name + " " + model.toStdString());
    if (isNew) at->second = run(job);
    return at->second;
  }

  void checkFigures(const governor::Page& page, const Mode& how) {
    QVERIFY(page.submits.load() > 0);
    QVERIFY(page.gpuNs.load() > 0);
    QCOMPARE(page.passedUngoverned.load(), std::uint64_t{0});
    QCOMPARE(page.unknownCommands.load(), std::uint64_t{0});
    if (how.cuts) QCOMPARE(page.uncut.load(), std::uint64_t{0});
    if (how.cuts) QVERIFY(page.chunks.load() > 0);
    if (how.cuts) QVERIFY(page.slices.load() > page.submits.load());
    if (how.splits) QVERIFY(page.pieces.load() > 1000);
    if (how.leaveWhole) QCOMPARE(page.pieces.load(), std::uint64_t{0});
  }

  QTemporaryDir m_folder;
  std::map<std::string, Answer> m_bare;
};

QTEST_GUILESS_MAIN(TestDifferential)
#include "test_differential.moc"
